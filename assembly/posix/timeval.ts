// A duration as select and get_events take it: two C `long`s, of 4 bytes in WebAssembly.

import { INVAL } from "../abi/wasip1-layout";

/** 8 bytes. */
@unmanaged
export class Timeval {
  tvSec: i32;
  tvUsec: i32;
}

const NS_PER_S: i64 = 1000000000;
const NS_PER_US: i64 = 1000;

/**
 * The duration at `timeval` in nanoseconds.
 *
 * @returns -1, for ever, when it is 0 (NULL); INVAL negated when a part of it is below 0. More than
 *   a second of microseconds is taken as that long. Source: select(2), Linux.
 */
export function timevalNs(timeval: usize): i64 {
  if (timeval == 0) return -1;
  const time = changetype<Timeval>(timeval);
  if (time.tvSec < 0 || time.tvUsec < 0) return -(<i64>INVAL);
  return <i64>time.tvSec * NS_PER_S + <i64>time.tvUsec * NS_PER_US;
}
