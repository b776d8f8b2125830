// What the two demultiplexers on epoll share: the instance, its calls and its events. An event
// names its slot by the slot's userdata.

import { PROTO, SUCCESS } from "../abi/wasip1-layout";
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EpollEvent } from "../abi/wasix-layout";
import { epollCreate, epollCtl, epollWait } from "../posix/epoll";
import { findSlot } from "../reactor/fd-table";
import { READ, WRITE } from "../reactor/interest";
import { Slot } from "../reactor/slot";
import { timeoutMs } from "./timeout";

/** What is ready beyond these is reported by the next wait. */
const EVENT_COUNT_MAX: i32 = 128;
const EVENT_BYTES: i32 = 32;

const events: usize = memory.data(128 * 32, 8);
const event = changetype<EpollEvent>(memory.data(32, 8));

let epfd: i32 = -1;

/** Makes the instance. Answers an errno. */
export function openInstance(): u16 {
  epfd = epollCreate();
  return epfd >= 0 ? SUCCESS : <u16>-epfd;
}

/** Registers `slot` for `bits`, changes that, or ends it: see `epollCtl`. */
export function control(op: i32, slot: Slot, bits: u32): i32 {
  event.events = bits;
  event.fd = slot.fd;
  event.data2 = slot.userdata;
  return epollCtl(epfd, op, slot.fd, changetype<usize>(event));
}

/** The bits that wait for an interest. */
export function bitsFor(interest: u8): u32 {
  return ((interest & READ) != 0 ? EPOLLIN : 0) | ((interest & WRITE) != 0 ? EPOLLOUT : 0);
}

/** Waits; the number of events, 0 when the time ran out, or a negated errno. */
export function waitForEvents(timeoutNs: i64): i32 {
  const eventCount = epollWait(epfd, events, EVENT_COUNT_MAX, timeoutMs(timeoutNs));
  if (eventCount > EVENT_COUNT_MAX) return -(<i32>PROTO);
  // Nothing happened, and no time ran out.
  return eventCount == 0 && timeoutNs < 0 ? -(<i32>PROTO) : eventCount;
}

/** The slot of an event of the last wait; null when it names none that is open. */
export function slotOfEvent(index: i32): Slot | null {
  return findSlot(eventAt(index).data2);
}

/** What an event says of its slot. After a hang-up or an error the next call answers which. */
export function readinessOfEvent(index: i32): u8 {
  const bits = eventAt(index).events;
  if ((bits & (EPOLLHUP | EPOLLERR)) != 0) return READ | WRITE;
  return ((bits & EPOLLIN) != 0 ? READ : 0) | ((bits & EPOLLOUT) != 0 ? WRITE : 0);
}

function eventAt(index: i32): EpollEvent {
  return changetype<EpollEvent>(events + index * EVENT_BYTES);
}
