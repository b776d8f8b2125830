// Which subscriptions of a list each handle has, in guest order. Chains through arrays: one more or
// one less costs no object, and nothing of the others.
//
//     handle ─► last ─► ~first        next of the last one: the complement of the first
//                first ─► ... ─► last

import { type Handle, handleIndex } from '../kernel/kernel.ts';
import { grown, roomFor } from './room.ts';

/** No subscription, and no handle. */
export const NONE = -1;

/** How far {@link SubscriptionChains.insert} and `remove` go to find a place. */
const STEPS_MAX = 16;

export class SubscriptionChains {
  // By subscription: its handle, and the next one of the same handle.
  #handleOf: Int32Array = new Int32Array(0);
  #next: Int32Array = new Int32Array(0);
  /** By handle index: the last subscription plus 1, 0 for none. */
  #last: Int32Array = new Int32Array(0);
  /** Of `#last`: to ask a view for its length is a dozen instructions. */
  #lastCount = 0;
  /** How many handles have a subscription. */
  handlesCount = 0;

  /** Makes room for `room` subscriptions. Only when there is none. */
  reserve(room: number): void {
    this.#handleOf = new Int32Array(room);
    this.#next = new Int32Array(room);
  }

  /** Forgets the first `count` subscriptions, which are all. */
  clear(count: number): void {
    for (let index = 0; index < count; index++) {
      const handle = this.#handleOf[index] as number;
      if (handle !== NONE) this.#last[handleIndex(handle)] = 0;
    }
    this.handlesCount = 0;
  }

  /** Says that a subscription has no handle. */
  unset(index: number): void {
    this.#handleOf[index] = NONE;
  }

  /** The handle of a subscription, or -1. */
  handleOf(index: number): Handle {
    return this.#handleOf[index] as number;
  }

  /** The first subscription of `handle`, or -1 when it has none. */
  firstOf(handle: Handle): number {
    const last = this.lastOf(handle);
    return last === NONE ? NONE : this.firstBefore(last);
  }

  /** The first of those of which `last` is the last one: it itself, where a handle has one. */
  firstBefore(last: number): number {
    return ~(this.#next[last] as number);
  }

  /** The last subscription of `handle`, or -1 when it has none. */
  lastOf(handle: Handle): number {
    const index = handleIndex(handle);
    const last = index < this.#lastCount ? (this.#last[index] as number) - 1 : NONE;
    return last !== NONE && this.#handleOf[last] === handle ? last : NONE;
  }

  /** The next subscription of the same handle, or -1. */
  nextOf(index: number): number {
    return Math.max(this.#next[index] as number, NONE);
  }

  /** Gives `handle` a subscription. @returns false when its place is far to look for. */
  insert(index: number, handle: Handle): boolean {
    const last = this.lastOf(handle);
    if (last < index) {
      this.#append(index, handle);
      return true;
    }
    const before = this.#before(index, handle);
    if (before === undefined) return false;
    this.#handleOf[index] = handle;
    if (before === NONE) {
      this.#next[index] = this.firstOf(handle);
      this.#next[last] = ~index;
    } else {
      this.#next[index] = this.#next[before] as number;
      this.#next[before] = index;
    }
    return true;
  }

  /** Takes a subscription with a handle out. @returns false when its place is far to look for. */
  remove(index: number): boolean {
    const handle = this.handleOf(index);
    const before = this.#before(index, handle);
    if (before === undefined) return false;
    const next = this.#next[index] as number;
    this.#handleOf[index] = NONE;
    if (before !== NONE) {
      this.#next[before] = next;
      if (next < 0) this.#setLast(handle, before);
    } else if (next >= 0) {
      this.#next[(this.#last[handleIndex(handle)] as number) - 1] = ~next;
    } else {
      this.#last[handleIndex(handle)] = 0;
      this.handlesCount--;
    }
    return true;
  }

  /** Gives `handle` a subscription that comes behind all that it has. */
  #append(index: number, handle: Handle): void {
    this.#handleOf[index] = handle;
    const last = this.lastOf(handle);
    if (last === NONE) {
      this.#next[index] = ~index;
      this.handlesCount++;
    } else {
      this.#next[index] = this.#next[last] as number;
      this.#next[last] = index;
    }
    this.#setLast(handle, index);
  }

  /** The last subscription of `handle` before `index`, -1 for none; undefined when it is far. */
  #before(index: number, handle: Handle): number | undefined {
    let before = NONE;
    let at = this.firstOf(handle);
    for (let steps = 0; at !== NONE && at < index; steps++) {
      if (steps === STEPS_MAX) return undefined;
      before = at;
      at = this.nextOf(at);
    }
    return before;
  }

  #setLast(handle: Handle, last: number): void {
    const index = handleIndex(handle);
    if (index >= this.#lastCount) {
      this.#last = grown(this.#last, roomFor(index + 1));
      this.#lastCount = this.#last.length;
    }
    this.#last[index] = last + 1;
  }
}
