// poll_oneoff: waits until one of a list of subscriptions has something to report. The list is
// compared with the last one, and only differences reach the kernel (poll-list.ts,
// poll-registration.ts); a short list that comes for the first time is waited for without
// registering anything.

import { Errno } from '../base/errno.ts';
import type { SysResult } from '../base/sys-result.ts';
import { Readiness } from '../kernel/kernel.ts';
import { FEW_COUNT_MAX, ReadyList } from '../kernel/ready-list.ts';
import { Counter } from './control-block.ts';
import type { Functions } from './functions.ts';
import { EVENT_HANGUP, Event, EventType, Subscription } from './layout.ts';
import { PollClocks } from './poll-clocks.ts';
import { PollEvents } from './poll-events.ts';
import { type Known, PollList } from './poll-list.ts';
import { PollRegistration } from './poll-registration.ts';
import { SUBSCRIPTION_COUNT_MAX } from './room.ts';
import type { Sandbox } from './sandbox.ts';
import { NONE } from './subscription-chains.ts';

/**
 * How many handles one wait reports; the rest come with the next call, before any repetition. A turn
 * goes over them four times, and what it touches of so many stays in the cache: 1,000 connections of 64
 * bytes take 1.10 of native so, and 1.20 with all of them in one turn. 128 to 384 measure alike.
 */
const READY_COUNT_MAX = 256;

/** Ready for reading, or as good as: the read will tell of the end or the error. */
const READS = Readiness.READ | Readiness.ERROR | Readiness.HANGUP;
const WRITES = Readiness.WRITE | Readiness.ERROR | Readiness.HANGUP;

export function pollFunctions(sandbox: Sandbox): Functions {
  const poll = new Poll(sandbox);
  return {
    /**
     * A bad descriptor or clock is that subscription's event. Events come in this order: those
     * known at once, descriptors before clocks, in guest order; ready descriptors as the kernel
     * reports them, the subscriptions of each in guest order; due clocks in guest order.
     *
     * @returns 0; `-INVAL` for no subscription, or a tag that means nothing; `-FAULT`; `-NOMEM` for
     *   more than 65,536 subscriptions; `-INTR` when a guest with `turn` was woken; `-MFILE`,
     *   `-NFILE` or `-NOMEM` when the system has nothing left to wait with.
     *   Source: preview1 docs.md, poll_oneoff; poll(2).
     */
    poll_oneoff(listIn: number, eventsOut: number, count: number, countOut: number) {
      const memory = sandbox.memory;
      if (count === 0) return -Errno.INVAL;
      if (!memory.holds(listIn, count * Subscription.BYTES)) return -Errno.FAULT;
      if (!memory.holds(eventsOut, count * Event.BYTES)) return -Errno.FAULT;
      if (!memory.holds(countOut, 4)) return -Errno.FAULT;
      if (count > SUBSCRIPTION_COUNT_MAX) return -Errno.NOMEM;
      sandbox.count(Counter.POLLS, 1);
      const result = poll.run(listIn, count, eventsOut);
      if (result < 0) return result;
      sandbox.count(Counter.EVENTS, result);
      memory.setUint32(countOut, result);
      return 0;
    },
  };
}

