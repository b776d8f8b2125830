// The timeout of a wait as the C interfaces take it, rounded up: a wait is never shorter than asked.

import { NS_PER_MS } from "../lib/units";
import { Timeval } from "../posix/timeval";

const NS_PER_S: i64 = 1000000000;
const NS_PER_US: i64 = 1000;

const timeval = changetype<Timeval>(memory.data(8, 4));

/** Milliseconds, 24 days at most; -1 stays -1, for ever. */
export function timeoutMs(timeoutNs: i64): i32 {
  if (timeoutNs < 0) return -1;
  return <i32>min((timeoutNs + (NS_PER_MS - 1)) / NS_PER_MS, i32.MAX_VALUE);
}

/** Where a `Timeval` of so long lies, 68 years at most; 0, NULL, for ever. */
export function timevalAt(timeoutNs: i64): usize {
  if (timeoutNs < 0) return 0;
  const us = (timeoutNs + (NS_PER_US - 1)) / NS_PER_US;
  const usPerS = NS_PER_S / NS_PER_US;
  timeval.tvSec = <i32>min(us / usPerS, i32.MAX_VALUE);
  timeval.tvUsec = <i32>(us % usPerS);
  return changetype<usize>(timeval);
}
