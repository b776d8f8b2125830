// Records the calls of one import: which arguments differ from those of the last call, the result, and
// what it wrote. Hot: no allocation in a call that moves bytes or waits.

import { assert } from '../base/assert.ts';
import type { GuestMemory } from '../wasi/memory.ts';
import { CallRegions, type Place, PlaceKind } from '../wasi/regions.ts';
import type { Signature } from '../wasi/signature.ts';
import { SHORT_BYTES_MAX, UNWOUND } from './format.ts';
import type { Hasher } from './hash.ts';
import { type RecordWriter, writeSigned, writeVarint } from './record-writer.ts';

/** Of any call's arguments. */
const WORD_COUNT_MAX = 16;
/** Opcode, changes, result and eleven words. */
const HEADER_BYTES_MAX = 80;
/** So many changes fit a byte of their varint. */
const SIMPLE_WORD_COUNT_MAX = 6;
/** Of a simple record: header, values, a short output, a hash. */
const SIMPLE_BYTES_MAX = 80 + 64 + 9 + SHORT_BYTES_MAX + 4;
const SIMPLE_VALUES_BYTES_MAX = 64;
/** The length of what comes in bulk, and what aligns it. */
const BULK_HEADER_BYTES = 16;

export class CallRecorder {
  /**
   * The arguments of the call under way, 32 bits signed; an i64 is two words. As many as any call has,
   * and arrays of the language: at each access to a typed one V8 asks whether it is detached.
   */
  readonly words = zeros();
  /** By the index of the parameter: the words, where no parameter is wide. */
  readonly parameters: number[];
  /** Of the call before it, as far as it was recorded. */
  readonly last = zeros();
  readonly number: number;
  readonly regions: CallRegions;
  readonly #wordCount: number;
  readonly #wordOf: readonly number[];
  readonly #writer: RecordWriter;
  /** True when nothing forbids that the calls' records are simple, see {@link #writeSimple}. */
  readonly #isSimple: boolean;
  readonly #values: readonly Place[];
  readonly #bulk: Place | undefined;

