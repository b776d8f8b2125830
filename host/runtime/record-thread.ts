// The entry of the thread that writes a recording: takes blocks from the guest's thread and writes them,
// when enough have come together, and ten times a second in any case.

import { parentPort, workerData } from 'node:worker_threads';
import { BlockFramer } from '../trace/block-file.ts';
import { BlockKind } from '../trace/format.ts';
import { Hasher } from '../trace/hash.ts';
import { SharedBlockDrain, type SharedBlocks, stageOf } from '../trace/shared-blocks.ts';
import { AppendFile } from './append-file.ts';

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

/** What is lost at most when the process is killed. */
const PERIOD_MS = 100;

/** So many blocks behind, 64 MiB, the page cache has to help the disk. */
const LATE_BLOCK_COUNT = 256;

const { blocks, descriptor, lengthBytes, finish } = workerData as RecordThreadJob;
const drain = new SharedBlockDrain(blocks);
const framer = new BlockFramer();
const hasher = new Hasher(blocks.memory);
const memory = new Uint8Array(blocks.memory.buffer);
const file = new AppendFile(descriptor, lengthBytes, stageOf(blocks), (target, source) => {
  if (source.buffer !== memory.buffer) target.set(source);
  else hasher.copy(target.byteOffset, source.byteOffset, source.length);
});
let problem: string | undefined;

try {
  for (let isLast = false; !isLast;) {
    // Looked at first: what the guest published before it ended is drained below.
    isLast = Atomics.load(finish, 0) !== 0 || drain.isBehind;
    drain.drain(writeBlock);
    file.flush();
    if (!isLast) drain.wait(PERIOD_MS);
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

function writeBlock(pointer: number, lengthBytes: number): void {
  const header = framer.header(BlockKind.RECORDS, lengthBytes, hasher.hash(pointer, lengthBytes));
  file.isHurried = drain.blocksBehind > LATE_BLOCK_COUNT;
  file.append(header);
  file.append(memory.subarray(pointer, pointer + lengthBytes));
}
