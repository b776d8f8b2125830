// What the addon does for the process as a whole, not for one kernel.

import { readdirSync, readFileSync } from 'node:fs';
import type { SysResult } from '../../base/sys-result.ts';
import { binding } from './binding.ts';

/**
 * Ends the process at once, whatever its threads are doing. The last resort: process.exit() waits
 * for ever for a worker that is inside a system call. No exit handler and no clean-up runs.
 *
 * @param code 0 to 255. @throws PolluxError `NO_ADDON`. Source: _exit(2).
 */
export function exitProcess(code: number): never {
  binding().exitProcess(code);
  throw new TypeError('exitProcess: the code is not a number');
}

/**
 * Closes a descriptor of the process that no kernel owns, such as one that was released.
 *
 * @returns 0, `-BADF`. Source: close(2), whose other errors mean closed.
 */
export function closeDescriptor(descriptor: number): SysResult {
  return binding().closeDescriptor(descriptor);
}

/**
 * How many descriptors the process may still open: its limit less what is open now. Infinity where
 * there is no limit. Source: proc(5), /proc/PID/limits and /proc/PID/fd.
 */
export function freeDescriptorCount(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1] ?? 'unlimited';
  if (soft === 'unlimited') return Infinity;
  // The listing itself has one open.
  return Number(soft) - (readdirSync('/proc/self/fd').length - 1);
}
