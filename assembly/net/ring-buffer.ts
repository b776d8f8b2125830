// A byte ring over a block that is borrowed from the pool only while the ring holds bytes: an idle
// connection has none, and the block lent last, still in the cache, is the one lent next.
//
//        readIndex          writeIndex
//            v                  v
//   +--------+------------------+--------+
//   |  free  |       held       |  free  |     0 <= countBytes <= ringBytes
//   +--------+------------------+--------+
//
// Its size is a power of two, so that wrapping is a mask and not a division.

import { Iovec } from "../abi/wasip1-layout";
import { giveBlock, isBlockFree, takeBlock } from "../lib/block-pool";

/** The size of every ring of a program; set before the first is used. */
let ringBytes: u32 = 0;

/** How many rings hold a block. */
let borrowedCount: u32 = 0;

/** Sets the size of all rings, a power of two. No ring holds bytes then. */
export function setRingBytes(bytes: u32): void {
  assert(borrowedCount == 0);
  ringBytes = bytes;
}

/** How many blocks rings hold now: memory that is expected back. */
export function borrowedBlockCount(): u32 {
  return borrowedCount;
}

/** Whether a ring would find a block without more memory. */
export function isRingBlockFree(): bool {
  return isBlockFree(ringBytes);
}

/** 12 bytes; all of them zero when it is empty. */
@unmanaged
export class RingBuffer {
  block: usize;
  readIndex: u32;
  countBytes: u32;

  get isEmpty(): bool {
    return this.countBytes == 0;
  }

  get freeBytes(): u32 {
    return ringBytes - this.countBytes;
  }

  get isFull(): bool {
    return this.countBytes == ringBytes;
  }

  /** Makes room for bytes. False when there is no memory. Follow with {@link produce}. */
  borrow(): bool {
    if (this.block != 0) return true;
    this.block = takeBlock(ringBytes);
    if (this.block == 0) return false;
    borrowedCount++;
    return true;
  }

  /** Describes the free bytes, in order, as one or two pieces; tells how many pieces. */
  freePieces(pieces: usize): u32 {
    const writeIndex = (this.readIndex + this.countBytes) & (ringBytes - 1);
    return this.describe(pieces, writeIndex, this.freeBytes);
  }

  /** Describes the held bytes, in order, as one or two pieces; tells how many pieces. */
  heldPieces(pieces: usize): u32 {
    return this.describe(pieces, this.readIndex, this.countBytes);
  }

  /** Describes the last `bytes` of the held ones, in order, as one or two pieces. */
  newestPieces(pieces: usize, bytes: u32): u32 {
    assert(bytes <= this.countBytes);
    const index = (this.readIndex + this.countBytes - bytes) & (ringBytes - 1);
    return this.describe(pieces, index, bytes);
  }

  /** Adds to the held bytes: they were written to the first free ones. 0 gives the block back. */
  produce(bytes: u32): void {
    assert(this.block != 0);
    assert(bytes <= this.freeBytes);
    this.countBytes += bytes;
    if (this.countBytes == 0) this.release();
  }

  /** Drops held bytes from the front: they have been sent. */
  consume(bytes: u32): void {
    assert(bytes <= this.countBytes);
    this.readIndex = (this.readIndex + bytes) & (ringBytes - 1);
    this.countBytes -= bytes;
    if (this.countBytes == 0) this.release();
  }

  /** Drops all held bytes and gives the block back, if there is one. */
  release(): void {
    this.readIndex = 0;
    this.countBytes = 0;
    if (this.block == 0) return;
    giveBlock(this.block, ringBytes);
    this.block = 0;
    borrowedCount--;
  }

  // @ts-ignore: decorator
  @inline
  private describe(pieces: usize, index: u32, bytes: u32): u32 {
    const first = changetype<Iovec>(pieces);
    first.address = <u32>this.block + index;
    first.lengthBytes = min(bytes, ringBytes - index);
    if (first.lengthBytes == bytes) return 1;
    const second = changetype<Iovec>(pieces + offsetof<Iovec>());
    second.address = <u32>this.block;
    second.lengthBytes = bytes - first.lengthBytes;
    return 2;
  }
}

if (offsetof<RingBuffer>("block") != 0) ERROR("ring.block moved: see core-layout.ts, VERSION");
if (offsetof<RingBuffer>("readIndex") != 4) ERROR("ring.readIndex moved: see VERSION");
if (offsetof<RingBuffer>("countBytes") != 8) ERROR("ring.countBytes moved: see VERSION");
