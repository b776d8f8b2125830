// Lays out the blocks of a recording in its file: a header before each, and a filler where a whole block
// begins anew, so that it lies where a disk's blocks do and goes past the page cache.

import { BlockFramer } from '../trace/block-file.ts';
import { BlockHeader, BlockKind } from '../trace/format.ts';
import { Hasher } from '../trace/hash.ts';
import { type SharedBlocks, stageOf } from '../trace/shared-blocks.ts';
import { AppendFile, DISK_BLOCK_BYTES } from './append-file.ts';

/** A disk is late when it is so many blocks behind: 64 MiB. */
const LATE_BLOCK_COUNT = 32;

/** What it is given lies in the memory of the blocks, which its hash reads without a copy. */
export class BlockAppender {
  readonly #framer = new BlockFramer();
  readonly #hasher: Hasher;
  readonly #file: AppendFile;

  /**
   * @param descriptor of a regular file, to read and write. It stays the caller's.
   * @param lengthBytes of the file: what was written so far, with no block of records.
   */
  constructor(blocks: SharedBlocks, descriptor: number, lengthBytes: number) {
    const hasher = new Hasher(blocks.memory);
    const stage = stageOf(blocks);
    this.#hasher = hasher;
    this.#file = new AppendFile(descriptor, lengthBytes, stage, (target, source) => {
      if (source.buffer !== target.buffer) target.set(source);
      else hasher.copy(target.byteOffset, source.byteOffset, source.length);
    });
  }

  /** Of the file: what has been written. */
  get lengthBytes(): number {
    return this.#file.lengthBytes;
  }

  /** True once the disk has been late: see {@link noteBehind}. */
  get isHurried(): boolean {
    return this.#file.isHurried;
  }

  /**
   * Says how many blocks the guest is ahead. A disk that is late is helped by the page cache from then
   * on: one that was late once is late again, and later for what the cache has for it meanwhile.
   */
  noteBehind(blockCount: number): void {
    this.#file.isHurried ||= blockCount > LATE_BLOCK_COUNT;
  }

  /** Appends a part of a block, from where the last part ended. @throws Error of the system */
  appendPart(records: Uint8Array): void {
    this.#file.append(this.#headerOf(BlockKind.RECORDS, records));
    this.#file.append(records);
  }

  /**
   * Appends a block that is full: a header before the records and a filler behind them make it as long
   * as it is, in whole blocks of the disk's.
   *
   * @param block with room for a header before the records and behind them, which is written to.
   * @throws Error of the system.
   */
  appendWhole(block: Uint8Array, lengthBytes: number): void {
    this.#fillUp();
    const end = BlockHeader.BYTES + lengthBytes;
    const filler = block.subarray(end + BlockHeader.BYTES).fill(0);
    block.set(this.#headerOf(BlockKind.RECORDS, block.subarray(BlockHeader.BYTES, end)));
    block.set(this.#headerOf(BlockKind.FILLER, filler), end);
    this.#file.appendBlocks(block);
  }

  /** Writes everything that was appended. @throws Error of the system */
  flush(): void {
    this.#file.flush();
  }

  close(): void {
    this.#file.close();
  }

  /** Up to where a block of the disk's begins. */
  #fillUp(): void {
    const { missingBytes } = this.#file;
    if (missingBytes === 0) return;
    const restBytes = missingBytes - BlockHeader.BYTES;
    // A block has bytes: where a header alone would fit, the filler takes a whole one of the disk's more.
    const filler = new Uint8Array(restBytes > 0 ? restBytes : restBytes + DISK_BLOCK_BYTES);
    for (const piece of this.#framer.blocks(BlockKind.FILLER, filler)) this.#file.append(piece);
  }

  #headerOf(kind: BlockKind, bytes: Uint8Array): Uint8Array {
    const hash = this.#hasher.hash(bytes.byteOffset, bytes.length);
    return this.#framer.header(kind, bytes.length, hash);
  }
}
