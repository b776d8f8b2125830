// The demultiplexer on bind_event and get_events: bound when the interest changes, and a wait gives
// only what happened. An event names its slot by its address, which is its id.

import { NOMEM, SUCCESS } from "../abi/wasip1-layout";
import { IO } from "../abi/wasip1-layout";
import {
  bindEvent,
  EARLY_EVENT_BYTES,
  EarlyEvent,
  getEvents,
  reserveBind,
} from "../posix/early-epoll";
import { POLLERR, POLLHUP, POLLIN, POLLOUT } from "../posix/poll";
import { READ, WRITE } from "../reactor/interest";
import { markReady } from "../reactor/ready-list";
import { Slot } from "../reactor/slot";
import { timevalAt } from "./timeout";

export { isReadinessKept, noteAgain } from "./level";

/** What is active beyond these is given by the next wait. */
const EVENT_COUNT_MAX: i32 = 128;

const events: usize = memory.data(128 * 8, 4);
if (128 * 8 != <u32>EVENT_COUNT_MAX * EARLY_EVENT_BYTES)
  ERROR("room for as many events as are got");

const binding = changetype<EarlyEvent>(memory.data(8, 4));

/** Implements `Demux.open`. */
export function open(): u16 {
  return reserve() ? SUCCESS : NOMEM;
}

/** Implements `Demux.reserve`. */
export function reserve(): bool {
  return reserveBind();
}

/** Implements `Demux.watch`. */
export function watch(slot: Slot, interest: u8): bool {
  if (bind(slot, interest)) return true;
  bind(slot, slot.interest & interest);
  return false;
}

/** Implements `Demux.forget`. */
export function forget(slot: Slot): void {
  bind(slot, 0);
}

/** Implements `Demux.wait`. */
export function wait(timeoutNs: i64): i32 {
  const eventCount = getEvents(events, EVENT_COUNT_MAX, timevalAt(timeoutNs));
  for (let i: i32 = 0; i < eventCount; i++) {
    const event = changetype<EarlyEvent>(events + i * EARLY_EVENT_BYTES);
    markEvent(changetype<Slot>(event.id), event.event);
  }
  return eventCount;
}

function markEvent(slot: Slot, active: u32): void {
  if ((active & POLLERR) != 0) return markReady(slot, 0, IO);
  // The call that follows answers why it was hung up.
  if ((active & POLLHUP) != 0) return markReady(slot, slot.interest, 0);
  const readiness: u8 = ((active & POLLIN) != 0 ? READ : 0) | ((active & POLLOUT) != 0 ? WRITE : 0);
  markReady(slot, readiness, 0);
}

/** Binds `slot` to what is of interest; nothing has changed when it answers false. */
function bind(slot: Slot, interest: u8): bool {
  if (interest == slot.interest) return true;
  binding.id = <u32>changetype<usize>(slot);
  binding.event = ((interest & READ) != 0 ? POLLIN : 0) | ((interest & WRITE) != 0 ? POLLOUT : 0);
  if (bindEvent(slot.fd, changetype<usize>(binding)) != 0) return false;
  slot.interest = interest;
  return true;
}
