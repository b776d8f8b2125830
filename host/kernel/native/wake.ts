// The wake descriptor of a kernel, for a thread that doesn't own the kernel. The main thread makes
// and closes it, and closes it only after the worker has ended: a wake on a number that is in use
// again would write eight bytes into a stranger's stream.

import type { SysResult } from '../../base/sys-result.ts';
import { binding } from './binding.ts';

/**
 * Makes a wake descriptor, to be given to a {@link NativeKernel} and signalled from any thread.
 *
 * @returns a descriptor, `-MFILE`, `-NFILE`, `-NOMEM`. Source: eventfd(2).
 * @throws PolluxError `NO_ADDON`.
 */
export function createWake(): SysResult {
  return binding().createWake();
}

/**
 * Ends the current or the next wait of the kernel that has `descriptor`, and every one after that
 * until it calls `consumeWake`. Any thread may call it.
 *
 * @returns 0, `-BADF`.
 */
export function signalWake(descriptor: number): SysResult {
  return binding().signalWake(descriptor);
}

/** Closes a wake descriptor. No kernel may use it any more. @returns 0, `-BADF`. */
export function closeWake(descriptor: number): SysResult {
  return binding().closeDescriptor(descriptor);
}
