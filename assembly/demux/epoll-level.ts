// The demultiplexer on level-triggered epoll: a call for each change of interest, and what stays
// ready is reported by every wait.

import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD } from "../abi/wasix-layout";
import { PROTO } from "../abi/wasip1-layout";
import { markReady } from "../reactor/ready-list";
import { Slot } from "../reactor/slot";
import {
  bitsFor,
  control,
  openInstance,
  readinessOfEvent,
  slotOfEvent,
  waitForEvents,
} from "./epoll-instance";

export { isReadinessKept, noteAgain } from "./level";

/** Implements `Demux.open`. */
export function open(): u16 {
  return openInstance();
}

/** Implements `Demux.reserve`: what is watched is the host's to remember. */
export function reserve(): bool {
  return true;
}

/** Implements `Demux.watch`. */
export function watch(slot: Slot, interest: u8): bool {
  if (interest == slot.interest) return true;
  if (interest == 0) {
    forget(slot);
    return true;
  }
  const op = slot.interest == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (control(op, slot, bitsFor(interest)) != 0) {
    forget(slot);
    return false;
  }
  slot.interest = interest;
  return true;
}

/** Implements `Demux.forget`. Not a change to no bits: a reset would be reported for ever. */
export function forget(slot: Slot): void {
  if (slot.interest != 0) control(EPOLL_CTL_DEL, slot, 0);
  slot.interest = 0;
}

/** Implements `Demux.wait`. */
export function wait(timeoutNs: i64): i32 {
  const eventCount = waitForEvents(timeoutNs);
  for (let i: i32 = 0; i < eventCount; i++) {
    const slot = slotOfEvent(i);
    if (slot === null) return -(<i32>PROTO);
    const readiness = readinessOfEvent(i) & slot.interest;
    if (readiness == 0) return -(<i32>PROTO);
    markReady(slot, readiness, 0);
  }
  return eventCount;
}
