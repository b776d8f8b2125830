// The entry of the thread that writes a recording: takes blocks from the guest's thread and writes them,
// when enough have come together, and ten times a second in any case.

import { writevSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { BlockFramer } from '../trace/block-file.ts';
import { BlockKind } from '../trace/format.ts';
import { Hasher } from '../trace/hash.ts';
import { SharedBlockDrain, type SharedBlocks } from '../trace/shared-blocks.ts';

export interface RecordThreadJob {
  readonly blocks: SharedBlocks;
  /** Of the file, open, behind what was written so far. */
  readonly descriptor: number;
  /** One word: not 0 when the guest's thread is gone. */
  readonly finish: Int32Array;
}

export interface RecordThreadMessage {
  readonly lengthBytes: number;
  readonly problem: string | undefined;
}

/** What is lost at most when the process is killed. */
const PERIOD_MS = 100;

const { blocks, descriptor, finish } = workerData as RecordThreadJob;
const drain = new SharedBlockDrain(blocks);
const framer = new BlockFramer();
const hasher = new Hasher(blocks.memory);
const memory = new Uint8Array(blocks.memory.buffer);
let writtenBytes = 0;
let problem: string | undefined;

try {
  for (let isLast = false; !isLast;) {
    // Looked at first: what the guest published before it ended is drained below.
    isLast = Atomics.load(finish, 0) !== 0 || drain.isBehind;
    drain.drain(writeBlock);
    if (!isLast) drain.wait(PERIOD_MS);
  }
  if (drain.isBehind) problem = 'the disk does not keep up with the guest';
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  problem = code === 'ENOSPC' ? 'the disk is full (ENOSPC)' : `writing failed (${code ?? message})`;
}
drain.end();
const message: RecordThreadMessage = { lengthBytes: writtenBytes, problem };
parentPort?.postMessage(message);

function writeBlock(pointer: number, lengthBytes: number): void {
  const header = framer.header(BlockKind.RECORDS, lengthBytes, hasher.hash(pointer, lengthBytes));
  writeBoth(header, memory.subarray(pointer, pointer + lengthBytes));
}

/** A disk that is nearly full takes a part. */
function writeBoth(header: Uint8Array, bytes: Uint8Array): void {
  let pieces = [header, bytes];
  while (pieces.length > 0) {
    let doneBytes = writevSync(descriptor, pieces);
    writtenBytes += doneBytes;
    pieces = pieces.flatMap((piece) => {
      const usedBytes = Math.min(doneBytes, piece.length);
      doneBytes -= usedBytes;
      return usedBytes === piece.length ? [] : [piece.subarray(usedBytes)];
    });
  }
}
