// The slots that a wait found ready, in the order of its events, each of them once: what is read
// and what is written is handled together. Closing a slot leaves it here, as ready for nothing.

import { Slot } from "./slot";

let first: usize = 0;
let last: usize = 0;

/** Notes what `slot` is ready for, or the errno that was reported for it. */
export function markReady(slot: Slot, readiness: u8, error: u16): void {
  slot.readiness |= readiness;
  if (error != 0) slot.error = error;
  if (slot.isOnReadyList) return;
  slot.isOnReadyList = true;
  slot.nextReady = 0;
  if (last != 0) {
    changetype<Slot>(last).nextReady = changetype<usize>(slot);
  } else {
    first = changetype<usize>(slot);
  }
  last = changetype<usize>(slot);
}

/** Takes the first slot off the list; null when it is empty. */
// @ts-ignore: decorator
@inline
export function takeReady(): Slot | null {
  if (first == 0) return null;
  const slot = changetype<Slot>(first);
  first = slot.nextReady;
  if (first == 0) last = 0;
  slot.isOnReadyList = false;
  return slot;
}
