// What went wrong in a simulated world, for the test that made it.

/** Which kind it is, for programs. The message says it for people. */
export type SimulationErrorCode =
  /** An option, or a call of the world, that makes no sense here. */
  | 'USAGE'
  /** The guest can not begin: an address of the option `connect` has not taken its connection. */
  | 'CANNOT_CONNECT'
  /** The guest's code did what WebAssembly forbids. */
  | 'TRAPPED'
  /** The guest made more calls than a run may have, and did not come to rest. */
  | 'LIVELOCK'
  /** A turn blocked although nothing can come. */
  | 'BLOCKED'
  /** The guest, run again, did something else. */
  | 'NOT_DETERMINISTIC'
  /** What the guest's core keeps can't be read: it is of another version, or was written over. */
  | 'UNREADABLE'
  /** Something that must always be true was not. */
  | 'INVARIANT'
  /** Pollux itself failed. This is a bug: please report it. */
  | 'FAILED';

export class SimulationError extends Error {
  override readonly name = 'SimulationError';
  readonly code: SimulationErrorCode;

  constructor(code: SimulationErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
