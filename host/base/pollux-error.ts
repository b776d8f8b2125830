// The errors that cross the public API: one class, with a stable `code` to tell them apart.

/** What went wrong, for programs. The message says it for people, in one line. */
export type PolluxErrorCode =
  /** An option or an argument is wrong. */
  | 'USAGE'
  /** An address is malformed, or its host has no address. */
  | 'BAD_ADDRESS'
  /** The system refused to listen: in use, not permitted, not this machine's. */
  | 'CANNOT_LISTEN'
  /** A connection that a guest is to be given was refused, or did not come about in time. */
  | 'CANNOT_CONNECT'
  /** The native addon is not built, not for this platform, or of another version. */
  | 'NO_ADDON'
  /** The process has no descriptor left. */
  | 'NO_DESCRIPTORS'
  /** The module can't be read. */
  | 'MODULE_NOT_FOUND'
  /** The bytes are no WebAssembly module, or one that Pollux can't run. */
  | 'MODULE_REFUSED'
  /** The file of a recording can't be made, or what the guest uses can't be recorded. */
  | 'CANNOT_RECORD'
  /** A file is no recording, is damaged, is of another version, or of another module. */
  | 'RECORDING_REFUSED'
  /** A replay came to a call that is not the recorded one. */
  | 'REPLAY_DIFFERS';

/** An operating error of Pollux. `message` names the thing and the way out, in one line. */
export class PolluxError extends Error {
  override readonly name = 'PolluxError';
  readonly code: PolluxErrorCode;

  constructor(code: PolluxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The error of a process that ran out of descriptors. `reason` is the errno's name: `MFILE`. */
export function noDescriptors(reason: string): PolluxError {
  return new PolluxError('NO_DESCRIPTORS', `no descriptor is left (${reason}); raise ulimit -n`);
}