class Poll {
  readonly #sandbox: Sandbox;
  readonly #list: PollList;
  readonly #registration: PollRegistration;
  readonly #clocks: PollClocks;
  readonly #events: PollEvents;
  readonly #ready = new ReadyList(READY_COUNT_MAX);
  readonly #badClocks: Known[] = [];
  readonly #reportClock: (index: number) => void;
  /** True when the kernel watches what the list asks for. */
  #isRegistered = false;

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
    this.#list = new PollList(sandbox);
    this.#registration = new PollRegistration(sandbox);
    this.#clocks = new PollClocks(sandbox);
    this.#events = new PollEvents(sandbox, this.#list);
    this.#reportClock = (index) => this.#events.clock(index, 0);
  }

  /** @returns how many events were written, 1 or more; or a negated errno. */
  run(listPointer: number, count: number, eventsPointer: number): SysResult {
    const prepared = this.#prepare(listPointer, count);
    if (prepared < 0) return prepared;
    this.#events.begin(eventsPointer, count);
    this.#startClocks();
    for (;;) {
      // What is known already must not wait; what is ready besides is still looked up.
      const isKnown = this.#list.known.length > 0 || this.#badClocks.length > 0;
      const result = this.#wait(isKnown ? 0 : this.#clocks.timeoutNs());
      this.#clocks.nextRound();
      if (this.#isWaitedOn(result)) {
        // A wake hides what is ready, so look again; it may have retired a listener, too.
        const preparedAgain = this.#prepare(listPointer, count);
        if (preparedAgain < 0) return preparedAgain;
        continue;
      }
      if (result < 0) return result;
      // Events are written from here on only: an errno leaves the guest's memory as it was.
      for (const { index, error } of this.#list.known) this.#events.known(index, error);
      for (const { index, error } of this.#badClocks) this.#events.clock(index, error);
      if (result > 0) this.#reportReady(result);
      this.#clocks.reportDue(this.#reportClock);
      if (this.#events.count > 0) return this.#events.end();
    }
  }

  /** Makes the list, and where it pays the registration, what the guest asks for. */
  #prepare(pointer: number, count: number): SysResult {
    const list = this.#list;
    if (list.isUnchanged(pointer, count))
      return this.#isRegistered ? 0 : this.#register(pointer, count);
    if (this.#isRegistered && list.update(pointer, count)) {
      return this.#registerWith(this.#registration.syncChanges(list), pointer, count);
    }
    const loaded = list.load(pointer, count);
    if (loaded < 0) return loaded;
    this.#isRegistered = false;
    return list.handlesCount <= FEW_COUNT_MAX ? 0 : this.#register(pointer, count);
  }

  #register(pointer: number, count: number): SysResult {
    return this.#registerWith(this.#registration.sync(this.#list), pointer, count);
  }

  /** @param first what a first attempt to register the list came to. */
  #registerWith(first: SysResult, pointer: number, count: number): SysResult {
    let result = first;
    while (result === -Errno.PERM) {
      // A handle turned out to be always ready, and is known to be so now.
      const loaded = this.#list.load(pointer, count);
      if (loaded < 0) return loaded;
      result = this.#registration.sync(this.#list);
    }
    this.#isRegistered = result === 0;
    return result;
  }

  #startClocks(): void {
    this.#clocks.clear();
    if (this.#badClocks.length > 0) this.#badClocks.length = 0;
    for (const index of this.#list.clocks) {
      const error = this.#clocks.add(this.#list.words, index);
      if (error !== 0) this.#badClocks.push({ index, error });
    }
  }

  /** An interruption that the guest must not see only starts the wait anew. */
  #isWaitedOn(result: SysResult): boolean {
    return result === -Errno.INTR && !this.#sandbox.isInterruptible;
  }

  /** @returns as the kernel's wait, which only {@link #reportReady} looks at further; `-INTR` */
  #wait(timeoutNs: number): SysResult {
    if (this.#isRegistered) {
      return this.#sandbox.wait(this.#registration.set, timeoutNs, this.#ready);
    }
    const few = this.#sandbox.few;
    few.clear();
    const list = this.#list;
    for (let index = 0; index < list.count; index++) {
      const handle = list.handleOf(index);
      if (list.firstOf(handle) === index) few.add(handle, list.interestOf(handle));
    }
    return this.#sandbox.waitFew(few, timeoutNs);
  }

  #reportReady(readyCount: number): void {
    if (this.#isRegistered) this.#reportSet(readyCount);
    else this.#reportFew();
  }

  #reportSet(readyCount: number): void {
    const pairs = this.#ready.pairs;
    for (let index = 0; index < readyCount; index++) {
      const handle = pairs[index << 1] as number;
      if (!this.#report(handle, pairs[(index << 1) | 1] as number))
        this.#registration.trim(handle, this.#list);
    }
  }

  #reportFew(): void {
    const few = this.#sandbox.few;
    for (let index = 0; index < few.count; index++) {
      const readiness = few.readiness(index);
      if (readiness !== 0) this.#report(few.handle(index), readiness);
    }
  }

  /** Writes an event for each subscription of `handle` that `readiness` answers. @returns any? */
  #report(handle: number, readiness: number): boolean {
    const list = this.#list;
    const last = list.lastOf(handle);
    if (last === NONE) return false;
    const flags = (readiness & Readiness.HANGUP) === 0 ? 0 : EVENT_HANGUP;
    let isAny = false;
    for (
      let index = list.firstBefore(last);
      index !== NONE;
      index = index === last ? NONE : list.nextOf(index)
    ) {
      const tag = list.tagOf(index);
      if ((readiness & (tag === EventType.FD_READ ? READS : WRITES)) !== 0) {
        this.#events.ready(index, tag, flags);
        isAny = true;
      }
    }
    return isAny;
  }
}
