// The last list of subscriptions that a guest polled with, and what it meant: which handle each
// names, and which subscriptions each handle has. A server polls with the same list again and
// again; then nothing of this is made anew.

import { bytesOf, isSameRange } from '../base/bytes.ts';
import { Errno } from '../base/errno.ts';
import { handleIndex, type Handle, type Interest, Readiness } from '../kernel/kernel.ts';
import { EventType, Subscription } from './layout.ts';
import { grown, roomFor } from './room.ts';
import type { Sandbox } from './sandbox.ts';

const NONE = -1;

/** A subscription that is answered without waiting. */
export interface Known {
  readonly index: number;
  /** 0 when it is ready: a file, which can't be waited for. */
  readonly error: number;
}

export class PollList {
  readonly #sandbox: Sandbox;
  /** A copy of the guest's list: what was checked is what is used. */
  #bytes: Uint8Array = new Uint8Array(0);
  words: Int32Array = new Int32Array(0);
  count = 0;
  #epoch = NONE;

  /** The indexes of clock subscriptions. They are not part of what makes two lists alike. */
  readonly clocks: number[] = [];
  readonly known: Known[] = [];
  /** The first {@link handlesCount}: each handle once, in the order of its first subscription. */
  handles: Int32Array = new Int32Array(0);
  handlesCount = 0;

  // By subscription: its handle, and the next subscription of the same handle, in guest order; of
  // the last one the complement of the first, so that the last leads to all.
  #handleOf: Int32Array = new Int32Array(0);
  #next: Int32Array = new Int32Array(0);
  // By handle index: the last subscription plus 1, 0 for none; and what all of them ask for.
  #last: Int32Array = new Int32Array(0);
  #interest: Uint8Array = new Uint8Array(0);

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  /**
   * True when the list at `pointer` is the last one: the same bytes, clocks aside, and no number of
   * the guest's has come to mean something else since. The clocks' bytes are taken over.
   */
  isUnchanged(pointer: number, count: number): boolean {
    if (count !== this.count || this.#epoch !== this.#sandbox.descriptors.epoch) return false;
    const guest = this.#sandbox.memory.bytes;
    let from = 0;
    for (const index of this.clocks) {
      const at = index * Subscription.BYTES;
      if (guest[pointer + at + Subscription.TAG] !== EventType.CLOCK) return false;
      if (!this.#isSame(pointer, from, at)) return false;
      from = at + Subscription.BYTES;
    }
    if (!this.#isSame(pointer, from, count * Subscription.BYTES)) return false;
    for (const index of this.clocks) {
      this.#copy(pointer, index * Subscription.BYTES, (index + 1) * Subscription.BYTES);
    }
    return true;
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
      const tag = this.#bytes[index * Subscription.BYTES + Subscription.TAG] as number;
      if (tag > EventType.FD_WRITE) {
        this.#forget();
        return -Errno.INVAL;
      }
      if (tag === EventType.CLOCK) this.clocks.push(index);
      else this.#resolve(index, tag === EventType.FD_READ ? Readiness.READ : Readiness.WRITE);
      this.count = index + 1;
    }
    this.#epoch = this.#sandbox.descriptors.epoch;
    return 0;
  }

  /** Makes the next list a changed one: what this one was is not as it was resolved. */
  invalidate(): void {
    this.#epoch = NONE;
  }

  /** What the list asks of `handle`; 0 when it does not name it. */
  interestOf(handle: Handle): Interest {
    return this.firstOf(handle) === NONE ? 0 : (this.#interest[handleIndex(handle)] as number);
  }

  /** The first subscription of `handle`, or -1 when the list does not name it. */
  firstOf(handle: Handle): number {
    const index = handleIndex(handle);
    const last = index < this.#last.length ? (this.#last[index] as number) - 1 : NONE;
    return last !== NONE && this.#handleOf[last] === handle ? ~(this.#next[last] as number) : NONE;
  }

  /** The next subscription of the same handle, or -1. */
  nextOf(index: number): number {
    return Math.max(this.#next[index] as number, NONE);
  }

  /** The fd that a subscription names. */
  fdOf(index: number): number {
    return (this.words[index * Subscription.WORDS + Subscription.FD / 4] as number) >>> 0;
  }

  tagOf(index: number): number {
    return this.#bytes[index * Subscription.BYTES + Subscription.TAG] as number;
  }

  #resolve(index: number, interest: Interest): void {
    this.#handleOf[index] = NONE;
    const descriptor = this.#sandbox.descriptors.get(this.fdOf(index));
    if (descriptor === undefined) {
      this.known.push({ index, error: Errno.BADF });
    } else if (descriptor.isUnpollable) {
      this.known.push({ index, error: Errno.NOTSUP });
    } else if (descriptor.isAlwaysReady) {
      this.known.push({ index, error: 0 });
    } else if (!descriptor.isRetired) {
      this.#chain(index, descriptor.handle, interest);
    }
  }

  #chain(index: number, handle: Handle, interest: Interest): void {
    const at = handleIndex(handle);
    this.#reserveHandle(at);
    this.#handleOf[index] = handle;
    const last = (this.#last[at] as number) - 1;
    if (last === NONE) {
      this.#next[index] = ~index;
      this.#interest[at] = interest;
      this.handles[this.handlesCount++] = handle;
    } else {
      this.#next[index] = this.#next[last] as number;
      this.#next[last] = index;
      this.#interest[at] = (this.#interest[at] as number) | interest;
    }
    this.#last[at] = index + 1;
  }

  #forget(): void {
    for (let at = 0; at < this.handlesCount; at++) {
      this.#last[handleIndex(this.handles[at] as number)] = 0;
    }
    this.handlesCount = 0;
    this.known.length = 0;
    this.clocks.length = 0;
    this.count = 0;
    this.#epoch = NONE;
  }

  #isSame(pointer: number, from: number, end: number): boolean {
    const guest = this.#sandbox.memory.bytes;
    return isSameRange(guest, this.#bytes, { aShift: pointer, from, end });
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
    this.#handleOf = new Int32Array(room);
    this.#next = new Int32Array(room);
    this.handles = new Int32Array(room);
  }

  #reserveHandle(at: number): void {
    if (at < this.#last.length) return;
    const room = roomFor(at + 1);
    this.#last = grown(this.#last, room);
    this.#interest = grown(this.#interest, room);
  }
}
