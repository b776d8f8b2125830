// Writes records, byte by byte, into blocks that someone else provides and takes away. It never waits:
// without a next block it ends, and what comes then is dropped.

import type { GuestMemory } from '../wasi/memory.ts';

/** A stretch of memory to fill, in three views. It begins at eight bytes, and is some of these long. */
export interface Block {
  readonly bytes: Uint8Array;
  readonly quads: BigInt64Array;
  readonly view: DataView;
}

export function blockOf(buffer: ArrayBufferLike, pointer: number, lengthBytes: number): Block {
  return {
    bytes: new Uint8Array(buffer, pointer, lengthBytes),
    quads: new BigInt64Array(buffer, pointer, lengthBytes / BigInt64Array.BYTES_PER_ELEMENT),
    view: new DataView(buffer, pointer, lengthBytes),
  };
}

/** Where goes what is dropped. */
const nowhere = (): Block => blockOf(new ArrayBuffer(RESERVE_BYTES_MAX), 0, RESERVE_BYTES_MAX);

/** An unsigned number of 32 bits, up to five bytes. @returns where the next byte goes */
export function writeVarint(bytes: Uint8Array, from: number, value: number): number {
  let at = from;
  let left = value;
  while ((left & ~127) !== 0) {
    bytes[at++] = (left & 127) | 128;
    left >>>= 7;
  }
  bytes[at++] = left;
  return at;
}

/** A signed number of 32 bits: small ones of either sign are short. @returns as {@link writeVarint} */
export function writeSigned(bytes: Uint8Array, at: number, value: number): number {
  return writeVarint(bytes, at, (value << 1) ^ (value >> 31));
}

/** Where what is copied lies. */
type Bytes = Pick<GuestMemory, 'bytes' | 'quads'>;

/** Where records go. */
export interface BlockSource {
  /**
   * Gives the next block to fill; the one before it is complete.
   *
   * @returns undefined when there is none: the recording ends here.
   */
  next(): Block | undefined;

  /** Says that the first `lengthBytes` of the block being filled will not change any more. */
  publish(lengthBytes: number): void;

  /**
   * Copies many bytes of the guest's memory to `at` in the block being filled.
   *
   * @returns false where nothing is quicker than to set them; then nothing was copied.
   */
  copyMany(at: number, pointer: number, lengthBytes: number): boolean;
}

/** What is lost of a guest that is killed while it does not wait; far less than may be. */
const UNPUBLISHED_BYTES_MAX = 4096;

/** What is longer a call of the engine copies as quickly as eight bytes at a time do. */
const FEW_BYTES_MAX = 1024;

/** What is shorter is set as quickly as it is copied by {@link BlockSource.copyMany}. */
const MANY_BYTES_LEAST = 2048;

/** The most that can be reserved at a time: fits every block. */
export const RESERVE_BYTES_MAX = 512;

const EMPTY: Uint8Array = new Uint8Array();
const FLOAT = new DataView(new ArrayBuffer(8));

export class RecordWriter {
  readonly #source: BlockSource;
  /** The block being filled. A caller that has reserved may write into it itself, and moves `at`. */
  bytes: Uint8Array;
  quads: BigInt64Array;
  view: DataView;
  at = 0;
  #end = 0;
  #publishedAt = 0;
  #lastPiece = { source: EMPTY, from: 0, lengthBytes: 0, piece: EMPTY };
  /** True when no block was left, or {@link end} was called. */
  hasEnded = false;

  constructor(source: BlockSource) {
    this.#source = source;
    ({ bytes: this.bytes, quads: this.quads, view: this.view } = nowhere());
    this.#next();
  }

  /** Makes sure that the next `lengthBytes` (at most 512) can be written. */
  reserve(lengthBytes: number): void {
    if (this.#end - this.at < lengthBytes) this.#next();
  }

  byte(value: number): void {
    this.bytes[this.at++] = value;
  }

  /** An unsigned number of 32 bits, up to five bytes. */
  varint(value: number): void {
    this.at = writeVarint(this.bytes, this.at, value);
  }

  /** A signed number of 32 bits. */
  signed(value: number): void {
    this.at = writeSigned(this.bytes, this.at, value);
  }

  u32(value: number): void {
    this.view.setUint32(this.at, value, true);
    this.at += 4;
  }

  i64(value: bigint): void {
    this.view.setBigInt64(this.at, value, true);
    this.at += 8;
  }

  /** A NaN's bits are not kept. */
  f64(value: number): void {
    FLOAT.setFloat64(0, value, true);
    this.u32(FLOAT.getUint32(0, true));
    this.u32(FLOAT.getUint32(4, true));
  }

  /**
   * A length, in a longer number than it need be so that the bytes behind it begin at eight, and these
   * bytes, eight at a time: for so few quicker than a call of the engine. Room is reserved.
   *
   * @param pointer a multiple of 8.
   * @param lengthBytes less than 2^14.
   */
  alignedBytes(memory: Bytes, pointer: number, lengthBytes: number): void {
    const at = this.#paddedVarint(this.at, lengthBytes);
    this.#copyQuads(memory, pointer, at, lengthBytes);
    this.at = at + lengthBytes;
  }

  /** @returns where eight bytes begin, right behind it */
  #paddedVarint(at: number, value: number): number {
    const { view } = this;
    const fillerBytes = ~at & 7;
    if (value > 127 && fillerBytes === 0) {
      view.setUint8(at, value | 128);
      return this.#paddedVarint(at + 1, value >> 7);
    }
    // All of it at once, and what is written too much is written over.
    const digits = (value & 127) | ((value >> 7) << 8);
    if (fillerBytes < 4) {
      view.setInt32(at, digits | (0x80_8080 >>> ((3 - fillerBytes) << 3)), true);
    } else {
      view.setInt32(at, digits | 0x8080_8080, true);
      view.setInt32(at + 4, 0x80_8080 >>> ((7 - fillerBytes) << 3), true);
    }
    return at + fillerBytes + 1;
  }

