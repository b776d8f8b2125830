// The last list of subscriptions that a guest polled with, and what it meant: which handle each
// names, and which subscriptions each handle has. A server polls with the same list again and
// again; then nothing of this is made anew. When a connection came or went, only that is.

import { bytesOf, isSameRange } from '../base/bytes.ts';
import { Errno } from '../base/errno.ts';
import { type Handle, type Interest, Readiness } from '../kernel/kernel.ts';
import { FEW_COUNT_MAX } from '../kernel/ready-list.ts';
import { CHANGES_KEPT, type Descriptor, UNKNOWN_CHANGE } from './descriptors.ts';
import { EventType, Subscription } from './layout.ts';
import { roomFor } from './room.ts';
import type { Sandbox } from './sandbox.ts';
import { NONE, SubscriptionChains } from './subscription-chains.ts';

const QUADS = Subscription.BYTES / 8;
const TAG_WORD = Subscription.TAG / 4;
const FD_WORD = Subscription.FD / 4;

/** With more changes than this a list is taken over whole. */
const CHANGES_MAX = 64;

/**
 * So few subscriptions are compared one by one: to compare bytes at once is a call of Node's, which takes
 * 100 ns by itself, and 700 when the system's code has been in the caches meanwhile.
 */
const ONE_BY_ONE_COUNT_MAX = 64;

/** A subscription that is answered without waiting. */
export interface Known {
  readonly index: number;
  /** 0 when it is ready: a file, which can't be waited for. */
  readonly error: number;
}

export class PollList {
  readonly #sandbox: Sandbox;
  readonly #chains = new SubscriptionChains();
  /** A copy of the guest's list: what was checked is what is used. */
  #bytes: Uint8Array = new Uint8Array(0);
  words: Int32Array = new Int32Array(0);
  // Compared with another such array, eight bytes make no BigInt.
  #quads: BigInt64Array = new BigInt64Array(0);
  count = 0;
  #epoch = NONE;

  /** The indexes of clock subscriptions. They are not part of what makes two lists alike. */
  readonly clocks: number[] = [];
  readonly known: Known[] = [];
  /** How many subscriptions name a retired descriptor, which is never ready. */
  #retiredCount = 0;

