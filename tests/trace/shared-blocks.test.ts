// Blocks that two threads share: every byte arrives, in order; nobody waits; the guest ends when it is
// too far ahead.

import { Worker } from 'node:worker_threads';
import * as assert from 'uvu/assert';
import { RecordWriter } from '../../host/trace/record-writer.ts';
import {
  createSharedBlocks,
  SharedBlockDrain,
  SharedBlockSource,
} from '../../host/trace/shared-blocks.ts';
import type { GuestMemory } from '../../host/wasi/memory.ts';
import { Random } from '../e2e/support/random.ts';
import { suite } from '../support/suite.ts';

const test = suite('blocks shared by two threads');
const BLOCK_BYTES = 2 * 1024 * 1024;
/** For what a file has before the records of a block, and behind them. */
const ROOM_BYTES = 24;
const RECORDS_BYTES = BLOCK_BYTES - 2 * ROOM_BYTES;

/** As a guest's memory gives its bytes. */
function memoryOf(bytes: Uint8Array): Pick<GuestMemory, 'bytes' | 'quads'> {
  return { bytes, quads: new BigInt64Array(bytes.buffer, 0, bytes.length >> 3) };
}

/** Takes what there is. @returns how many blocks were whole */
function takeAll(drain: SharedBlockDrain, to: Uint8Array[], isWholeOnly = false): number {
  let wholeCount = 0;
  drain.drain(
    isWholeOnly,
    (bytes) => to.push(bytes.slice()),
    (block, lengthBytes) => {
      assert.is(block.length, BLOCK_BYTES);
      assert.is(block.byteOffset % BLOCK_BYTES, 0);
      to.push(block.slice(ROOM_BYTES, ROOM_BYTES + lengthBytes));
      block.fill(0);
      wholeCount++;
    },
  );
  return wholeCount;
}

test('pieces of every size arrive whole and in order, many times round', () => {
  const blocks = createSharedBlocks(4);
  const writer = new RecordWriter(new SharedBlockSource(blocks));
  const drain = new SharedBlockDrain(blocks);
  const random = new Random(3, 0);
  const written: Uint8Array[] = [];
  const taken: Uint8Array[] = [];
  let wholeCount = 0;
  for (let round = 0; round < 400; round++) {
    const bytes = Uint8Array.from({ length: random.magnitude(400_000) }, () => random.below(256));
    writer.raw(memoryOf(bytes), 0, bytes.length);
    writer.publish();
    written.push(bytes);
    if (random.chance(0.02)) wholeCount += takeAll(drain, taken);
  }
  wholeCount += takeAll(drain, taken);
  assert.ok(wholeCount > 0, 'some blocks were given whole');
  assert.not(writer.hasEnded);
  assert.not(drain.isBehind);
  assert.is(Buffer.compare(Buffer.concat(taken), Buffer.concat(written)), 0);
});

test('who copies many bytes at a time gets their place, and what it refuses is set', () => {
  const random = new Random(4, 0);
  const bytes = Uint8Array.from({ length: 3 * BLOCK_BYTES }, () => random.below(256));
  const blocks = createSharedBlocks(4);
  const shared = new Uint8Array(blocks.memory.buffer);
  const copied: number[] = [];
  let refusedCount = 0;
  const source = new SharedBlockSource(blocks, (at, pointer, lengthBytes) => {
    if (random.chance(0.3)) {
      refusedCount += 1;
      return false;
    }
    shared.set(bytes.subarray(pointer, pointer + lengthBytes), at);
    copied.push(lengthBytes);
    return true;
  });
  const writer = new RecordWriter(source);
  for (let at = 0; at < bytes.length;) {
    const lengthBytes = Math.min(random.below(5000), bytes.length - at);
    writer.raw(memoryOf(bytes), at, lengthBytes);
    at += lengthBytes;
  }
  writer.publish();
  const taken: Uint8Array[] = [];
  takeAll(new SharedBlockDrain(blocks), taken);
  assert.is(Buffer.compare(Buffer.concat(taken), bytes), 0);
  assert.ok(refusedCount > 0 && copied.length > 0);
  assert.ok(Math.min(...copied) >= 2048, 'a few bytes are set at once');
});

test('what is not published is not taken', () => {
  const blocks = createSharedBlocks(2);
  const writer = new RecordWriter(new SharedBlockSource(blocks));
  const drain = new SharedBlockDrain(blocks);
  const taken: Uint8Array[] = [];
  writer.reserve(8);
  writer.u32(1);
  takeAll(drain, taken);
  assert.is(taken.length, 0);
  writer.publish();
  takeAll(drain, taken);
  assert.equal([...Buffer.concat(taken)], [1, 0, 0, 0]);
});

test('a block that the guest is at may be left until it is whole', () => {
  const blocks = createSharedBlocks(2);
  const writer = new RecordWriter(new SharedBlockSource(blocks));
  const drain = new SharedBlockDrain(blocks);
  const taken: Uint8Array[] = [];
  const bytes = Uint8Array.from({ length: RECORDS_BYTES + 10 }, (_, at) => at % 251);
  writer.raw(memoryOf(bytes), 0, 1000);
  writer.publish();
  assert.is(takeAll(drain, taken, true), 0);
  assert.is(taken.length, 0);
  writer.raw(memoryOf(bytes), 1000, bytes.length - 1000);
  writer.publish();
  assert.is(takeAll(drain, taken, true), 1);
  assert.is(takeAll(drain, taken), 0);
  assert.is(Buffer.compare(Buffer.concat(taken), bytes), 0);
});

test('a guest that no block is left for ends, and everything before that is there', () => {
  const blocks = createSharedBlocks(2);
  const writer = new RecordWriter(new SharedBlockSource(blocks));
  const drain = new SharedBlockDrain(blocks);
  const bytes = new Uint8Array(3 * BLOCK_BYTES).fill(7);
  writer.raw(memoryOf(bytes), 0, bytes.length);
  assert.ok(writer.hasEnded);
  assert.ok(drain.isBehind);
  const taken: Uint8Array[] = [];
  assert.is(takeAll(drain, taken), 2);
  assert.is(Buffer.concat(taken).length, 2 * RECORDS_BYTES);
});

test('a writer that has ended ends the guest at its next block', () => {
  const blocks = createSharedBlocks(2);
  const writer = new RecordWriter(new SharedBlockSource(blocks));
  const drain = new SharedBlockDrain(blocks);
  drain.end();
  writer.raw(memoryOf(new Uint8Array(BLOCK_BYTES + 1)), 0, BLOCK_BYTES + 1);
  assert.ok(writer.hasEnded);
  assert.not(drain.isBehind);
});

test('a writer that sleeps is woken by a guest that is busy', async () => {
  const blocks = createSharedBlocks(4);
  const source = `
    const { workerData, parentPort } = require('node:worker_threads');
    Atomics.wait(workerData, 1, 0);
    parentPort.postMessage('woken');`;
  const worker = new Worker(source, { eval: true, workerData: blocks.words });
  const woken = new Promise((done) => worker.once('message', done));
  const writer = new RecordWriter(new SharedBlockSource(blocks));
  writer.raw(memoryOf(new Uint8Array(2 * BLOCK_BYTES)), 0, 2 * BLOCK_BYTES);
  assert.is(await woken, 'woken');
  await worker.terminate();
});

test.run();