  /** Into shared memory V8 copies eight bytes at a time, but only between places of one alignment. */
  align(pointer: number): void {
    const fillerBytes = (pointer - (this.at + 1)) & 7;
    this.byte(fillerBytes);
    for (let index = 0; index < fillerBytes; index++) this.byte(0);
  }

  /** Any number of bytes of the guest's memory, over as many blocks as they need. */
  raw(memory: Bytes, pointer: number, lengthBytes: number): void {
    const source = this.#source;
    let from = pointer;
    const end = pointer + lengthBytes;
    while (from < end && !this.hasEnded) {
      if (this.at === this.#end) this.#next();
      const pieceBytes = Math.min(end - from, this.#end - this.at);
      if (pieceBytes <= FEW_BYTES_MAX && ((this.at | from) & 7) === 0) {
        this.#copyQuads(memory, from, this.at, pieceBytes);
      } else if (pieceBytes < MANY_BYTES_LEAST || !source.copyMany(this.at, from, pieceBytes)) {
        this.bytes.set(this.#piece(memory.bytes, from, pieceBytes), this.at);
      }
      this.at += pieceBytes;
      from += pieceBytes;
    }
  }

  /** From and to where eight bytes begin, eight at a time. */
  #copyQuads(memory: Bytes, pointer: number, at: number, lengthBytes: number): void {
    const { bytes, quads } = this;
    const source = memory.quads;
    let from = pointer >>> 3;
    let to = at >> 3;
    const end = to + (lengthBytes >> 3);
    // V8 makes no BigInt of what goes from one such array into another.
    for (; to < end; to++, from++) quads[to] = source[from] as bigint;
    for (let done = lengthBytes & ~7; done < lengthBytes; done++) {
      bytes[at + done] = memory.bytes[pointer + done] as number;
    }
  }

  /** The last one is kept: a server receives in the same few places again and again. */
  #piece(source: Uint8Array, from: number, lengthBytes: number): Uint8Array {
    const last = this.#lastPiece;
    const isSame = last.source === source && last.from === from && last.lengthBytes === lengthBytes;
    if (isSame) return last.piece;
    // Not by Buffer's subarray, which comes to the same in more steps.
    const piece = new Uint8Array(source.buffer, source.byteOffset + from, lengthBytes);
    this.#lastPiece = { source, from, lengthBytes, piece };
    return piece;
  }

  text(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.reserve(8);
    this.varint(bytes.length);
    for (let from = 0; from < bytes.length; from += RESERVE_BYTES_MAX) {
      const piece = bytes.subarray(from, from + RESERVE_BYTES_MAX);
      this.reserve(piece.length);
      this.bytes.set(piece, this.at);
      this.at += piece.length;
    }
  }

  /** A record is complete: now and then all of them are published, since that takes time. */
  finishRecord(): void {
    if (this.at - this.#publishedAt >= UNPUBLISHED_BYTES_MAX) this.publish();
  }

  /** Publishes every record that is complete. */
  publish(): void {
    if (this.hasEnded) return;
    this.#source.publish(this.at);
    this.#publishedAt = this.at;
  }

  /** What is not published yet is dropped, and so is what comes. */
  end(): void {
    this.hasEnded = true;
    this.at = 0;
    this.#end = this.bytes.length;
  }

  #next(): void {
    if (!this.hasEnded) {
      this.#source.publish(this.at);
      const block = this.#source.next();
      this.hasEnded = block === undefined;
      ({ bytes: this.bytes, quads: this.quads, view: this.view } = block ?? nowhere());
    }
    this.at = 0;
    this.#publishedAt = 0;
    this.#end = this.bytes.length;
  }
}