  /** The first {@link changesCount}: the indexes that the last {@link update} changed, rising. */
  readonly changes = new Int32Array(CHANGES_MAX);
  changesCount = 0;

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  /**
   * True when the list at `pointer` is the last one: the same, clocks aside, and no number of the
   * guest's has come to mean something else since. The clocks' bytes are taken over.
   */
  isUnchanged(pointer: number, count: number): boolean {
    if (count !== this.count || this.#epoch !== this.#sandbox.descriptors.epoch) return false;
    const guest = this.#sandbox.memory.bytes;
    let from = 0;
    for (const index of this.clocks) {
      const tagAt = pointer + index * Subscription.BYTES + Subscription.TAG;
      if (guest[tagAt] !== EventType.CLOCK) return false;
      if (!this.#areSame(pointer, from, index)) return false;
      from = index + 1;
    }
    if (!this.#areSame(pointer, from, count)) return false;
    for (const index of this.clocks) {
      this.#copy(pointer, index * Subscription.BYTES, (index + 1) * Subscription.BYTES);
    }
    return true;
  }

  /**
   * Takes over what differs from the last list, when that is little.
   *
   * @returns false when it isn't: then the list must be loaded.
   */
  update(pointer: number, count: number): boolean {
    // Of a short list the handles are waited for in their order, which only loading keeps.
    const isShort = this.#chains.handlesCount <= FEW_COUNT_MAX;
    if (isShort || pointer % 8 !== 0 || count * Subscription.BYTES > this.#bytes.length)
      return false;
    if (!this.#findChanges(pointer, count)) return false;
    const oldCount = this.count;
    // Until it is done, all that is to be forgotten if it can't be.
    this.count = Math.max(count, oldCount);
    for (let at = 0; at < this.changesCount; at++) {
      const index = this.changes[at] as number;
      if (index < oldCount && !this.#drop(index)) return false;
    }
    for (let at = 0; at < this.changesCount; at++) {
      const index = this.changes[at] as number;
      if (index >= count) break;
      this.#copyWords(pointer, index);
      if (!this.#take(index)) return false;
    }
    this.count = count;
    this.#epoch = this.#sandbox.descriptors.epoch;
    return this.#chains.handlesCount > FEW_COUNT_MAX;
  }

  /**
   * Takes a new list over.
   *
   * @returns 0, or `-INVAL` when a tag means nothing: then the list is empty.
   */
  load(pointer: number, count: number): number {
    this.#forget();
    this.#reserve(count);
    this.#copy(pointer, 0, count * Subscription.BYTES);
    for (let index = 0; index < count; index++) {
      this.count = index + 1;
      if (this.#take(index)) continue;
      this.#forget();
      return -Errno.INVAL;
    }
    this.#epoch = this.#sandbox.descriptors.epoch;
    return 0;
  }

  /** Makes the next list a changed one: what this one was is not as it was resolved. */
  invalidate(): void {
    this.#epoch = NONE;
  }

  /** How many handles the list names. */
  get handlesCount(): number {
    return this.#chains.handlesCount;
  }

  /** The handle of a subscription; -1 for a clock, what is {@link known}, and what is retired. */
  handleOf(index: number): Handle {
    return this.#chains.handleOf(index);
  }

  /** What the list asks of `handle`; 0 when it does not name it. */
  interestOf(handle: Handle): Interest {
    let interest = 0;
    for (let index = this.firstOf(handle); index !== NONE; index = this.nextOf(index)) {
      interest |= this.tagOf(index) === EventType.FD_READ ? Readiness.READ : Readiness.WRITE;
    }
    return interest;
  }

  /** The first subscription of `handle`, or -1 when the list does not name it. */
  firstOf(handle: Handle): number {
    return this.#chains.firstOf(handle);
  }

  /** The last subscription of `handle`, or -1 when the list does not name it. */
  lastOf(handle: Handle): number {
    return this.#chains.lastOf(handle);
  }

  /** The first of those of which `last` is the last one. */
  firstBefore(last: number): number {
    return this.#chains.firstBefore(last);
  }

  /** The next subscription of the same handle, or -1. */
  nextOf(index: number): number {
    return this.#chains.nextOf(index);
  }

  /** The fd that a subscription names. */
  fdOf(index: number): number {
    return (this.words[index * Subscription.WORDS + FD_WORD] as number) >>> 0;
  }

  tagOf(index: number): number {
    return (this.words[index * Subscription.WORDS + TAG_WORD] as number) & 0xff;
  }

  // ---- finding what has changed -----------------------------------------------------------------

  /** @returns false when it is too much, or not known. */
  #findChanges(pointer: number, count: number): boolean {
    this.changesCount = 0;
    const common = Math.min(count, this.count);
    if (!this.#findDifferent(pointer, 0, common)) return false;
    if (!this.#findDifferentClocks(pointer, common) || !this.#findMoved()) return false;
    for (let index = common; index < Math.max(count, this.count); index++) {
      if (!this.#noteChange(index)) return false;
    }
    return true;
  }

  /** Halves what differs until it is small. */
  #findDifferent(pointer: number, from: number, end: number): boolean {
    if (end - from > ONE_BY_ONE_COUNT_MAX) {
      if (this.#areSame(pointer, from, end)) return true;
      const middle = (from + end) >>> 1;
      if (!this.#findDifferent(pointer, from, middle)) return false;
      return this.#findDifferent(pointer, middle, end);
    }
    let index = this.#firstDifferent(pointer, from, end);
    while (index < end) {
      if (!this.#noteChange(index)) return false;
      index = this.#firstDifferent(pointer, index + 1, end);
    }
    return true;
  }

  /** Of clocks all bytes count. */
  #findDifferentClocks(pointer: number, end: number): boolean {
    for (const index of this.clocks) {
      if (index < end && !this.#isSameClock(pointer, index) && !this.#noteChange(index))
        return false;
    }
    return true;
  }

  /** Notes what names a descriptor that has changed since. */
  #findMoved(): boolean {
    const { descriptors } = this.#sandbox;
    if (this.#epoch === descriptors.epoch) return true;
    if (this.#epoch === NONE || descriptors.epoch - this.#epoch > CHANGES_KEPT) return false;
    if (this.#retiredCount > 0) return false;
    for (let epoch = this.#epoch; epoch < descriptors.epoch; epoch++) {
      const handle = descriptors.changeAt(epoch);
      if (handle === UNKNOWN_CHANGE) return false;
      for (let index = this.firstOf(handle); index !== NONE; index = this.nextOf(index)) {
        if (!this.#noteChange(index)) return false;
      }
    }
    return this.known.every(({ index }) => this.#noteChange(index));
  }

  /** @returns false when there is no room for one more. */
  #noteChange(index: number): boolean {
    const { changes } = this;
    let at = this.changesCount;
    while (at > 0 && (changes[at - 1] as number) > index) at--;
    if (at > 0 && changes[at - 1] === index) return true;
    if (this.changesCount === CHANGES_MAX) return false;
    for (let to = this.changesCount++; to > at; to--) changes[to] = changes[to - 1] as number;
    changes[at] = index;
    return true;
  }

  // ---- one subscription -------------------------------------------------------------------------

  /** Finds out what a subscription means. @returns false when it can't be taken in */
  #take(index: number): boolean {
    this.#chains.unset(index);
    const tag = this.tagOf(index);
    if (tag > EventType.FD_WRITE) return false;
    if (tag === EventType.CLOCK) {
      insertInOrder(this.clocks, index, (clock) => clock);
      return true;
    }
    const descriptor = this.#sandbox.descriptors.get(this.fdOf(index));
    const error = descriptor === undefined ? Errno.BADF : knownError(descriptor);
    if (error !== undefined) insertInOrder(this.known, { index, error }, (known) => known.index);
    else if ((descriptor as Descriptor).isRetired) this.#retiredCount++;
    else return this.#chains.insert(index, (descriptor as Descriptor).handle);
    return true;
  }

  /** Undoes {@link #take}. @returns false when that would take long */
  #drop(index: number): boolean {
    if (this.#chains.handleOf(index) !== NONE) return this.#chains.remove(index);
    if (this.tagOf(index) === EventType.CLOCK) {
      this.clocks.splice(this.clocks.indexOf(index), 1);
    } else {
      const at = this.known.findIndex((known) => known.index === index);
      if (at === NONE) return false;
      this.known.splice(at, 1);
    }
    return true;
  }

  #forget(): void {
    this.#chains.clear(this.count);
    this.known.length = 0;
    this.clocks.length = 0;
    this.#retiredCount = 0;
    this.count = 0;
    this.#epoch = NONE;
  }

  // ---- the bytes --------------------------------------------------------------------------------

  /**
   * Whether the subscriptions from index `from` up to `end`, no clocks, are the same: of few what a
   * descriptor's has, of many every byte.
   */
  #areSame(pointer: number, from: number, end: number): boolean {
    if (end - from > ONE_BY_ONE_COUNT_MAX || pointer % 8 !== 0) {
      return isSameRange(this.#sandbox.memory.bytes, this.#bytes, {
        aShift: pointer,
        from: from * Subscription.BYTES,
        end: end * Subscription.BYTES,
      });
    }
    return this.#firstDifferent(pointer, from, end) === end;
  }

  /**
   * The first subscription from `from` on that is not the same in what a descriptor's has: userdata, tag
   * and descriptor, and what lies between; `end` for none.
   */
  #firstDifferent(pointer: number, from: number, end: number): number {
    const guest = this.#sandbox.memory.quads;
    const quads = this.#quads;
    let at = from * QUADS;
    let guestAt = (pointer >>> 3) + at;
    for (let index = from; index < end; index++) {
      if (
        guest[guestAt] !== quads[at] ||
        guest[guestAt + 1] !== quads[at + 1] ||
        guest[guestAt + 2] !== quads[at + 2]
      ) {
        return index;
      }
      at += QUADS;
      guestAt += QUADS;
    }
    return end;
  }

  #isSameClock(pointer: number, index: number): boolean {
    const guest = this.#sandbox.memory.quads;
    const at = index * QUADS;
    const guestAt = (pointer >>> 3) + at;
    for (let quad = 0; quad < QUADS; quad++) {
      if (guest[guestAt + quad] !== this.#quads[at + quad]) return false;
    }
    return true;
  }

  #copyWords(pointer: number, index: number): void {
    const guest = this.#sandbox.memory.words;
    const at = index * Subscription.WORDS;
    const shift = pointer >>> 2;
    for (let word = at; word < at + Subscription.WORDS; word++) {
      this.words[word] = guest[shift + word] as number;
    }
  }

  #copy(pointer: number, from: number, end: number): void {
    this.#bytes.set(this.#sandbox.memory.bytes.subarray(pointer + from, pointer + end), from);
  }

  #reserve(count: number): void {
    if (count * Subscription.BYTES <= this.#bytes.length) return;
    const room = roomFor(count);
    const buffer = new ArrayBuffer(room * Subscription.BYTES);
    this.#bytes = bytesOf(buffer);
    this.words = new Int32Array(buffer);
    this.#quads = new BigInt64Array(buffer);
    this.#chains.reserve(room);
  }
}

/** What is said at once of a descriptor: an errno, 0 for ready; undefined: it has to be waited for. */
function knownError(descriptor: Descriptor): number | undefined {
  if (descriptor.isUnpollable) return Errno.NOTSUP;
  return descriptor.isAlwaysReady ? 0 : undefined;
}

/** Puts `item` where its index belongs: mostly behind all others. */
function insertInOrder<T>(list: T[], item: T, indexOf: (item: T) => number): void {
  const index = indexOf(item);
  let at = list.length;
  while (at > 0 && indexOf(list[at - 1] as T) > index) at--;
  if (at === list.length) list.push(item);
  else list.splice(at, 0, item);
}
