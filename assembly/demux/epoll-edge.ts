// The demultiplexer on edge-triggered epoll. A descriptor is registered once, for everything, and
// reported once for each arrival; so what was reported is kept with the slot until a call answers
// AGAIN, and a change of interest is no call at all. As long as something of interest is kept, a
// wait does not sleep: it looks for what is new, and marks both.
//
//   first --> slot --> slot --> slot         what is kept is of interest, or was when it was listed
//
// The words of a slot: `readAt` has the bits below, `writeAt` the address of the next in the list.

import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLET } from "../abi/wasix-layout";
import { PROTO } from "../abi/wasip1-layout";
import { READ, WRITE } from "../reactor/interest";
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

/** Reported, and not used up: READ and WRITE. */
const KEPT: u32 = READ | WRITE;
const IS_REGISTERED: u32 = 4;
/** It may have been closed, and opened for another descriptor, since it was listed. */
const IS_LISTED: u32 = 8;

let first: usize = 0;

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
  if (interest != 0 && (slot.readAt & IS_REGISTERED) == 0) {
    if (control(EPOLL_CTL_ADD, slot, bitsFor(READ | WRITE) | EPOLLET) != 0) return false;
    slot.readAt |= IS_REGISTERED;
  }
  slot.interest = interest;
  listIfKept(slot);
  return true;
}

/** Implements `Demux.forget`. */
export function forget(slot: Slot): void {
  if ((slot.readAt & IS_REGISTERED) != 0) control(EPOLL_CTL_DEL, slot, 0);
  slot.readAt &= IS_LISTED;
  slot.interest = 0;
}

/** Implements `Demux.wait`. It also ends, with 0, for an event that is of no interest yet. */
export function wait(timeoutNs: i64): i32 {
  const hasKept = isReadinessKept();
  for (let at = first; at != 0; at = changetype<Slot>(at).writeAt) mark(changetype<Slot>(at));
  const eventCount = waitForEvents(hasKept ? 0 : timeoutNs);
  if (eventCount < 0) return eventCount;
  for (let i: i32 = 0; i < eventCount; i++) {
    const slot = slotOfEvent(i);
    const readiness = readinessOfEvent(i);
    if (slot === null || readiness == 0) return -(<i32>PROTO);
    slot.readAt |= readiness;
    listIfKept(slot);
    mark(slot);
  }
  return eventCount;
}

/** Implements `Demux.noteAgain`. */
export function noteAgain(slot: Slot, interest: u8): void {
  slot.readAt &= ~(<u32>interest);
}

/** Implements `Demux.isReadinessKept`. Takes out of the list what was used up meanwhile. */
export function isReadinessKept(): bool {
  let previous: usize = 0;
  for (let at = first; at != 0;) {
    const slot = changetype<Slot>(at);
    const next = slot.writeAt;
    if (keptInterest(slot) != 0) {
      previous = at;
    } else {
      slot.readAt &= ~IS_LISTED;
      if (previous == 0) first = next;
      else changetype<Slot>(previous).writeAt = <u32>next;
    }
    at = next;
  }
  return first != 0;
}

function keptInterest(slot: Slot): u8 {
  return (<u8>(slot.readAt & KEPT)) & slot.interest;
}

function mark(slot: Slot): void {
  const readiness = keptInterest(slot);
  if (readiness != 0) markReady(slot, readiness, 0);
}

function listIfKept(slot: Slot): void {
  if (keptInterest(slot) == 0 || (slot.readAt & IS_LISTED) != 0) return;
  slot.readAt |= IS_LISTED;
  slot.writeAt = <u32>first;
  first = changetype<usize>(slot);
}
