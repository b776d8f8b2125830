// The entry of the thread that writes a recording: takes blocks from the guest's thread and writes them,
// when one is full, and what there is of one when none was for a while.

import { parentPort, workerData } from 'node:worker_threads';
import { SharedBlockDrain, type SharedBlocks } from '../trace/shared-blocks.ts';
import { BlockAppender } from './block-appender.ts';

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

/** What is lost at most when the process is killed. Shorter, and few blocks were ever whole. */
const PERIOD_MS = 400;

const { blocks, descriptor, lengthBytes, finish } = workerData as RecordThreadJob;
const drain = new SharedBlockDrain(blocks);
const file = new BlockAppender(blocks, descriptor, lengthBytes);
let problem: string | undefined;
/** What is not written yet was recorded after that. */
let writtenAtMs = 0;

try {
  for (let isLast = false; !isLast;) {
    // Looked at first: what the guest published before it ended is drained below.
    isLast = Atomics.load(finish, 0) !== 0 || drain.isBehind;
    const leftMs = isLast ? 0 : writtenAtMs + PERIOD_MS - performance.now();
    drain.drain(leftMs > 0, writePart, writeWhole);
    if (leftMs <= 0) {
      file.flush();
      writtenAtMs = performance.now();
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

function writePart(records: Uint8Array): void {
  file.noteBehind(drain.blocksBehind);
  file.appendPart(records);
}

function writeWhole(block: Uint8Array, recordsBytes: number): void {
  file.noteBehind(drain.blocksBehind);
  file.appendWhole(block, recordsBytes);
  writtenAtMs = performance.now();
}
