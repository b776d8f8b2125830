// Where a call writes, found in two steps: before the call, where it may write; after it, how much it
// did. One step would not do: a guest can lay a buffer over the very list that names its buffers, and
// once the call has run that list is gone.

import { assert } from '../base/assert.ts';
import { Iovec } from './layout.ts';
import type { GuestMemory } from './memory.ts';
import type { Output, Signature, Vectors } from './signature.ts';

/** What one system call takes; hosts serve a longer list in part. Source: IOV_MAX. */
const VECTOR_COUNT_MAX = 1024;

/** Bytes of the guest's memory. */
export interface Region {
  readonly pointer: number;
  readonly lengthBytes: number;
}

/** Kinds of {@link Place}: those of {@link Output}, as numbers. */
export const PlaceKind = {
  VALUE: 0,
  BUFFER: 1,
  ARRAY: 2,
  VECTORS: 3,
  TEXTS: 4,
  SIZED: 5,
} as const;
export type PlaceKind = (typeof PlaceKind)[keyof typeof PlaceKind];

/**
 * An {@link Output} in one shape whatever its kind, since recording looks at it in every call. Fields
 * that a kind does not have are 0; they are indexes of parameters, but for the two of bytes.
 */
export interface Place {
  readonly kind: PlaceKind;
  readonly pointer: number;
  /** Of a value. */
  readonly valueBytes: number;
  /** How long a buffer is; for how many elements an array has room. Of a sized one: bytes. */
  readonly length: number;
  readonly elementBytes: number;
  /** Where the call says how much it wrote. */
  readonly written: number;
}

/** The places of one function's calls, one call at a time. */
export class CallRegions {
  /** What a call writes, in the order of the signature. */
  readonly places: readonly Place[];
  /** What leaves the guest. */
  readonly sent: Place | undefined;
  readonly #vectors: Vectors | undefined;
  readonly #hasTexts: boolean;
  readonly #listPointers: Uint32Array;
  readonly #listLengths: Uint32Array;
  #listBytes = 0;
  /** Of the list that the first step saw: how many buffers, and where the first one lies. */
  listCount = 0;
  firstPointer = 0;
  #snapshot: Uint8Array | undefined;

  /** What {@link locate} found: `count` regions, one behind the other. */
  readonly pointers: Uint32Array;
  readonly lengths: Uint32Array;
  count = 0;

  constructor(signature: Signature) {
    this.places = signature.outputs.map(placeOf);
    this.sent = signature.sent === undefined ? undefined : placeOf(signature.sent);
    const listed = signature.outputs.find((output) => output.kind === 'vectors');
    this.#vectors = listed ?? signature.sent;
    this.#hasTexts = this.places.some(({ kind }) => kind === PlaceKind.TEXTS);
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

  /** The first step of a call whose list has been read: one buffer, which lies in the memory. */
  beforeOne(pointer: number, lengthBytes: number): void {
    this.#listPointers[0] = this.firstPointer = pointer;
    this.#listLengths[0] = this.#listBytes = lengthBytes;
    this.listCount = 1;
  }

  /** All that the call may write; 0 when that place is not in the memory. */
  roomBytes(place: Place, parameters: ArrayLike<number>, memory: GuestMemory): number {
    if (place.kind === PlaceKind.TEXTS) return 0;
    if (place.kind === PlaceKind.VECTORS) return this.#listBytes;
    if (place.kind === PlaceKind.SIZED) {
      const leftBytes = memory.bytes.length - at(parameters, place.pointer);
      return Math.max(0, Math.min(place.length, leftBytes));
    }
    let lengthBytes = place.valueBytes;
    if (place.kind === PlaceKind.BUFFER) lengthBytes = at(parameters, place.length);
    if (place.kind === PlaceKind.ARRAY) {
      lengthBytes = at(parameters, place.length) * place.elementBytes;
    }
    return memory.holds(at(parameters, place.pointer), lengthBytes) ? lengthBytes : 0;
  }

  /** The second step, after a call that answered SUCCESS: how much it wrote. Not for texts. */
  writtenBytes(place: Place, parameters: ArrayLike<number>, memory: GuestMemory): number {
    if (place.kind === PlaceKind.VALUE) return place.valueBytes;
    if (place.kind === PlaceKind.BUFFER) return at(parameters, place.length);
    const written = memory.getUint32(at(parameters, place.written));
    if (place.kind === PlaceKind.ARRAY) return written * place.elementBytes;
    if (place.kind === PlaceKind.SIZED) return written;
    assert(written <= this.#listBytes, 'a call moved more bytes than its buffers hold');
    return written;
  }

  /**
   * Puts the first `lengthBytes` of a place into {@link pointers} and {@link lengths}. Not for texts,
   * and no more bytes than there is room.
   */
  locate(place: Place, parameters: ArrayLike<number>, lengthBytes: number): void {
    if (place.kind !== PlaceKind.VECTORS) {
      this.pointers[0] = at(parameters, place.pointer);
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

  /** The ranges that differ from what {@link before} saw, for texts. */
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
  written(parameters: ArrayLike<number>, memory: GuestMemory): Region[] {
    return this.places.flatMap((place) => {
      if (place.kind === PlaceKind.TEXTS) return this.changes(memory);
      this.locate(place, parameters, this.writtenBytes(place, parameters, memory));
      return Array.from({ length: this.count }, (_, index) => ({
        pointer: this.pointers[index] as number,
        lengthBytes: this.lengths[index] as number,
      }));
    });
  }

  #loadList(vectors: Vectors, parameters: ArrayLike<number>, memory: GuestMemory): void {
    const list = at(parameters, vectors.list);
    const count = at(parameters, vectors.count);
    this.#listBytes = 0;
    this.listCount = 0;
    // A call with a list, or a buffer, outside of the memory has no effect.
    if (!memory.holds(list, count * Iovec.BYTES)) return;
    const loadedCount = Math.min(count, VECTOR_COUNT_MAX);
    let listBytes = 0;
    for (let index = 0; index < loadedCount; index++) {
      const entry = list + index * Iovec.BYTES;
      const pointer = memory.getUint32(entry + Iovec.BUF);
      const lengthBytes = memory.getUint32(entry + Iovec.LEN);
      if (!memory.holds(pointer, lengthBytes)) return;
      this.#listPointers[index] = pointer;
      this.#listLengths[index] = lengthBytes;
      listBytes += lengthBytes;
    }
    this.#listBytes = listBytes;
    this.listCount = loadedCount;
    this.firstPointer = this.#listPointers[0] as number;
  }
}

function placeOf(output: Output): Place {
  const none = { pointer: 0, valueBytes: 0, length: 0, elementBytes: 0, written: 0 };
  switch (output.kind) {
    case 'value':
      return {
        kind: PlaceKind.VALUE,
        ...none,
        pointer: output.pointer,
        valueBytes: output.lengthBytes,
      };
    case 'buffer':
      return { kind: PlaceKind.BUFFER, ...none, pointer: output.pointer, length: output.length };
    case 'array': {
      const { pointer, room, elementBytes, written } = output;
      return { kind: PlaceKind.ARRAY, ...none, pointer, length: room, elementBytes, written };
    }
    case 'sized': {
      const { pointer, written, bytesMax } = output;
      return { kind: PlaceKind.SIZED, ...none, pointer, length: bytesMax, written };
    }
    case 'vectors':
      return { kind: PlaceKind.VECTORS, ...none, written: output.written };
    case 'texts':
      return { kind: PlaceKind.TEXTS, ...none };
  }
}

function at(parameters: ArrayLike<number>, index: number): number {
  return (parameters[index] as number) >>> 0;
}
