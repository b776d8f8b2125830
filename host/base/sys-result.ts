// How every call below the sandbox boundary answers: one number, no exception, no allocation.

import type { Errno } from './errno.ts';

/** A count or handle when `>= 0`, a negated {@link Errno} when `< 0`. */
export type SysResult = number;

/** Packs an error for the return path. `fail(Errno.BADF) === -8`. */
export function fail(errno: Errno): SysResult {
  return -errno;
}

/** The errno a failed call answered. Only for results `< 0`. */
export function errnoOf(result: SysResult): Errno {
  return -result as Errno;
}
