// The shape of what implements the imports: by name, numbers in, a SysResult out.

import type { SysResult } from '../base/sys-result.ts';

/**
 * One import. Arguments are unsigned: an i32 as a number, an i64 as a bigint. The answer is 0, or
 * a negated errno; the import object turns it into the guest's errno.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- an i32 is a number, an i64 a bigint
export type ImportFunction = (...parameters: any[]) => SysResult;

/** Import functions by their preview1 name. */
export type Functions = Readonly<Record<string, ImportFunction>>;
