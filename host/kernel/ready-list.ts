// What waiting fills in: plain integers in memory that both the kernel and the sandbox boundary
// see, so that an event costs no object.

import type { Handle, Interest } from './kernel.ts';

/** Receives the result of `wait`: (handle, readiness) pairs, densely from index 0. */
export class ReadyList {
  /** Pair `i`: the handle at `2 * i`, its readiness at `2 * i + 1`. */
  readonly pairs: Int32Array;
  readonly capacityCount: number;

  constructor(capacityCount: number) {
    this.capacityCount = capacityCount;
    this.pairs = new Int32Array(new ArrayBuffer(capacityCount * 8));
  }
}

/** How many handles `waitFew` takes at most. */
export const FEW_COUNT_MAX = 8;

/**
 * The handles of a `waitFew`, and its result.
 *
 *     words:  | count | handle interest readiness | handle interest readiness | ...
 *               0       1      2        3           4 ...
 */
export class FewList {
  readonly words = new Int32Array(new ArrayBuffer(4 * (1 + 3 * FEW_COUNT_MAX)));

  get count(): number {
    return this.words[0] as number;
  }

  clear(): void {
    this.words[0] = 0;
  }

  /** Appends a handle. At most {@link FEW_COUNT_MAX}. */
  add(handle: Handle, interest: Interest): void {
    const at = 1 + 3 * this.count;
    this.words[at] = handle;
    this.words[at + 1] = interest;
    this.words[at + 2] = 0;
    this.words[0] = this.count + 1;
  }

  handle(index: number): Handle {
    return this.words[1 + 3 * index] as number;
  }

  /** The bits of `Readiness` that the last `waitFew` found, 0 when not ready. */
  readiness(index: number): number {
    return this.words[3 + 3 * index] as number;
  }
}
