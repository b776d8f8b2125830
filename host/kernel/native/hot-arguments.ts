// The arguments of the addon's hot calls: written to memory that both sides look at, as words of 32
// bits, and checked here, where V8 knows of most of them already that they are such words.

import { Errno } from '../../base/errno.ts';
import type { SysResult } from '../../base/sys-result.ts';

/** Where a duration is among the {@link HotArguments.doubles}. */
export const DURATION_AT = 2;

/** Where the answer is among the {@link HotArguments.words}. */
export const ANSWER_AT = 6;

/**
 * As struct glue_hot_arguments of native-host/glue/kernel-object.h: four words, a duration in
 * nanoseconds, and the answer.
 */
export class HotArguments {
  readonly doubles = new Float64Array(new ArrayBuffer(4 * 8));
  readonly words = new Int32Array(this.doubles.buffer);
}

/** A whole number of 32 bits. Whatever else there is would lose what makes it different. */
export function isWord(number: number): boolean {
  return (number | 0) === number;
}

/**
 * What a call answers when one of its arguments is no {@link isWord word}.
 *
 * @param whole a handle, flags.
 * @param unsigned a pointer, a length: up to 2^32 - 1.
 * @returns 0 when they can be written as words none the less; `-FAULT` for a pointer or length that
 *   no memory has; `-INVAL` for what is no number, and for a `whole` that isn't.
 */
export function refuse(whole: readonly number[], unsigned: readonly number[]): SysResult {
  const areNumbers = unsigned.every((number) => typeof number === 'number' && !isNaN(number));
  if (!areNumbers || !whole.every(isWord)) return -Errno.INVAL;
  return unsigned.every((number) => isWord(number) || number >>> 0 === number) ? 0 : -Errno.FAULT;
}
