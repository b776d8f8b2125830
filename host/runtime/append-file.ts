// Appends to a file past the page cache, as a database does. What is written once and read by nobody
// would push out what others want there, and the cache's pages cost more than the disk: 0.8 us of CPU
// for 4 KiB, or 7 where a hypervisor has to find the page first, against 0.2 to 0.5 (ext4).
//
// Source: open(2), O_DIRECT: memory, length and place in the file are multiples of a block.

import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { assert } from '../base/assert.ts';

/** A multiple of every disk's block, and the page of the machine. */
export const DISK_BLOCK_BYTES = 4096;

/** A disk is waited for; fewer bytes are sooner copied into the cache. */
const DIRECT_BYTES_LEAST = 64 * 1024;

/** Both are of the same length. */
type Copy = (target: Uint8Array, source: Uint8Array) => void;

const set: Copy = (target, source) => target.set(source);

/**
 * One file, of which what was appended is on its way only after {@link flush}; from then on it survives
 * the process.
 */
export class AppendFile {
  /**
   * True has the page cache take what is written: it is as fast as memory for a while, which is what a
   * disk that has fallen behind needs. By default false.
   */
  isHurried = false;
  readonly #descriptor: number;
  /** The same file past the cache; undefined where its file system knows no such thing. */
  #direct: number | undefined;
  readonly #stage: Uint8Array;
  readonly #copy: Copy;
  /** Where in the file the stage lies: a multiple of DISK_BLOCK_BYTES. */
  #start: number;
  /** How many bytes of the stage are used, and of these, how many the file has already. */
  #usedBytes: number;
  #writtenBytes: number;

  /**
   * @param descriptor a regular file, to read and write. It stays the caller's.
   * @param lengthBytes of the file.
   * @param stage where bytes are gathered until they are written, at the latest when it is full: of a
   *   WebAssembly memory, which lies at a page of the machine, and as long as some pages.
   * @param copy how they get there.
   * @throws Error of the system, such as EBADF for a descriptor that can't be read.
   */
  constructor(descriptor: number, lengthBytes: number, stage: Uint8Array, copy: Copy = set) {
    this.#descriptor = descriptor;
    this.#stage = stage;
    this.#copy = copy;
    this.#direct = openDirect(descriptor);
    const tailBytes = lengthBytes % DISK_BLOCK_BYTES;
    this.#start = lengthBytes - tailBytes;
    this.#usedBytes = this.#writtenBytes = tailBytes;
    // Written once more, with what comes behind it in its block.
    if (tailBytes > 0) readSync(descriptor, this.#stage, 0, tailBytes, this.#start);
  }

  /** Of the file: what has been written. */
  get lengthBytes(): number {
    return this.#start + this.#writtenBytes;
  }

  /** @throws Error of the system, such as ENOSPC; then what is not written is lost. */
  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const room = this.#stage.subarray(this.#usedBytes, this.#usedBytes + bytes.length - at);
      this.#copy(room, bytes.subarray(at, at + room.length));
      this.#usedBytes += room.length;
      at += room.length;
      if (this.#usedBytes === this.#stage.length) this.#writeBlocks();
    }
  }

  /** How many bytes are missing until {@link appendBlocks} may be called. */
  get missingBytes(): number {
    return -this.#usedBytes & (DISK_BLOCK_BYTES - 1);
  }

  /**
   * {@link append}, with no stop in the stage.
   *
   * @param bytes that lie at a page of the machine, and are as long as some; where they go in the file
   *   begins a block of the disk's too.
   * @throws Error as {@link append} does, and when bytes are missing to such a block.
   */
  appendBlocks(bytes: Uint8Array): void {
    assert(this.missingBytes === 0, 'blocks are appended within a block');
    this.#writeBlocks();
    this.#writeWhole(bytes, bytes.length);
  }

  /** Writes everything that was appended. @throws Error as {@link append} does. */
  flush(): void {
    this.#writeBlocks();
    this.#write(this.#stage, this.#usedBytes);
  }

  close(): void {
    if (this.#direct !== undefined) closeSync(this.#direct);
    this.#direct = undefined;
  }

  /** Writes all whole blocks of the stage, and lets go of them. */
  #writeBlocks(): void {
    const tailBytes = this.#usedBytes % DISK_BLOCK_BYTES;
    const wholeBytes = this.#usedBytes - tailBytes;
    if (wholeBytes === 0) return;
    this.#writeWhole(this.#stage, wholeBytes);
    this.#stage.copyWithin(0, wholeBytes, this.#usedBytes);
    this.#usedBytes = tailBytes;
  }

  /** Writes blocks of the disk's to where the stage lies in the file, which then lies behind them. */
  #writeWhole(bytes: Uint8Array, wholeBytes: number): void {
    if (wholeBytes >= DIRECT_BYTES_LEAST && !this.isHurried) this.#writeDirect(bytes, wholeBytes);
    this.#write(bytes, wholeBytes);
    this.#start += wholeBytes;
    this.#writtenBytes = 0;
  }

  /** Past the cache. What it does not come to is left to the cache, which also tells what is wrong. */
  #writeDirect(bytes: Uint8Array, wholeBytes: number): void {
    if (this.#direct === undefined) return;
    try {
      this.#writtenBytes = writeSync(this.#direct, bytes, 0, wholeBytes, this.#start);
    } catch {
      // A full disk; or one with larger blocks than ours, which the opening does not tell.
      this.close();
    }
  }

  /** Through the cache, up to there. A disk that is nearly full takes a part. */
  #write(bytes: Uint8Array, endBytes: number): void {
    while (this.#writtenBytes < endBytes) {
      const from = this.#writtenBytes;
      const place = this.#start + from;
      this.#writtenBytes += writeSync(this.#descriptor, bytes, from, endBytes - from, place);
    }
  }
}

function openDirect(descriptor: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${descriptor}`, constants.O_WRONLY | constants.O_DIRECT);
  } catch {
    // Every way to fail means the same: the cache is there.
    return undefined;
  }
}
