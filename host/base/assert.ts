// Assertions state what the code relies on. A failed one is a bug of ours, never a guest's doing:
// a guest's bad input is answered with an errno.

/** Stops with `message` unless `condition` holds. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** A broken promise inside Pollux itself. Please report it. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}
