// A list of subscriptions for poll_oneoff with room for its events, in one block of the pool: what
// select, poll and get_events hand to the host. It is taken once and kept, so that a call takes no
// memory, and lies where it lay, so that the host sees a list that has not changed.
//
//   +-----+-----+-----+-------+--------+-----------------------+
//   | sub | sub | sub | clock |  free  | events, one for each  |
//   +-----+-----+-----+-------+--------+-----------------------+
//   0               count           capacity

import { pollOneoff } from "../abi/wasip1";
import {
  CLOCKID_MONOTONIC,
  Event,
  EVENTTYPE_CLOCK,
  EVENTTYPE_FD_READ,
  EVENTTYPE_FD_WRITE,
  PROTO,
  SubscriptionClock,
  SubscriptionFd,
  SUCCESS,
} from "../abi/wasip1-layout";
import { blockBytesFor, giveBlock, takeBlock } from "../lib/block-pool";

const SUBSCRIPTION_BYTES: u32 = <u32>offsetof<SubscriptionFd>();
const EVENT_BYTES: u32 = <u32>offsetof<Event>();
const PLACE_BYTES: u32 = SUBSCRIPTION_BYTES + EVENT_BYTES;

/** No caller's: theirs are places in an array, or descriptors. */
const CLOCK_USERDATA: u64 = u64.MAX_VALUE;

/** Our host takes 65,536 in a call; one of them may be the clock's. */
const COUNT_MAX: u32 = 65535;

/** 292 years: what a wait for nothing, without a timeout, waits for. */
const FOR_EVER_NS: u64 = i64.MAX_VALUE;

const eventCountAt: usize = memory.data(4, 4);

/** 16 bytes; all of them zero at first. */
@unmanaged
export class PollList {
  private block: usize;
  private blockBytes: u32;
  private capacity: u32;
  private count: u32;

  /**
   * Makes sure that {@link clear} finds room for so many. What the list holds may be gone then.
   * False when memory or the host's limit ran out.
   */
  reserve(countMax: u32): bool {
    if (countMax < this.capacity) return true;
    if (countMax > COUNT_MAX) return false;
    // One place more: the clock's.
    const bytes = blockBytesFor((countMax + 1) * PLACE_BYTES);
    const larger = takeBlock(bytes);
    if (larger == 0) return false;
    if (this.block != 0) giveBlock(this.block, this.blockBytes);
    this.block = larger;
    this.blockBytes = bytes;
    this.capacity = bytes / PLACE_BYTES;
    return true;
  }

  /** Empties the list, with room for `countMax` descriptors. False as {@link reserve}. */
  clear(countMax: u32): bool {
    if (!this.reserve(countMax)) return false;
    this.count = 0;
    memory.fill(this.block, 0, (countMax + 1) * SUBSCRIPTION_BYTES);
    return true;
  }

  /** Adds a descriptor. `tag` is EVENTTYPE_FD_READ or EVENTTYPE_FD_WRITE. */
  add(userdata: u64, tag: u8, fd: u32): void {
    assert(this.count + 1 < this.capacity);
    const subscription = changetype<SubscriptionFd>(this.subscriptionAt(this.count));
    subscription.userdata = userdata;
    subscription.tag = tag;
    subscription.fd = fd;
    this.count++;
  }

  /**
   * Waits for what was added. The list stays as it is, to be waited for again.
   *
   * @param timeoutNs 0 does not wait, below 0 waits for ever.
   * @returns the number of events of descriptors, see {@link eventAt}; 0 when the time ran out; a
   *   negated errno as the host says, PROTO when its answer makes no sense.
   */
  wait(timeoutNs: i64): i32 {
    // A list of nothing is none to the host, and not "for ever".
    const hasClock = timeoutNs >= 0 || this.count == 0;
    if (hasClock) this.putClock(timeoutNs >= 0 ? timeoutNs : FOR_EVER_NS);
    const places = this.count + (hasClock ? 1 : 0);
    const errno = pollOneoff(this.block, this.eventsAt, places, eventCountAt);
    if (errno != SUCCESS) return -(<i32>errno);
    const eventCount = load<u32>(eventCountAt);
    if (eventCount == 0 || eventCount > places) return -(<i32>PROTO);
    return this.takeClock(eventCount, hasClock);
  }

  /** An event of the last {@link wait}: of a descriptor, for reading or for writing. */
  eventAt(index: u32): Event {
    return changetype<Event>(this.eventsAt + index * EVENT_BYTES);
  }

  private get eventsAt(): usize {
    return this.block + this.capacity * SUBSCRIPTION_BYTES;
  }

  private subscriptionAt(index: u32): usize {
    return this.block + index * SUBSCRIPTION_BYTES;
  }

  private putClock(timeoutNs: u64): void {
    const clock = changetype<SubscriptionClock>(this.subscriptionAt(this.count));
    clock.userdata = CLOCK_USERDATA;
    clock.tag = EVENTTYPE_CLOCK;
    clock.clockId = CLOCKID_MONOTONIC;
    clock.timeoutNs = timeoutNs;
  }

  /** Checks the types of the events and takes the clock's out; tells how many are left. */
  private takeClock(eventCount: u32, hasClock: bool): i32 {
    let i: u32 = 0;
    while (i < eventCount) {
      const event = this.eventAt(i);
      if (event.type == EVENTTYPE_CLOCK) {
        if (!hasClock || event.userdata != CLOCK_USERDATA) return -(<i32>PROTO);
        if (event.error != SUCCESS) return -(<i32>event.error);
        eventCount--;
        memory.copy(
          changetype<usize>(event),
          changetype<usize>(this.eventAt(eventCount)),
          EVENT_BYTES,
        );
      } else if (event.type == EVENTTYPE_FD_READ || event.type == EVENTTYPE_FD_WRITE) {
        i++;
      } else {
        return -(<i32>PROTO);
      }
    }
    return eventCount;
  }
}

/** What a static {@link PollList} takes. */
export const POLL_LIST_BYTES: i32 = 16;
if (offsetof<PollList>() != POLL_LIST_BYTES) ERROR("a poll list is 16 bytes");
