// Where a call writes, found in two steps: before the call, where it may write; after it, how much it
// did. One step would not do: a guest can lay a buffer over the very list that names its buffers, and
// once the call has run that list is gone.

import { assert } from '../base/assert.ts';
import { Iovec } from './layout.ts';
import type { GuestMemory } from './memory.ts';
import type { Output, Signature, Vectors } from './signatures.ts';

/** What one system call takes; hosts serve a longer list in part. Source: IOV_MAX. */
const VECTOR_COUNT_MAX = 1024;

/** Bytes of the guest's memory. */
export interface Region {
  readonly pointer: number;
  readonly lengthBytes: number;
}

/** The places of one function's calls, one call at a time. */
export class CallRegions {
  readonly #vectors: Vectors | undefined;
  readonly #hasTexts: boolean;
  readonly #listPointers: Uint32Array;
  readonly #listLengths: Uint32Array;
  #listCount = 0;
  #listBytes = 0;
  #snapshot: Uint8Array | undefined;

  /** What {@link locate} found: `count` regions, one behind the other. */
  readonly pointers: Uint32Array;
  readonly lengths: Uint32Array;
  count = 0;

  constructor(signature: Signature) {
    const listed = signature.outputs.find((output) => output.kind === 'vectors');
    this.#vectors = listed ?? signature.sent;
    this.#hasTexts = signature.outputs.some(({ kind }) => kind === 'texts');
    const room = this.#vectors === undefined ? 1 : VECTOR_COUNT_MAX;
    this.#listPointers = new Uint32Array(room);
    this.#listLengths = new Uint32Array(room);
    this.pointers = new Uint32Array(room);
    this.lengths = new Uint32Array(room);
  }

  /**
   * The first step.
   *
   * @param parameters of the call, i32 signed or not; what stands for an i64 is not looked at.
   */
  before(parameters: ArrayLike<number>, memory: GuestMemory): void {
    if (this.#vectors !== undefined) this.#loadList(this.#vectors, parameters, memory);
    // How much text there is the call does not say: what differs afterwards is what it wrote.
    if (this.#hasTexts) this.#snapshot = new Uint8Array(memory.bytes);
  }

  /** All that the call may write; 0 when that place is not in the memory. */
  roomBytes(output: Output, parameters: ArrayLike<number>, memory: GuestMemory): number {
    let lengthBytes = 0;
    switch (output.kind) {
      case 'vectors':
        return this.#listBytes;
      case 'texts':
        return 0;
      case 'value':
        ({ lengthBytes } = output);
        break;
      case 'buffer':
        lengthBytes = at(parameters, output.length);
        break;
      case 'array':
        lengthBytes = at(parameters, output.room) * output.elementBytes;
        break;
    }
    return memory.holds(at(parameters, output.pointer), lengthBytes) ? lengthBytes : 0;
  }

  /** The second step, after a call that answered SUCCESS: how much it wrote. */
  writtenBytes(
    output: Exclude<Output, { kind: 'texts' }>,
    parameters: ArrayLike<number>,
    memory: GuestMemory,
  ): number {
    switch (output.kind) {
      case 'value':
        return output.lengthBytes;
      case 'buffer':
        return at(parameters, output.length);
      case 'array':
        return memory.getUint32(at(parameters, output.written)) * output.elementBytes;
      case 'vectors': {
        const writtenBytes = memory.getUint32(at(parameters, output.written));
        assert(writtenBytes <= this.#listBytes, 'a call moved more bytes than its buffers hold');
        return writtenBytes;
      }
    }
  }

  /** Puts the first `lengthBytes` of a place into {@link pointers} and {@link lengths}. */
  locate(
    output: Exclude<Output, { kind: 'texts' }>,
    parameters: ArrayLike<number>,
    lengthBytes: number,
  ): void {
    if (output.kind !== 'vectors') {
      this.pointers[0] = at(parameters, output.pointer);
      this.lengths[0] = lengthBytes;
      this.count = 1;
      return;
    }
    let leftBytes = lengthBytes;
    let count = 0;
    while (leftBytes > 0) {
      const usedBytes = Math.min(leftBytes, this.#listLengths[count] as number);
      this.pointers[count] = this.#listPointers[count] as number;
      this.lengths[count] = usedBytes;
      leftBytes -= usedBytes;
      count++;
    }
    this.count = count;
  }

  /** The ranges that differ from what {@link before} saw, for `texts`. */
  changes(memory: GuestMemory): Region[] {
    const before = this.#snapshot ?? memory.bytes;
    const now = memory.bytes;
    const regions: Region[] = [];
    for (let from = 0; from < now.length; from++) {
      if (now[from] === before[from]) continue;
      let end = from + 1;
      while (end < now.length && now[end] !== before[end]) end++;
      regions.push({ pointer: from, lengthBytes: end - from });
      from = end;
    }
    this.#snapshot = undefined;
    return regions;
  }

  /** Everything that a call which answered SUCCESS wrote. */
  written(
    outputs: readonly Output[],
    parameters: ArrayLike<number>,
    memory: GuestMemory,
  ): Region[] {
    return outputs.flatMap((output) => {
      if (output.kind === 'texts') return this.changes(memory);
      this.locate(output, parameters, this.writtenBytes(output, parameters, memory));
      return Array.from({ length: this.count }, (_, index) => ({
        pointer: this.pointers[index] as number,
        lengthBytes: this.lengths[index] as number,
      }));
    });
  }

  #loadList(vectors: Vectors, parameters: ArrayLike<number>, memory: GuestMemory): void {
    const list = at(parameters, vectors.list);
    const count = at(parameters, vectors.count);
    this.#listCount = 0;
    this.#listBytes = 0;
    // A call with a list, or a buffer, outside of the memory has no effect.
    if (!memory.holds(list, count * Iovec.BYTES)) return;
    const loadedCount = Math.min(count, VECTOR_COUNT_MAX);
    for (let index = 0; index < loadedCount; index++) {
      const entry = list + index * Iovec.BYTES;
      const pointer = memory.getUint32(entry + Iovec.BUF);
      const lengthBytes = memory.getUint32(entry + Iovec.LEN);
      if (!memory.holds(pointer, lengthBytes)) {
        this.#listCount = 0;
        this.#listBytes = 0;
        return;
      }
      this.#listPointers[index] = pointer;
      this.#listLengths[index] = lengthBytes;
      this.#listBytes += lengthBytes;
    }
    this.#listCount = loadedCount;
  }

  /** How many buffers the last list had, of those that count. */
  get listCount(): number {
    return this.#listCount;
  }
}

function at(parameters: ArrayLike<number>, index: number): number {
  return (parameters[index] as number) >>> 0;
}
