// The handle table of one kernel: the lowest free index first, a generation for each owner of an
// index, and the limit of descriptors that its process has.

import { Errno } from '../../base/errno.ts';
import type { SysResult } from '../../base/sys-result.ts';
import { type Handle, HANDLE_INDEX_BITS, handleIndex } from '../kernel.ts';
import type { OpenFile } from './open-file.ts';
import type { Rules } from './rules.ts';

const GENERATION_COUNT = 2047;

/** How many descriptors a process may have: its open handles and sets count, as on Linux. */
export class DescriptorLimit {
  usedCount = 0;
  maxCount: number;

  constructor(maxCount: number) {
    this.maxCount = maxCount;
  }

  get isReached(): boolean {
    return this.usedCount >= this.maxCount;
  }
}

export class HandleTable {
  readonly #rules: Rules;
  readonly #limit: DescriptorLimit;
  /** By index: the handle that is open there, 0 for none. */
  readonly #handles: Handle[] = [];
  readonly #files: (OpenFile | undefined)[] = [];
  readonly #generations: number[] = [];
  /** The free indices below the length of the arrays: a heap, the lowest on top. */
  readonly #free: number[] = [];
  #isDestroyed = false;

  constructor(rules: Rules, limit: DescriptorLimit) {
    this.#rules = rules;
    this.#limit = limit;
  }

  /** The file of an open handle. */
  find(handle: Handle): OpenFile | undefined {
    const index = handleIndex(handle);
    return handle > 0 && this.#handles[index] === handle ? this.#files[index] : undefined;
  }

  /** @returns 0, `-MFILE` when no descriptor is free, `-BADF` after {@link destroy}. */
  reserve(): SysResult {
    if (this.#isDestroyed) return -Errno.BADF;
    return this.#limit.isReached ? -Errno.MFILE : 0;
  }

  /** Gives `file` a handle. Only after {@link reserve} answered 0. */
  add(file: OpenFile): Handle {
    const index = this.#takeIndex();
    const generation = this.#generations[index] as number;
    const handle = (((generation - 1) % GENERATION_COUNT) + 1) * 2 ** HANDLE_INDEX_BITS + index;
    this.#handles[index] = handle;
    this.#files[index] = file;
    this.#limit.usedCount++;
    file.handleCount++;
    return handle;
  }

  /** Takes an open handle out. The file is released with its last one. */
  remove(handle: Handle): void {
    const index = handleIndex(handle);
    const file = this.#files[index] as OpenFile;
    this.#handles[index] = 0;
    this.#files[index] = undefined;
    this.#generations[index] = (this.#generations[index] as number) + 1;
    this.#giveIndexBack(index);
    this.#limit.usedCount--;
    file.handleCount--;
    if (file.handleCount === 0) file.release();
  }

  /** The open handles, by index. */
  open(): Handle[] {
    return this.#handles.filter((handle) => handle !== 0);
  }

  /** Nothing is found or made any more. Close the handles first. */
  destroy(): void {
    this.#isDestroyed = true;
  }

  #takeIndex(): number {
    if (this.#free.length === 0 || !this.#rules.lowestHandleFirst) {
      this.#generations.push(1);
      return this.#generations.length - 1;
    }
    const heap = this.#free;
    const lowest = heap[0] as number;
    const last = heap.pop() as number;
    if (heap.length === 0) return lowest;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++;
      if ((heap[child] as number) >= last) break;
      heap[at] = heap[child] as number;
      at = child;
    }
    heap[at] = last;
    return lowest;
  }

  #giveIndexBack(index: number): void {
    const heap = this.#free;
    let at = heap.length;
    heap.push(index);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((heap[parent] as number) <= index) break;
      heap[at] = heap[parent] as number;
      at = parent;
    }
    heap[at] = index;
  }
}