  constructor(number: number, signature: Signature, writer: RecordWriter) {
    this.number = number;
    this.regions = new CallRegions(signature);
    this.#writer = writer;
    let wordCount = 0;
    this.#wordOf = signature.parameters.map(({ type }) => {
      const word = wordCount;
      wordCount += type === 'i64' ? 2 : 1;
      return word;
    });
    this.#wordCount = wordCount;
    const isNarrow = wordCount === signature.parameters.length;
    this.parameters = isNarrow ? this.words : zeros();
    const { places } = this.regions;
    this.#values = places.filter(({ kind }) => kind === PlaceKind.VALUE);
    this.#bulk = places[this.#values.length];
    const valuesBytes = this.#values.reduce((sum, { valueBytes }) => sum + valueBytes, 0);
    this.#isSimple =
      wordCount <= SIMPLE_WORD_COUNT_MAX &&
      valuesBytes <= SIMPLE_VALUES_BYTES_MAX &&
      this.#values.every((place, index) => place === places[index]) &&
      places.length <= this.#values.length + 1 &&
      this.#bulk?.kind !== PlaceKind.TEXTS;
  }

  /** Takes arguments of which some are wide. */
  take(values: readonly (number | bigint)[]): void {
    values.forEach((value, index) => {
      const word = this.#wordOf[index] as number;
      if (typeof value === 'bigint') {
        this.words[word] = Number(BigInt.asIntN(32, value));
        this.words[word + 1] = Number(BigInt.asIntN(32, value >> 32n));
      } else {
        this.words[word] = value | 0;
      }
      this.parameters[index] = this.words[word];
    });
  }

  /** Right before the call, when {@link words} hold its arguments. */
  before(memory: GuestMemory): void {
    this.regions.before(this.parameters, memory);
  }

  /** Right after it. @param result 0, an errno, or {@link UNWOUND}. */
  after(result: number, memory: GuestMemory, hasher: Hasher): void {
    const writer = this.#writer;
    if (result === 0 && this.#isSimple && this.#writeSimple(memory, hasher)) return;
    this.#writeHeader(result);
    if (result === 0) {
      const { places, sent } = this.regions;
      for (let index = 0; index < places.length; index++) {
        this.#writePlace(places[index] as Place, memory);
      }
      if (sent !== undefined) {
        writer.reserve(4);
        writer.u32(hashSent(this.regions, sent, this.parameters, memory, hasher));
      }
    } else if (result === UNWOUND) {
      this.#writeAllRoom(memory);
    }
    writer.finishRecord();
  }

  /** An unwound call of which the memory is not known yet. */
  afterWithoutMemory(): void {
    this.#writeHeader(UNWOUND);
    this.regions.places.forEach(() => this.#writer.varint(0));
    this.#writer.publish();
  }

  /**
   * What most calls are, in one piece: an answer of 0, few arguments, and bytes in one buffer, not
   * many. The same bytes as what follows writes, in half the time.
   *
   * @returns false when this call is not such a one; nothing is written then.
   */
  #writeSimple(memory: GuestMemory, hasher: Hasher): boolean {
    const { parameters } = this;
    const regions = this.regions;
    const source = memory.view;
    const bulk = this.#bulk;
    let lengthBytes = 0;
    let pointer = 0;
    if (bulk !== undefined) {
      const isList = bulk.kind === PlaceKind.VECTORS;
      lengthBytes = regions.writtenBytes(bulk, parameters, memory);
      if (lengthBytes > SHORT_BYTES_MAX || (isList && regions.listCount !== 1)) return false;
      pointer = isList ? regions.firstPointer : (parameters[bulk.pointer] as number) >>> 0;
    }
    const writer = this.#writer;
    writer.reserve(SIMPLE_BYTES_MAX);
    const { bytes, view } = writer;
    let at = writeChanges(writer, this, this.#wordCount);
    const values = this.#values;
    for (let index = 0; index < values.length; index++) {
      const { pointer: parameter, valueBytes } = values[index] as Place;
      const from = (parameters[parameter] as number) >>> 0;
      if (valueBytes === 2) view.setUint16(at, source.getUint16(from, true), true);
      else copyWords(view, at, source, from, valueBytes);
      at += valueBytes;
    }
    if (bulk !== undefined) {
      if ((pointer & 7) === 0) {
        writer.at = at;
        writer.alignedBytes(memory, pointer, lengthBytes);
        ({ at } = writer);
      } else {
        at = writeVarint(bytes, at, lengthBytes);
        copyWords(view, at, source, pointer, lengthBytes);
        at += lengthBytes;
      }
    }
    const { sent } = regions;
    if (sent !== undefined) {
      // Of one buffer the pieces are one: the same hash, without looking for them.
      const sentBytes = regions.writtenBytes(sent, parameters, memory);
      const hash =
        regions.listCount === 1 && sentBytes > 0
          ? hasher.hash(regions.firstPointer, sentBytes)
          : hashSent(regions, sent, parameters, memory, hasher);
      view.setUint32(at, hash, true);
      at += 4;
    }
    writer.at = at;
    writer.finishRecord();
    return true;
  }

  #writeHeader(result: number): void {
    const { words } = this;
    const writer = this.#writer;
    const last = this.last;
    const wordCount = this.#wordCount;
    let changes = result === 0 ? 0 : 1;
    for (let index = 0; index < wordCount; index++) {
      if (words[index] !== last[index]) changes |= 2 << index;
    }
    writer.reserve(HEADER_BYTES_MAX);
    const { bytes } = writer;
    let at = writer.at;
    bytes[at++] = this.number;
    at = writeVarint(bytes, at, changes);
    if (result !== 0) at = writeVarint(bytes, at, result);
    for (let index = 0; index < wordCount; index++) {
      if ((changes & (2 << index)) === 0) continue;
      const word = words[index] as number;
      at = writeSigned(bytes, at, (word - (last[index] as number)) | 0);
      last[index] = word;
    }
    writer.at = at;
  }

  #writePlace(place: Place, memory: GuestMemory): void {
    const { kind } = place;
    if (kind === PlaceKind.VALUE) this.#writeValue(place, memory);
    else if (kind === PlaceKind.TEXTS) this.#writeChanges(memory);
    else {
      this.#writeBulk(place, this.regions.writtenBytes(place, this.parameters, memory), memory);
    }
  }

  #writeValue(place: Place, memory: GuestMemory): void {
    const writer = this.#writer;
    const { valueBytes } = place;
    writer.reserve(valueBytes);
    const { view } = writer;
    const from = (this.parameters[place.pointer] as number) >>> 0;
    copyWords(view, writer.at, memory.view, from, valueBytes);
    writer.at += valueBytes;
  }

  #writeBulk(place: Place, lengthBytes: number, memory: GuestMemory): void {
    const regions = this.regions;
    const writer = this.#writer;
    writer.reserve(BULK_HEADER_BYTES + SHORT_BYTES_MAX);
    writer.at = writeVarint(writer.bytes, writer.at, lengthBytes);
    regions.locate(place, this.parameters, lengthBytes);
    if (lengthBytes <= SHORT_BYTES_MAX) {
      for (let index = 0; index < regions.count; index++) {
        const pieceBytes = regions.lengths[index] as number;
        const pointer = regions.pointers[index] as number;
        copyWords(writer.view, writer.at, memory.view, pointer, pieceBytes);
        writer.at += pieceBytes;
      }
      return;
    }
    writer.align(regions.pointers[0] as number);
    for (let index = 0; index < regions.count; index++) {
      const pointer = regions.pointers[index] as number;
      const pieceBytes = regions.lengths[index] as number;
      assert(memory.holds(pointer, pieceBytes), 'a call wrote outside of the memory');
      writer.raw(memory, pointer, pieceBytes);
    }
  }

  #writeChanges(memory: GuestMemory): void {
    const writer = this.#writer;
    const changes = this.regions.changes(memory);
    writer.reserve(8);
    writer.varint(changes.length);
    for (const { pointer, lengthBytes } of changes) {
      writer.reserve(16);
      writer.varint(pointer);
      writer.varint(lengthBytes);
      writer.raw(memory, pointer, lengthBytes);
    }
  }

  /** What an unwound call wrote before it was left can't be known: so all that it might have. */
  #writeAllRoom(memory: GuestMemory): void {
    const regions = this.regions;
    for (const place of regions.places) {
      if (place.kind === PlaceKind.TEXTS) this.#writeChanges(memory);
      else this.#writeBulk(place, regions.roomBytes(place, this.parameters, memory), memory);
    }
  }
}

