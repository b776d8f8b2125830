// The subscriptions of poll_oneoff, kept up to date in place, so that a wait passes the list as it
// is: one that has not changed costs the guest nothing and shows the host that it has not changed.
//
//   +-----+-----+-----+-------+--------+-----------------------+
//   | sub | sub | sub | clock |  free  | events, one for each  |    one block of the pool
//   +-----+-----+-----+-------+--------+-----------------------+
//   0               count           capacity
//
// A new one goes to the end, the last one into the place of a removed one. The clock's is written
// behind the last for the length of a wait.

import {
  CLOCKID_MONOTONIC,
  Event,
  EVENTTYPE_CLOCK,
  EVENTTYPE_FD_READ,
  EVENTTYPE_FD_WRITE,
  SubscriptionClock,
  SubscriptionFd,
} from "../abi/wasip1-layout";
import { giveBlock, takeBlock } from "../lib/block-pool";
import { clearSmall, copySmall } from "../lib/small-memory";
import { NS_PER_MS } from "../lib/units";
import { slotAt } from "../reactor/fd-table";
import { READ } from "../reactor/interest";
import { Slot } from "../reactor/slot";

/** Our host takes 65,536 in a call; one of them may be the clock's. */
const COUNT_MAX: u32 = 65535;
const BLOCK_BYTES_FIRST: u32 = 4096;
/** Holds {@link COUNT_MAX}. */
const BLOCK_BYTES_LAST: u32 = 1 << 23;

/**
 * Sixteenfold: blocks that were outgrown are a fifteenth of the last then, not as much again. Room
 * that nothing was written to is not memory to the host.
 */
const GROWTH_LOG2: u32 = 4;

const SUBSCRIPTION_BYTES: u32 = <u32>offsetof<SubscriptionFd>();
const EVENT_BYTES: u32 = <u32>offsetof<Event>();

/** No slot has this number, so no slot's userdata is this one. */
export const CLOCK_USERDATA: u64 = u64.MAX_VALUE;

let block: usize = 0;
let blockBytes: u32 = 0;
let capacity: u32 = 0;
let count: u32 = 0;

/** How many there are, without the clock's. */
export function subscriptionCount(): u32 {
  return count;
}

/** Where the list is. It moves when it grows. */
export function subscriptionsAt(): usize {
  return block;
}

/** Where the host writes its events: room for one per subscription and one for the clock. */
export function eventsAt(): usize {
  return block + capacity * SUBSCRIPTION_BYTES;
}

/** Makes sure that there is room for one more. False when memory or the host's limit ran out. */
export function reserveSubscription(): bool {
  // The place behind the last is the clock's.
  if (count + 1 < capacity) return true;
  if (count == COUNT_MAX) return false;
  let largerBytes =
    blockBytes == 0 ? BLOCK_BYTES_FIRST : min(blockBytes << GROWTH_LOG2, BLOCK_BYTES_LAST);
  let larger = takeBlock(largerBytes);
  while (larger == 0 && largerBytes > blockBytes << 1) {
    largerBytes >>= 1;
    larger = takeBlock(largerBytes);
  }
  if (larger == 0) return false;
  if (block != 0) {
    memory.copy(larger, block, count * SUBSCRIPTION_BYTES);
    giveBlock(block, blockBytes);
  }
  block = larger;
  blockBytes = largerBytes;
  capacity = largerBytes / (SUBSCRIPTION_BYTES + EVENT_BYTES);
  return true;
}

/** Adds a subscription of `slot` for one `interest`, after a reservation. */
export function addSubscription(slot: Slot, interest: u8): void {
  assert(count + 1 < capacity);
  const at = block + count * SUBSCRIPTION_BYTES;
  // The unused bytes too: the host compares them with the last list's.
  clearSmall(at, SUBSCRIPTION_BYTES);
  const subscription = changetype<SubscriptionFd>(at);
  subscription.userdata = slot.userdata;
  subscription.tag = interest == READ ? EVENTTYPE_FD_READ : EVENTTYPE_FD_WRITE;
  subscription.fd = slot.fd;
  notePlace(slot, subscription.tag, count);
  count++;
}

/** Removes the subscription of `slot` for one `interest`. */
export function removeSubscription(slot: Slot, interest: u8): void {
  const place = interest == READ ? slot.readAt : slot.writeAt;
  assert(place < count);
  count--;
  if (place == count) return;
  const at = block + place * SUBSCRIPTION_BYTES;
  copySmall(at, block + count * SUBSCRIPTION_BYTES, SUBSCRIPTION_BYTES);
  const moved = changetype<SubscriptionFd>(at);
  notePlace(slotAt(<u32>moved.userdata), moved.tag, place);
}

/** Writes the clock's subscription behind the last: relative, monotonic. */
export function putClock(timeoutNs: u64): void {
  const at = block + count * SUBSCRIPTION_BYTES;
  clearSmall(at, SUBSCRIPTION_BYTES);
  const clock = changetype<SubscriptionClock>(at);
  clock.userdata = CLOCK_USERDATA;
  clock.tag = EVENTTYPE_CLOCK;
  clock.clockId = CLOCKID_MONOTONIC;
  clock.timeoutNs = timeoutNs;
  // It may be late by as much as deadlines are coarse.
  clock.precisionNs = NS_PER_MS;
}

function notePlace(slot: Slot, tag: u8, place: u32): void {
  if (tag == EVENTTYPE_FD_READ) {
    slot.readAt = place;
  } else {
    slot.writeAt = place;
  }
}
