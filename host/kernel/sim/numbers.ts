// Which numbers can name something at all, as the native kernel's boundary has it.

import { Errno } from '../../base/errno.ts';
import type { SysResult } from '../../base/sys-result.ts';

/** A whole number of 32 bits. */
export function isInt32(value: number): boolean {
  return (value | 0) === value;
}

/** Why a number names nothing: it is no whole number of 32 bits, or none that is open. */
export function noFile(handle: number): SysResult {
  return isInt32(handle) ? -Errno.BADF : -Errno.INVAL;
}
