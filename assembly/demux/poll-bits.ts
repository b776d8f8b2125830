// What poll and get_events are asked for and answer, in the core's words: both have poll's bits.

import { BADF, IO } from "../abi/wasip1-layout";
import { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT } from "../posix/poll";
import { READ, WRITE } from "../reactor/interest";
import { markReady } from "../reactor/ready-list";
import { Slot } from "../reactor/slot";

/** The bits that ask for an interest. */
export function bitsOf(interest: u8): i16 {
  return ((interest & READ) != 0 ? POLLIN : 0) | ((interest & WRITE) != 0 ? POLLOUT : 0);
}

/** Marks what the bits of an answer say of `slot`. */
export function markBits(slot: Slot, bits: i16): void {
  if ((bits & POLLNVAL) != 0) return markReady(slot, 0, BADF);
  if ((bits & POLLERR) != 0) return markReady(slot, 0, IO);
  // The call that follows answers why it was hung up.
  if ((bits & POLLHUP) != 0) return markReady(slot, slot.interest, 0);
  markReady(slot, ((bits & POLLIN) != 0 ? READ : 0) | ((bits & POLLOUT) != 0 ? WRITE : 0), 0);
}
