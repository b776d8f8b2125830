// Exit codes. Every one of ours comes with a line on standard error, so that it can be told from a
// guest's own.

import { PolluxError, type PolluxErrorCode } from '../base/pollux-error.ts';

export const ExitCode = {
  OK: 0,
  /** A reactor's `turn` answered an error. */
  TURN_FAILED: 1,
  /** Two recordings, or a recording and its replay. As diff(1) has it. */
  DIFFERS: 1,
  USAGE: 2,
  /** The time to drain ran out. */
  UNDRAINED: 3,
  /** The guest was ended by a limit. */
  LIMITED: 124,
  /** Ours: an address in use, no addon, a bug. */
  FAILED: 125,
  /** The module can't be run, or the recording can't be read. */
  REFUSED: 126,
  TRAPPED: 134,
  /** The largest that a process can say of a guest's own. */
  GUEST_MAX: 255,
  /** Plus the signal's number, as a shell says it. */
  SIGNALLED: 128,
} as const;

const CODES: Readonly<Record<PolluxErrorCode, number>> = {
  USAGE: ExitCode.USAGE,
  BAD_ADDRESS: ExitCode.USAGE,
  CANNOT_LISTEN: ExitCode.FAILED,
  CANNOT_CONNECT: ExitCode.FAILED,
  NO_ADDON: ExitCode.FAILED,
  NO_DESCRIPTORS: ExitCode.FAILED,
  MODULE_NOT_FOUND: ExitCode.REFUSED,
  MODULE_REFUSED: ExitCode.REFUSED,
  CANNOT_RECORD: ExitCode.FAILED,
  RECORDING_REFUSED: ExitCode.REFUSED,
  REPLAY_DIFFERS: ExitCode.DIFFERS,
};

export function exitCodeOf(error: unknown): number {
  return error instanceof PolluxError ? CODES[error.code] : ExitCode.FAILED;
}
