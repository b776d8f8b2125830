// The only place that converts between units of time.
//
// Durations are a double of nanoseconds: exact to 104 days, and Infinity waits for ever. Instants
// are two unsigned words, since a realtime instant in a double has steps of 256 ns.

export const NS_PER_US = 1e3;
export const NS_PER_MS = 1e6;
export const NS_PER_S = 1e9;

const WORD = 0x1_0000_0000;

/**
 * A duration of two unsigned words (low, high) of nanoseconds, never shorter than asked: from 2^53
 * ns (104 days) on a double has steps of 2 ns and more, and the result is rounded up.
 */
export function wordsToDurationNs(low: number, high: number): number {
  const nearest = high * WORD + low;
  return nearest < 2 ** 53 ? nearest : nearest * (1 + Number.EPSILON);
}

/**
 * A duration of an unsigned 64-bit number of nanoseconds, never shorter than asked, as
 * {@link wordsToDurationNs}; Infinity, for ever, where all bits are ones.
 */
export function wideToDurationNs(ns: bigint): number {
  if (ns === 0xffff_ffff_ffff_ffffn) return Infinity;
  const nearest = Number(ns);
  return nearest < 2 ** 53 ? nearest : nearest * (1 + Number.EPSILON);
}

/**
 * The time from the instant `nowLow, nowHigh` to `low, high`, in nanoseconds; 0 when it has passed.
 * The subtraction is exact, the result rounded up.
 */
export function durationUntilNs(
  low: number,
  high: number,
  nowLow: number,
  nowHigh: number,
): number {
  let differenceHigh = high - nowHigh;
  let differenceLow = low - nowLow;
  if (differenceLow < 0) {
    differenceLow += WORD;
    differenceHigh -= 1;
  }
  return differenceHigh < 0 ? 0 : wordsToDurationNs(differenceLow, differenceHigh);
}
