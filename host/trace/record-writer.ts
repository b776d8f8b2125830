// Writes records, byte by byte, into blocks that someone else provides and takes away. It never waits:
// without a next block it ends, and what comes then is dropped.

import { copyRange } from '../base/bytes.ts';

/** A stretch of memory to fill. */
export interface Block {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

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
}

/** The most that is written without {@link RecordWriter.reserve}: fits every block. */
export const RESERVE_BYTES_MAX = 256;

const FLOAT = new DataView(new ArrayBuffer(8));
/** Shorter copies are quicker word by word than by a call of the engine. */
const SHORT_BYTES = 160;

export class RecordWriter {
  readonly #source: BlockSource;
  #bytes: Uint8Array;
  #view: DataView;
  #at = 0;
  #end = 0;
  /** True when no block was left, or {@link end} was called. */
  hasEnded = false;

  constructor(source: BlockSource) {
    this.#source = source;
    this.#bytes = new Uint8Array(RESERVE_BYTES_MAX);
    this.#view = new DataView(this.#bytes.buffer);
    this.#next();
  }

  /** Makes sure that the next `lengthBytes` (at most 256) can be written. */
  reserve(lengthBytes: number): void {
    if (this.#end - this.#at < lengthBytes) this.#next();
  }

  byte(value: number): void {
    this.#bytes[this.#at++] = value;
  }

  /** An unsigned number of 32 bits, up to five bytes. */
  varint(value: number): void {
    let left = value >>> 0;
    while (left > 127) {
      this.#bytes[this.#at++] = (left & 127) | 128;
      left >>>= 7;
    }
    this.#bytes[this.#at++] = left;
  }

  /** A signed number of 32 bits: small ones of either sign are short. */
  signed(value: number): void {
    this.varint((value << 1) ^ (value >> 31));
  }

  u32(value: number): void {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  i64(value: bigint): void {
    this.#view.setBigInt64(this.#at, value, true);
    this.#at += 8;
  }

  /** A NaN's bits are not kept. */
  f64(value: number): void {
    FLOAT.setFloat64(0, value, true);
    this.u32(FLOAT.getUint32(0, true));
    this.u32(FLOAT.getUint32(4, true));
  }

  /** At most 64 bytes, which have been reserved. */
  few(source: DataView, pointer: number, lengthBytes: number): void {
    this.#copyShort(source, pointer, lengthBytes);
  }

  /** Any number of bytes, over as many blocks as they need. */
  raw(source: Uint8Array, sourceView: DataView, pointer: number, lengthBytes: number): void {
    let from = pointer;
    const end = pointer + lengthBytes;
    while (from < end && !this.hasEnded) {
      if (this.#at === this.#end) this.#next();
      const pieceBytes = Math.min(end - from, this.#end - this.#at);
      if (pieceBytes <= SHORT_BYTES) {
        this.#copyShort(sourceView, from, pieceBytes);
      } else {
        copyRange(source, this.#bytes, { from, end: from + pieceBytes, to: this.#at });
        this.#at += pieceBytes;
      }
      from += pieceBytes;
    }
  }

  text(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.reserve(8);
    this.varint(bytes.length);
    this.raw(bytes, new DataView(bytes.buffer), 0, bytes.length);
  }

  /** The record is complete. */
  publish(): void {
    if (!this.hasEnded) this.#source.publish(this.#at);
  }

  /** What is not published yet is dropped, and so is what comes. */
  end(): void {
    this.hasEnded = true;
    this.#at = 0;
    this.#end = this.#bytes.length;
  }

  #copyShort(source: DataView, pointer: number, lengthBytes: number): void {
    const view = this.#view;
    const end = pointer + lengthBytes;
    let from = pointer;
    let at = this.#at;
    for (; from + 4 <= end; from += 4, at += 4) {
      view.setInt32(at, source.getInt32(from, true), true);
    }
    for (; from < end; from++, at++) view.setUint8(at, source.getUint8(from));
    this.#at = at;
  }

  #next(): void {
    if (!this.hasEnded) {
      this.#source.publish(this.#at);
      const block = this.#source.next();
      if (block === undefined) {
        this.#bytes = new Uint8Array(RESERVE_BYTES_MAX);
        this.#view = new DataView(this.#bytes.buffer);
        this.hasEnded = true;
      } else {
        this.#bytes = block.bytes;
        this.#view = block.view;
      }
    }
    this.#at = 0;
    this.#end = this.#bytes.length;
  }
}
