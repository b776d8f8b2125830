// Reads the records of a recording, one after the other. Blocks have been checked; a record that makes
// no sense all the same, or that the file's end cuts off, is told apart.

import { PolluxError } from '../base/pollux-error.ts';
import type { Signature } from '../wasi/signature.ts';
import {
  type Call,
  type Change,
  type End,
  type Enter,
  type Entry,
  Opcode,
  type OutputBytes,
  SHORT_BYTES_MAX,
  UNWOUND,
  type Value,
  ValueTag,
} from './format.ts';
import type { BlockPlace, RecordingBytes } from './recording.ts';

/** Thrown within this file when the records end inside one. */
class EndOfRecords extends Error {}

/** Nine bytes. */
const VARINT_BITS_MAX = 63;

const FLOAT = new DataView(new ArrayBuffer(8));

interface FunctionState {
  readonly signature: Signature;
  readonly wordCount: number;
  readonly words: Int32Array;
}

export class EntryReader {
  readonly #source: RecordingBytes;
  readonly #blocks: readonly BlockPlace[];
  readonly #functions: readonly FunctionState[];
  #nextBlock = 0;
  /** What has been read and not yet used up: `#bytes` from `#at` on. */
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  #timeUs = 0;
  #callCount = 0;

  constructor(
    source: RecordingBytes,
    blocks: readonly BlockPlace[],
    functions: readonly Signature[],
  ) {
    this.#source = source;
    this.#blocks = blocks;
    this.#functions = functions.map((signature) => {
      const wordCount = signature.parameters.reduce(
        (sum, { type }) => sum + (type === 'i64' ? 2 : 1),
        0,
      );
      return { signature, wordCount, words: new Int32Array(wordCount) };
    });
  }

  /**
   * The next record but those that only tell the time. The words of a call are good until the next
   * call of this.
   *
   * @returns undefined when there is no further whole one.
   * @throws PolluxError `RECORDING_REFUSED` for one that makes no sense.
   */
  next(): Entry | undefined {
    try {
      return this.#read();
    } catch (error) {
      if (error instanceof EndOfRecords) return undefined;
      throw error;
    }
  }

  #read(): Entry | undefined {
    for (;;) {
      if (this.#at === this.#bytes.length && !this.#more(1)) return undefined;
      const opcode = this.#byte();
      switch (opcode) {
        case Opcode.TIME:
          this.#timeUs += this.#varint();
          continue;
        case Opcode.ENTER:
          return this.#enter();
        case Opcode.RETURNED:
          return { kind: 'returned', value: this.#values()[0] };
        case Opcode.UNWOUND:
          return { kind: 'unwound' };
        case Opcode.TRAPPED:
          return { kind: 'trapped' };
        case Opcode.END:
          return this.#end();
        case Opcode.END_WITHOUT_MEMORY:
          return { kind: 'end', memory: undefined };
        default:
          return this.#call(opcode);
      }
    }
  }

  #call(number: number): Call {
    const known = this.#functions[number];
    if (known === undefined) throw this.#senseless(`a record of kind ${number}`);
    const { signature, wordCount } = known;
    const changes = this.#varint();
    const result = (changes & 1) === 0 ? 0 : this.#varint();
    const { words } = known;
    for (let index = 0; index < wordCount; index++) {
      if ((changes & (2 << index)) === 0) continue;
      words[index] = (words[index] as number) + this.#signed();
    }
    const outputs: OutputBytes[] = [];
    if (result === 0 || result === UNWOUND) {
      for (const output of signature.outputs) {
        if (output.kind === 'texts') outputs.push(this.#changes());
        else if (output.kind === 'value' && result === 0) {
          outputs.push(this.#take(output.lengthBytes));
        } else outputs.push(this.#bulk());
      }
    }
    const sentHash = signature.sent !== undefined && result === 0 ? this.#u32() : 0;
    this.#callCount += 1;
    return {
      kind: 'call',
      number: this.#callCount,
      function: number,
      ...{ words, result, outputs, sentHash },
      timeUs: this.#timeUs,
    };
  }

  #bulk(): Uint8Array {
    const lengthBytes = this.#varint();
    if (lengthBytes > SHORT_BYTES_MAX) this.#take(this.#byte());
    return this.#take(lengthBytes);
  }

  #changes(): Change[] {
    const changes: Change[] = [];
    for (let count = this.#varint(); count > 0; count--) {
      const pointer = this.#varint();
      // A copy: the next one may come with another block.
      changes.push({ pointer, bytes: this.#take(this.#varint()).slice() });
    }
    return changes;
  }

  #enter(): Enter {
    const name = new TextDecoder().decode(this.#take(this.#varint()));
    return { kind: 'enter', name, arguments: this.#values() };
  }

  #end(): End {
    const pageCount = this.#varint();
    const hash = [this.#u32(), this.#u32()].map((word) => word.toString(16).padStart(8, '0'));
    return { kind: 'end', memory: { pageCount, hash: hash.join('') } };
  }

  #values(): Value[] {
    const values: Value[] = [];
    for (let count = this.#varint(); count > 0; count--) {
      const tag = this.#byte();
      if (tag === ValueTag.I32) values.push(this.#signed());
      else if (tag === ValueTag.I64) values.push(viewOf(this.#take(8)).getBigInt64(0, true));
      else if (tag === ValueTag.F64) values.push(this.#f64());
      else throw this.#senseless(`a value of kind ${tag}`);
    }
    return values;
  }

  // ---- bytes ------------------------------------------------------------------------------------

  #byte(): number {
    if (this.#at === this.#bytes.length) this.#need(1);
    return this.#bytes[this.#at++] as number;
  }

  #varint(): number {
    let value = 0;
    for (let shift = 0; shift < VARINT_BITS_MAX; shift += 7) {
      const byte = this.#byte();
      // Behind 32 bits only what makes it longer.
      if (shift < 32) value |= (byte & 127) << shift;
      else if ((byte & 127) !== 0) break;
      if (byte < 128) return value >>> 0;
    }
    throw this.#senseless('a number of more than 32 bits');
  }

  #signed(): number {
    const value = this.#varint();
    return (value >>> 1) ^ -(value & 1);
  }

  #u32(): number {
    this.#need(4);
    const value = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    return value;
  }

  #f64(): number {
    FLOAT.setUint32(0, this.#u32(), true);
    FLOAT.setUint32(4, this.#u32(), true);
    return FLOAT.getFloat64(0, true);
  }

  #take(lengthBytes: number): Uint8Array {
    this.#need(lengthBytes);
    const bytes = this.#bytes.subarray(this.#at, this.#at + lengthBytes);
    this.#at += lengthBytes;
    return bytes;
  }

  #need(lengthBytes: number): void {
    if (this.#bytes.length - this.#at >= lengthBytes) return;
    if (!this.#more(lengthBytes)) throw new EndOfRecords();
  }

  /** Reads on until there are `lengthBytes`. @returns false when the file has no more. */
  #more(lengthBytes: number): boolean {
    const pieces: Uint8Array[] = [this.#bytes.subarray(this.#at)];
    let haveBytes = this.#bytes.length - this.#at;
    while (haveBytes < lengthBytes && this.#nextBlock < this.#blocks.length) {
      const place = this.#blocks[this.#nextBlock++] as BlockPlace;
      const piece = this.#source.read(place.offset, place.lengthBytes);
      pieces.push(piece);
      haveBytes += piece.length;
    }
    const bytes = new Uint8Array(haveBytes);
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    this.#at = 0;
    return haveBytes >= lengthBytes;
  }

  #senseless(what: string): PolluxError {
    const call = `after call ${this.#callCount}`;
    return new PolluxError(
      'RECORDING_REFUSED',
      `${this.#source.name} makes no sense ${call}: there is ${what}`,
    );
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
