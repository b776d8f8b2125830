// The public API of Pollux.

export { PolluxError, type PolluxErrorCode } from './base/pollux-error.ts';
export type { ModuleSource } from './runtime/module.ts';
export type {
  Guest,
  GuestEnd,
  GuestStats,
  RunOptions,
  Stdio,
  TraceOptions,
} from './runtime/guest.ts';
export type { RecordingEnd } from './runtime/record-file.ts';
export { run } from './runtime/supervisor.ts';
