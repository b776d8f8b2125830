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
import { Random } from '../e2e/support/random.ts';
import { suite } from '../support/suite.ts';

const test = suite('blocks shared by two threads');
const BLOCK_BYTES = 256 * 1024;

/** Takes what there is. */
function takeAll(drain: SharedBlockDrain, memory: WebAssembly.Memory, to: Uint8Array[]): void {
  drain.drain((pointer, lengthBytes) => {
    to.push(new Uint8Array(memory.buffer, pointer, lengthBytes).slice());
  });
}

test('pieces of every size arrive whole and in order, many times round', () => {
  const blocks = createSharedBlocks(4);
  const writer = new RecordWriter(new SharedBlockSource(blocks));
  const drain = new SharedBlockDrain(blocks);
  const random = new Random(3, 0);
  const written: Uint8Array[] = [];
  const taken: Uint8Array[] = [];
  for (let round = 0; round < 400; round++) {
    const bytes = Uint8Array.from({ length: random.magnitude(60_000) }, () => random.below(256));
    writer.raw(bytes, 0, bytes.length);
    writer.publish();
    written.push(bytes);
    if (random.chance(0.5)) takeAll(drain, blocks.memory, taken);
  }
  takeAll(drain, blocks.memory, taken);
  assert.not(writer.hasEnded);
  assert.not(drain.isBehind);
  assert.is(Buffer.compare(Buffer.concat(taken), Buffer.concat(written)), 0);
});

test('what is not published is not taken', () => {
  const blocks = createSharedBlocks(2);
  const writer = new RecordWriter(new SharedBlockSource(blocks));
  const drain = new SharedBlockDrain(blocks);
  const taken: Uint8Array[] = [];
  writer.reserve(8);
  writer.u32(1);
  takeAll(drain, blocks.memory, taken);
  assert.is(taken.length, 0);
  writer.publish();
  takeAll(drain, blocks.memory, taken);
  assert.equal([...Buffer.concat(taken)], [1, 0, 0, 0]);
});

test('a guest that no block is left for ends, and everything before that is there', () => {
  const blocks = createSharedBlocks(2);
  const writer = new RecordWriter(new SharedBlockSource(blocks));
  const drain = new SharedBlockDrain(blocks);
  const bytes = new Uint8Array(3 * BLOCK_BYTES).fill(7);
  writer.raw(bytes, 0, bytes.length);
  assert.ok(writer.hasEnded);
  assert.ok(drain.isBehind);
  const taken: Uint8Array[] = [];
  takeAll(drain, blocks.memory, taken);
  assert.is(Buffer.concat(taken).length, 2 * BLOCK_BYTES);
});

test('a writer that has ended ends the guest at its next block', () => {
  const blocks = createSharedBlocks(2);
  const writer = new RecordWriter(new SharedBlockSource(blocks));
  const drain = new SharedBlockDrain(blocks);
  drain.end();
  writer.raw(new Uint8Array(BLOCK_BYTES + 1), 0, BLOCK_BYTES + 1);
  assert.ok(writer.hasEnded);
  assert.not(drain.isBehind);
});

test('a writer that sleeps is woken by a guest that is busy', async () => {
  const blocks = createSharedBlocks(16);
  const source = `
    const { workerData, parentPort } = require('node:worker_threads');
    Atomics.wait(workerData, 1, 0);
    parentPort.postMessage('woken');`;
  const worker = new Worker(source, { eval: true, workerData: blocks.words });
  const woken = new Promise((done) => worker.once('message', done));
  const writer = new RecordWriter(new SharedBlockSource(blocks));
  writer.raw(new Uint8Array(15 * BLOCK_BYTES), 0, 15 * BLOCK_BYTES);
  assert.is(await woken, 'woken');
  await worker.terminate();
});

test.run();
