// Blocks of memory that a guest's thread fills with records and another thread writes away. Neither ever
// waits for the other: the guest's thread takes the block that came back last, which is still in its
// caches, and finds none only when the writer is far behind; then its recording ends.
//
//     memory     block 0 | block 1 | ... | stage  BLOCK_BYTES each, one shared WebAssembly memory
//     block      room | records | room            the writer's, for what a file has around a block
//     words      0 state | 1 wake | 2 begun | 3 returned | 4 behind | filled of each | order | returns
//
// `order` lists the blocks as the guest began them, `returns` as the writer gave them back: two rings of
// one writer and one reader each, with the counts `begun` and `returned`. The stage is the writer's alone.

import { BlockHeader } from './format.ts';
import { type Block, blockOf, type BlockSource } from './record-writer.ts';

/** Written to a disk at a time: what that costs is for the most part by the time. */
const BLOCK_BYTES = 2 * 1024 * 1024;
const PAGE_BYTES = 65_536;

const STATE = 0;
const WAKE = 1;
const BEGUN = 2;
const RETURNED = 3;
const BEHIND = 4;
const FILLED = 16;

/** Of a `filled` word: the guest has gone on to another block. */
const SEALED = 0x4000_0000;

/** Before and behind the records of a block. */
const ROOM_BYTES = BlockHeader.BYTES;

const State = { OPEN: 0, ENDED: 1 } as const;

/** Both sides' view of it: can be cloned to another thread. */
export interface SharedBlocks {
  readonly memory: WebAssembly.Memory;
  readonly words: Int32Array;
}

/**
 * @param count how many blocks of 2 MiB; memory is used only as far as the writer falls behind.
 * @param stageBytes for the writer to put together what it writes; a multiple of 64 KiB.
 */
export function createSharedBlocks(count: number, stageBytes = 0): SharedBlocks {
  const pages = (count * BLOCK_BYTES + stageBytes) / PAGE_BYTES;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const bytes = (FILLED + 3 * count) * Int32Array.BYTES_PER_ELEMENT;
  return { memory, words: new Int32Array(new SharedArrayBuffer(bytes)) };
}

/** The guest's side. */
export class SharedBlockSource implements BlockSource {
  readonly #words: Int32Array;
  readonly #blocks: readonly Block[];
  /** The one that came back last is the last. */
  readonly #free: number[];
  readonly #copyMany: BlockSource['copyMany'];
  #current = -1;
  /** Where the current one's records begin in the memory. */
  #start = 0;
  #begun = 0;
  #returned = 0;

