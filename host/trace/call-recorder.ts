// Records the calls of one import: which arguments differ from those of the last call, the result, and
// what it wrote. Hot: no allocation in a call that moves bytes or waits.

import { assert } from '../base/assert.ts';
import type { GuestMemory } from '../wasi/memory.ts';
import { CallRegions } from '../wasi/regions.ts';
import type { Output, Signature } from '../wasi/signatures.ts';
import { UNWOUND } from './format.ts';
import type { Hasher } from './hash.ts';
import type { RecordWriter } from './record-writer.ts';

/** Opcode, changes, result and eleven words. */
const HEADER_BYTES_MAX = 80;

/** The guest's memory, looked at from outside. */
export interface Watched {
  readonly memory: GuestMemory;
  readonly hasher: Hasher;
}

export class CallRecorder {
  /** The arguments of the call under way; an i64 is two words. As many as any call has. */
  readonly words = new Int32Array(16);
  /** By the index of the parameter: the words, where no parameter is wide. */
  readonly parameters: Int32Array;
  readonly #last = new Int32Array(16);
  readonly #number: number;
  readonly #wordCount: number;
  readonly #wordOf: readonly number[];
  readonly #outputs: readonly Output[];
  readonly #sent: Output | undefined;
  readonly #regions: CallRegions;
  readonly #writer: RecordWriter;

  constructor(number: number, signature: Signature, writer: RecordWriter) {
    this.#number = number;
    this.#outputs = signature.outputs;
    this.#sent = signature.sent;
    this.#regions = new CallRegions(signature);
    this.#writer = writer;
    let wordCount = 0;
    this.#wordOf = signature.parameters.map(({ type }) => {
      const word = wordCount;
      wordCount += type === 'i64' ? 2 : 1;
      return word;
    });
    this.#wordCount = wordCount;
    const isNarrow = wordCount === signature.parameters.length;
    this.parameters = isNarrow ? this.words : new Int32Array(16);
  }

  /** Takes arguments of which some are wide. */
  take(values: readonly (number | bigint)[]): void {
    values.forEach((value, index) => {
      const word = this.#wordOf[index] as number;
      if (typeof value === 'bigint') {
        this.words[word] = Number(BigInt.asIntN(32, value));
        this.words[word + 1] = Number(BigInt.asIntN(32, value >> 32n));
      } else {
        this.words[word] = value;
      }
      this.parameters[index] = this.words[word];
    });
  }

  /** Right before the call, when {@link words} hold its arguments. */
  before(memory: GuestMemory): void {
    this.#regions.before(this.parameters, memory);
  }

  /** Right after it. @param result 0, an errno, or {@link UNWOUND}. */
  after(result: number, { memory, hasher }: Watched): void {
    this.#writeHeader(result);
    if (result === 0) this.#writeOutputs(memory, hasher);
    else if (result === UNWOUND) this.#writeAllRoom(memory);
    this.#writer.publish();
  }

  /** An unwound call of which the memory is not known yet. */
  afterWithoutMemory(): void {
    this.#writeHeader(UNWOUND);
    this.#outputs.forEach(() => this.#writer.varint(0));
    this.#writer.publish();
  }

  #writeHeader(result: number): void {
    const { words } = this;
    const writer = this.#writer;
    const last = this.#last;
    const wordCount = this.#wordCount;
    let changes = result === 0 ? 0 : 1;
    for (let index = 0; index < wordCount; index++) {
      if (words[index] !== last[index]) changes |= 2 << index;
    }
    writer.reserve(HEADER_BYTES_MAX);
    writer.byte(this.#number);
    writer.varint(changes);
    if (result !== 0) writer.varint(result);
    for (let index = 0; index < wordCount; index++) {
      if ((changes & (2 << index)) === 0) continue;
      const word = words[index] as number;
      writer.signed((word - (last[index] as number)) | 0);
      last[index] = word;
    }
  }

  #writeOutputs(memory: GuestMemory, hasher: Hasher): void {
    const { parameters } = this;
    const regions = this.#regions;
    const writer = this.#writer;
    for (const output of this.#outputs) {
      if (output.kind === 'texts') {
        this.#writeChanges(memory);
        continue;
      }
      const lengthBytes = regions.writtenBytes(output, parameters, memory);
      if (output.kind === 'value') {
        const pointer = (parameters[output.pointer] as number) >>> 0;
        writer.reserve(lengthBytes);
        writer.few(memory.view, pointer, lengthBytes);
      } else {
        this.#writeBulk(output, lengthBytes, memory);
      }
    }
    if (this.#sent === undefined) return;
    writer.reserve(4);
    writer.u32(hashSent(regions, this.#sent, parameters, memory, hasher));
  }

  #writeBulk(
    output: Exclude<Output, { kind: 'texts' }>,
    lengthBytes: number,
    memory: GuestMemory,
  ): void {
    const regions = this.#regions;
    const writer = this.#writer;
    writer.reserve(8);
    writer.varint(lengthBytes);
    regions.locate(output, this.parameters, lengthBytes);
    for (let index = 0; index < regions.count; index++) {
      const pointer = regions.pointers[index] as number;
      const pieceBytes = regions.lengths[index] as number;
      assert(memory.holds(pointer, pieceBytes), 'a call wrote outside of the memory');
      writer.raw(memory.bytes, memory.view, pointer, pieceBytes);
    }
  }

  #writeChanges(memory: GuestMemory): void {
    const writer = this.#writer;
    const changes = this.#regions.changes(memory);
    writer.reserve(8);
    writer.varint(changes.length);
    for (const { pointer, lengthBytes } of changes) {
      writer.reserve(16);
      writer.varint(pointer);
      writer.varint(lengthBytes);
      writer.raw(memory.bytes, memory.view, pointer, lengthBytes);
    }
  }

  /** What an unwound call wrote before it was left can't be known: so all that it might have. */
  #writeAllRoom(memory: GuestMemory): void {
    for (const output of this.#outputs) {
      if (output.kind === 'texts') this.#writeChanges(memory);
      else
        this.#writeBulk(output, this.#regions.roomBytes(output, this.parameters, memory), memory);
    }
  }
}

/** Of the bytes that a call took out of the guest, piece after piece. */
export function hashSent(
  regions: CallRegions,
  sent: Output,
  parameters: Int32Array,
  memory: GuestMemory,
  hasher: Hasher,
): number {
  if (sent.kind === 'texts') return 0;
  regions.locate(sent, parameters, regions.writtenBytes(sent, parameters, memory));
  let hash = 0;
  for (let index = 0; index < regions.count; index++) {
    const pointer = regions.pointers[index] as number;
    hash = hasher.hash(pointer, regions.lengths[index] as number, hash);
  }
  return hash;
}
