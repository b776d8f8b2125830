// The public API of Pollux.

export { PolluxError, type PolluxErrorCode } from './base/pollux-error.ts';
export type {
  Guest,
  GuestEnd,
  GuestStats,
  ModuleSource,
  RecordingEnd,
  RunOptions,
  Stdio,
  TraceOptions,
} from './runtime/guest.ts';
export { run } from './runtime/supervisor.ts';
