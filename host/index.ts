// The public API of Pollux.

export { PolluxError, type PolluxErrorCode } from './base/pollux-error.ts';
export type { ModuleSource } from './runtime/module.ts';
export {
  type Guest,
  type GuestEnd,
  type GuestStats,
  run,
  type RunOptions,
  type Stdio,
} from './runtime/supervisor.ts';