  /**
   * @param copyMany as {@link BlockSource.copyMany}, but `at` counts from where the shared memory
   *   begins. By default there is none.
   */
  constructor({ memory, words }: SharedBlocks, copyMany: BlockSource['copyMany'] = () => false) {
    this.#words = words;
    this.#copyMany = copyMany;
    const count = blockCount(words);
    this.#blocks = Array.from({ length: count }, (_, index) =>
      blockOf(memory.buffer, index * BLOCK_BYTES + ROOM_BYTES, BLOCK_BYTES - 2 * ROOM_BYTES),
    );
    this.#free = this.#blocks.map((_, index) => count - 1 - index);
  }

  next(): Block | undefined {
    const words = this.#words;
    if (this.#current !== -1) Atomics.or(words, FILLED + this.#current, SEALED);
    this.#takeReturned();
    const isOpen = Atomics.load(words, STATE) === State.OPEN;
    const index = isOpen ? this.#free.pop() : undefined;
    if (index === undefined) {
      if (isOpen) Atomics.store(words, BEHIND, 1);
      this.#wake();
      return undefined;
    }
    const count = this.#blocks.length;
    Atomics.store(words, FILLED + index, 0);
    Atomics.store(words, FILLED + count + (this.#begun % count), index);
    this.#begun += 1;
    Atomics.store(words, BEGUN, this.#begun | 0);
    this.#current = index;
    this.#start = index * BLOCK_BYTES + ROOM_BYTES;
    this.#wake();
    return this.#blocks[index];
  }

  publish(lengthBytes: number): void {
    if (this.#current !== -1) Atomics.store(this.#words, FILLED + this.#current, lengthBytes);
  }

  copyMany(at: number, pointer: number, lengthBytes: number): boolean {
    return this.#copyMany(this.#start + at, pointer, lengthBytes);
  }

  #takeReturned(): void {
    const count = this.#blocks.length;
    const returned = Atomics.load(this.#words, RETURNED);
    while (this.#returned !== returned) {
      const place = FILLED + 2 * count + ((this.#returned >>> 0) % count);
      this.#free.push(Atomics.load(this.#words, place));
      this.#returned = (this.#returned + 1) | 0;
    }
  }

  #wake(): void {
    wakeWriter(this.#words);
  }
}

/** Has the writer look at once. Any thread may call it. */
export function wakeWriter(words: Int32Array): void {
  Atomics.store(words, WAKE, 1);
  Atomics.notify(words, WAKE);
}

/** The writer's side. */
export class SharedBlockDrain {
  readonly #memory: Uint8Array;
  readonly #words: Int32Array;
  #drained = 0;
  #returned = 0;
  /** Of the block at hand: what has been given out. */
  #doneBytes = 0;

  constructor({ memory, words }: SharedBlocks) {
    this.#memory = new Uint8Array(memory.buffer);
    this.#words = words;
  }

  /** True when the guest found no block: what comes after the last is lost. */
  get isBehind(): boolean {
    return Atomics.load(this.#words, BEHIND) === 1;
  }

  /** How many blocks the guest has begun that have not been given out whole. */
  get blocksBehind(): number {
    return (Atomics.load(this.#words, BEGUN) - this.#drained) | 0;
  }

  /** Takes no more from the guest, which then stops recording. */
  end(): void {
    Atomics.store(this.#words, STATE, State.ENDED);
  }

  /**
   * Gives out everything that has been published, in order. Where it lies is the guest's again when a
   * call of these has returned.
   *
   * @param isWholeOnly leaves the block that the guest is at for the next time.
   * @param givePart a part of a block, in the shared memory.
   * @param giveWhole all records of a block, `lengthBytes` of them, in the room of the block: before
   *   them and behind them is room for a block's header.
   */
  drain(
    isWholeOnly: boolean,
    givePart: (bytes: Uint8Array) => void,
    giveWhole: (block: Uint8Array, lengthBytes: number) => void,
  ): void {
    const words = this.#words;
    const count = blockCount(words);
    while (this.#drained !== Atomics.load(words, BEGUN)) {
      const index = Atomics.load(words, FILLED + count + ((this.#drained >>> 0) % count));
      const filled = Atomics.load(words, FILLED + index);
      const lengthBytes = filled & ~SEALED;
      const newBytes = lengthBytes - this.#doneBytes;
      const isSealed = (filled & SEALED) !== 0;
      if (isWholeOnly && !isSealed) return;
      const start = index * BLOCK_BYTES;
      if (isSealed && this.#doneBytes === 0) {
        giveWhole(this.#memory.subarray(start, start + BLOCK_BYTES), lengthBytes);
      } else if (newBytes > 0) {
        const from = start + ROOM_BYTES + this.#doneBytes;
        givePart(this.#memory.subarray(from, from + newBytes));
      }
      this.#doneBytes = lengthBytes;
      if (!isSealed) return;
      this.#doneBytes = 0;
      this.#drained = (this.#drained + 1) | 0;
      Atomics.store(words, FILLED + 2 * count + ((this.#returned >>> 0) % count), index);
      this.#returned = (this.#returned + 1) | 0;
      Atomics.store(words, RETURNED, this.#returned);
    }
  }

  /** Waits until it is woken, but no longer. @param timeoutMs more than 0. */
  wait(timeoutMs: number): void {
    Atomics.wait(this.#words, WAKE, 0, timeoutMs);
    Atomics.store(this.#words, WAKE, 0);
  }
}

/** What lies behind the blocks. */
export function stageOf({ memory, words }: SharedBlocks): Uint8Array {
  return new Uint8Array(memory.buffer, blockCount(words) * BLOCK_BYTES);
}

function blockCount(words: Int32Array): number {
  return (words.length - FILLED) / 3;
}
