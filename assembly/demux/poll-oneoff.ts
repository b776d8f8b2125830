// The demultiplexer on preview1's poll_oneoff, which every host has. Nothing in an event is taken
// on trust: a host that answers nonsense (node:wasi answers events of zeroes) would otherwise make
// the loop spin for ever.

import { pollOneoff } from "../abi/wasip1";
import {
  Event,
  EVENTTYPE_CLOCK,
  EVENTTYPE_FD_READ,
  EVENTTYPE_FD_WRITE,
  INVAL,
  NOMEM,
  PROTO,
  SUCCESS,
} from "../abi/wasip1-layout";
import { findSlot } from "../reactor/fd-table";
import { READ, WRITE } from "../reactor/interest";
import { markReady } from "../reactor/ready-list";
import { Slot } from "../reactor/slot";
import {
  addSubscription,
  CLOCK_USERDATA,
  eventsAt,
  putClock,
  removeSubscription,
  reserveSubscription,
  subscriptionCount,
  subscriptionsAt,
} from "./subscriptions";

export { isReadinessKept, noteAgain } from "./level";

const eventCountAt: usize = memory.data(4, 4);

/** Implements `Demux.open`. */
export function open(): u16 {
  return reserveSubscription() ? SUCCESS : NOMEM;
}

/** Implements `Demux.reserve`. */
export function reserve(): bool {
  return reserveSubscription();
}

/** Implements `Demux.watch`. */
export function watch(slot: Slot, interest: u8): bool {
  const dropped = slot.interest & ~interest;
  const added = interest & ~slot.interest;
  // Dropped first: the place it leaves is room for what is added.
  if ((dropped & READ) != 0) removeSubscription(slot, READ);
  if ((dropped & WRITE) != 0) removeSubscription(slot, WRITE);
  slot.interest &= interest;
  return ((added & READ) == 0 || add(slot, READ)) && ((added & WRITE) == 0 || add(slot, WRITE));
}

/** Implements `Demux.forget`. */
export function forget(slot: Slot): void {
  watch(slot, 0);
}

/** Implements `Demux.wait`. */
export function wait(timeoutNs: i64): i32 {
  const hasTimeout = timeoutNs >= 0;
  if (hasTimeout) putClock(timeoutNs);
  const count = subscriptionCount() + (hasTimeout ? 1 : 0);
  // The host would say so too. A turn with nothing to wait for is a mistake of the core's.
  if (count == 0) return -(<i32>INVAL);
  const errno = pollOneoff(subscriptionsAt(), eventsAt(), count, eventCountAt);
  if (errno != SUCCESS) return -(<i32>errno);
  return takeEvents(count, hasTimeout);
}

function add(slot: Slot, interest: u8): bool {
  if (!reserveSubscription()) return false;
  addSubscription(slot, interest);
  slot.interest |= interest;
  return true;
}

/** Marks what the host's events say. The clock's only says that the time is up. */
function takeEvents(subscriptionCount: u32, hasTimeout: bool): i32 {
  const eventCount = load<u32>(eventCountAt);
  if (eventCount == 0 || eventCount > subscriptionCount) return -(<i32>PROTO);
  let readyCount: i32 = 0;
  for (let i: u32 = 0; i < eventCount; i++) {
    const event = changetype<Event>(eventsAt() + i * <u32>offsetof<Event>());
    if (event.type == EVENTTYPE_CLOCK) {
      if (!hasTimeout || event.userdata != CLOCK_USERDATA) return -(<i32>PROTO);
      if (event.error != SUCCESS) return -(<i32>event.error);
    } else {
      if (!takeDescriptorEvent(event)) return -(<i32>PROTO);
      readyCount++;
    }
  }
  return readyCount;
}

/** False when the event answers none of our subscriptions. */
function takeDescriptorEvent(event: Event): bool {
  if (event.type != EVENTTYPE_FD_READ && event.type != EVENTTYPE_FD_WRITE) return false;
  const readiness = event.type == EVENTTYPE_FD_READ ? READ : WRITE;
  const slot = findSlot(event.userdata);
  if (slot === null || (slot.interest & readiness) == 0) return false;
  markReady(slot, readiness, event.error);
  return true;
}
