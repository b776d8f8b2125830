// Blocks of this thread's own memory, kept until the recording is asked for: for recordings that are
// made by a program for itself, in a test or in a page.

import { type Block, blockOf, type BlockSource } from './record-writer.ts';

const BLOCK_BYTES = 64 * 1024;

export class HeapBlocks implements BlockSource {
  readonly #full: Uint8Array[] = [];
  #block: Block | undefined;
  #lengthBytes = 0;

  next(): Block {
    this.#full.push(...this.#filled());
    this.#block = blockOf(new ArrayBuffer(BLOCK_BYTES), 0, BLOCK_BYTES);
    this.#lengthBytes = 0;
    return this.#block;
  }

  publish(lengthBytes: number): void {
    this.#lengthBytes = lengthBytes;
  }

  copyMany(): boolean {
    return false;
  }

  /** What has been published so far. */
  pieces(): readonly Uint8Array[] {
    return [...this.#full, ...this.#filled()];
  }

  #filled(): Uint8Array[] {
    if (this.#block === undefined || this.#lengthBytes === 0) return [];
    return [this.#block.bytes.subarray(0, this.#lengthBytes)];
  }
}
