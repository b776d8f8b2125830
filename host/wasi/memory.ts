// The guest's memory as the host sees it: views that are renewed when the memory grows, and the
// bounds check that every pointer passes before anything happens.

import { bytesOf } from '../base/bytes.ts';

/** One guest's linear memory. */
export class GuestMemory {
  #memory: WebAssembly.Memory;
  /** The buffer that the views below lie over. */
  buffer: ArrayBuffer;
  bytes: Uint8Array;
  /** Of `bytes`, as a number: to ask a view for its length is a dozen instructions. */
  lengthBytes: number;
  /** For aligned words. An index is a pointer shifted right by two. */
  words: Int32Array;
  /** For what is aligned to eight bytes. An index is a pointer shifted right by three. */
  quads: BigInt64Array;
  view: DataView;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.buffer = memory.buffer as ArrayBuffer;
    this.bytes = bytesOf(this.buffer);
    this.lengthBytes = this.bytes.length;
    this.words = new Int32Array(this.buffer);
    this.quads = new BigInt64Array(this.buffer);
    this.view = new DataView(this.buffer);
  }

  /** True when the memory has grown since the views were made: they are detached and useless. */
  get isStale(): boolean {
    // Growing detaches the old buffer. To ask the memory for its buffer is a call into V8.
    return this.words.length === 0;
  }

  /** Makes the views anew. */
  refresh(): void {
    this.buffer = this.#memory.buffer as ArrayBuffer;
    this.bytes = bytesOf(this.buffer);
    this.lengthBytes = this.bytes.length;
    this.words = new Int32Array(this.buffer);
    this.quads = new BigInt64Array(this.buffer);
    this.view = new DataView(this.buffer);
  }

  /**
   * True when `lengthBytes` from `pointer` on lie in the memory. Both are unsigned; the sum is made
   * in a double and can't wrap. An empty range may lie at the memory's end, but not beyond.
   */
  holds(pointer: number, lengthBytes: number): boolean {
    return pointer + lengthBytes <= this.lengthBytes;
  }

  setUint32(pointer: number, value: number): void {
    this.view.setUint32(pointer, value, true);
  }

  getUint32(pointer: number): number {
    return this.view.getUint32(pointer, true);
  }
}