/**
 * Opcode, changes and changed words of a call that answered 0. Room is reserved.
 *
 * @param wordCount how many of the arguments may have changed, at most 6: their bits fit one byte.
 * @returns where the outputs go.
 */
export function writeChanges(
  { bytes, view, at: start }: RecordWriter,
  { number, words, last }: CallRecorder,
  wordCount: number,
): number {
  let at = start + 2;
  let changes = 0;
  for (let index = 0; index < wordCount; index++) {
    const word = words[index] as number;
    const before = last[index] as number;
    if (word === before) continue;
    changes |= 2 << index;
    last[index] = word;
    at = writeSigned(bytes, at, (word - before) | 0);
  }
  view.setInt16(start, number | (changes << 8), true);
  return at;
}

/** Word by word: for so few bytes quicker than a call of the engine. They have been reserved. */
function copyWords(
  target: DataView,
  to: number,
  source: DataView,
  from: number,
  lengthBytes: number,
): void {
  const wholeBytes = lengthBytes & ~3;
  for (let done = 0; done < wholeBytes; done += 4) {
    target.setInt32(to + done, source.getInt32(from + done, true), true);
  }
  for (let done = wholeBytes; done < lengthBytes; done++) {
    target.setUint8(to + done, source.getUint8(from + done));
  }
}

function zeros(): number[] {
  return Array.from({ length: WORD_COUNT_MAX }, () => 0);
}

/** Of the bytes that a call took out of the guest, piece after piece; 0 without any. */
export function hashSent(
  regions: CallRegions,
  sent: Place,
  parameters: ArrayLike<number>,
  memory: GuestMemory,
  hasher: Hasher,
): number {
  regions.locate(sent, parameters, regions.writtenBytes(sent, parameters, memory));
  let hash = 0;
  for (let index = 0; index < regions.count; index++) {
    const pointer = regions.pointers[index] as number;
    hash = hasher.hash(pointer, regions.lengths[index] as number, hash);
  }
  return hash;
}
