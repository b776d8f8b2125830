// The demultiplexer on bind_event and get_events: bound when the interest changes, and a wait gives
// only what happened. An event names its slot by its address, which is its id.

import { NOMEM, SUCCESS } from "../abi/wasip1-layout";
import {
  bindEvent,
  EARLY_EVENT_BYTES,
  EarlyEvent,
  getEvents,
  reserveBind,
} from "../posix/early-epoll";
import { Slot } from "../reactor/slot";
import { bitsOf, markBits } from "./poll-bits";
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
    markBits(changetype<Slot>(event.id), <i16>event.event);
  }
  return eventCount;
}

/** Binds `slot` to what is of interest; nothing has changed when it answers false. */
function bind(slot: Slot, interest: u8): bool {
  if (interest == slot.interest) return true;
  binding.id = <u32>changetype<usize>(slot);
  binding.event = bitsOf(interest);
  if (bindEvent(slot.fd, changetype<usize>(binding)) != 0) return false;
  slot.interest = interest;
  return true;
}
