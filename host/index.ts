// The public API of Pollux.

export { PolluxError, type PolluxErrorCode } from './base/pollux-error.ts';
export type { ModuleSource } from './runtime/module.ts';
export type { Guest, GuestEnd, GuestStats, RunOptions, Stdio } from './runtime/guest.ts';
export { run } from './runtime/supervisor.ts';
