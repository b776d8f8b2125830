// The entry of the thread that writes a recording: takes blocks from the guest's thread and writes them,
// when one is full, and two or three times a second in any case.

import { parentPort, workerData } from 'node:worker_threads';
import { BlockFramer } from '../trace/block-file.ts';
import { BlockHeader, BlockKind } from '../trace/format.ts';
import { Hasher } from '../trace/hash.ts';
import { SharedBlockDrain, type SharedBlocks, stageOf } from '../trace/shared-blocks.ts';
import { AppendFile, DISK_BLOCK_BYTES } from './append-file.ts';

export interface RecordThreadJob {
  readonly blocks: SharedBlocks;
  /** Of the file, open to read and write. */
  readonly descriptor: number;
  /** Of the file: what was written so far. */
  readonly lengthBytes: number;
  /** One word: not 0 when the guest's thread is gone. */
  readonly finish: Int32Array;
}

export interface RecordThreadMessage {
  readonly lengthBytes: number;
  readonly problem: string | undefined;
}

/** What is lost at most when the process is killed. More often, and few blocks were ever whole. */
const PERIOD_MS = 400;

/** A disk is late when it is so many blocks behind: 64 MiB. */
const LATE_BLOCK_COUNT = 32;

const { blocks, descriptor, lengthBytes, finish } = workerData as RecordThreadJob;
const drain = new SharedBlockDrain(blocks);
const framer = new BlockFramer();
const hasher = new Hasher(blocks.memory);
const file = new AppendFile(descriptor, lengthBytes, stageOf(blocks), (target, source) => {
  if (source.buffer !== blocks.memory.buffer) target.set(source);
  else hasher.copy(target.byteOffset, source.byteOffset, source.length);
});
let problem: string | undefined;

try {
  let partsAtMs = 0;
  for (let isLast = false; !isLast;) {
    // Looked at first: what the guest published before it ended is drained below.
    isLast = Atomics.load(finish, 0) !== 0 || drain.isBehind;
    const leftMs = isLast ? 0 : partsAtMs + PERIOD_MS - performance.now();
    drain.drain(leftMs > 0, writePart, writeWhole);
    if (leftMs <= 0) {
      file.flush();
      partsAtMs = performance.now();
    }
    if (!isLast) drain.wait(leftMs > 0 ? leftMs : PERIOD_MS);
  }
  if (drain.isBehind) problem = 'the disk does not keep up with the guest';
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  problem = code === 'ENOSPC' ? 'the disk is full (ENOSPC)' : `writing failed (${code ?? message})`;
}
drain.end();
file.close();
const message: RecordThreadMessage = { lengthBytes: file.lengthBytes, problem };
parentPort?.postMessage(message);

function writePart(bytes: Uint8Array): void {
  hurryIfLate();
  file.append(headerOf(BlockKind.RECORDS, bytes));
  file.append(bytes);
}

/** A header before the records and one behind them make it whole blocks of the disk's. */
function writeWhole(block: Uint8Array, lengthBytes: number): void {
  hurryIfLate();
  fillUp();
  const records = block.subarray(BlockHeader.BYTES, BlockHeader.BYTES + lengthBytes);
  block.set(headerOf(BlockKind.RECORDS, records));
  const end = BlockHeader.BYTES + lengthBytes;
  const filler = block.subarray(end + BlockHeader.BYTES).fill(0);
  block.set(headerOf(BlockKind.FILLER, filler), end);
  file.appendBlocks(block);
}

/** Up to where a block of the disk's begins. */
function fillUp(): void {
  const { missingBytes } = file;
  if (missingBytes === 0) return;
  const restBytes = missingBytes - BlockHeader.BYTES;
  const filler = new Uint8Array(restBytes > 0 ? restBytes : restBytes + DISK_BLOCK_BYTES);
  for (const piece of framer.blocks(BlockKind.FILLER, filler)) file.append(piece);
}

/** @param bytes in the shared memory. */
function headerOf(kind: BlockKind, bytes: Uint8Array): Uint8Array {
  return framer.header(kind, bytes.length, hasher.hash(bytes.byteOffset, bytes.length));
}

/** A disk that was late once is late again, and later for what the page cache has for it meanwhile. */
function hurryIfLate(): void {
  file.isHurried ||= drain.blocksBehind > LATE_BLOCK_COUNT;
}
