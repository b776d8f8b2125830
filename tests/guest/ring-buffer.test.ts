// The ring against a plain array that does the same: random operations from a seed, and after each
// of them the whole content is compared.

import * as assert from 'uvu/assert';
import { Random } from '../e2e/support/random.ts';
import { suite } from '../support/suite.ts';
import { bytesAt, loadKernels, type Kernels } from './support/kernels.ts';

const SEEDS = 40;
const STEPS = 400;

const test = suite('ring buffer (guest)');

test('any sequence of writes and reads gives what an array gives', () => {
  const kernels = loadKernels();
  let wraps = 0;
  for (let seed = 0; seed < SEEDS; seed++) wraps += runModel(kernels, seed);
  // A model that never wraps tests nothing.
  assert.ok(wraps > 1000, `wrapped ${wraps} times`);
});

test('an empty ring holds no block, and one that empties gives it back', () => {
  const kernels = loadKernels();
  kernels.resetRing(64);
  assert.is(kernels.ringBlock(), 0);
  assert.is(kernels.ringBorrow(), 1);
  const block = kernels.ringBlock();
  kernels.ringProduce(10);
  kernels.ringConsume(9);
  assert.is(kernels.ringBlock(), block);
  kernels.ringConsume(1);
  assert.is(kernels.ringBlock(), 0);
  assert.is(kernels.borrowedBlockCount(), 0);
  assert.is(kernels.takeBlock(64), block);
});

test('a block borrowed for nothing goes back', () => {
  const kernels = loadKernels();
  kernels.resetRing(64);
  kernels.ringBorrow();
  kernels.ringProduce(0);
  assert.is(kernels.ringBlock(), 0);
  assert.is(kernels.borrowedBlockCount(), 0);
});

test('a ring that emptied starts at the front again: one piece, not two', () => {
  const kernels = loadKernels();
  kernels.resetRing(64);
  kernels.ringBorrow();
  kernels.ringProduce(40);
  kernels.ringConsume(40);
  kernels.ringBorrow();
  assert.is(kernels.ringFreePieces(), 1);
});

test('a ring without memory says so', () => {
  const kernels = loadKernels();
  kernels.resetRing(1 << 20);
  const taken: number[] = [];
  for (let block = kernels.takeBlock(1 << 20); block !== 0; block = kernels.takeBlock(1 << 20)) {
    taken.push(block);
  }
  assert.is(kernels.ringBorrow(), 0);
  assert.is(kernels.ringBlock(), 0);
  const [first] = taken;
  assert.ok(first !== undefined);
  kernels.giveBlock(first, 1 << 20);
  assert.is(kernels.ringBorrow(), 1);
});

test('adding more than is free traps, as does dropping more than is held', () => {
  const kernels = loadKernels();
  kernels.resetRing(64);
  kernels.ringBorrow();
  assert.throws(() => kernels.ringProduce(65));
  kernels.ringProduce(64);
  assert.throws(() => kernels.ringConsume(65));
});

/** One run of random operations; tells how often a piece wrapped. */
function runModel(kernels: Kernels, seed: number): number {
  const random = new Random(seed, 0);
  const ringBytes = 16 << random.below(5);
  kernels.resetRing(ringBytes);
  const model: number[] = [];
  let wraps = 0;
  for (let step = 0; step < STEPS; step++) {
    if (random.chance(0.55)) {
      wraps += write(kernels, model, random, ringBytes);
    } else {
      const count = random.below(model.length + 1);
      kernels.ringConsume(count);
      model.splice(0, count);
    }
    const held = pieces(kernels, kernels.ringHeldPieces());
    assert.equal(model.length === 0 ? [] : held.flatMap((piece) => [...piece]), model);
    assert.is(kernels.ringIsEmpty(), Number(model.length === 0));
    assert.is(kernels.ringIsFull(), Number(model.length === ringBytes));
    assert.is(kernels.ringBlock() === 0, model.length === 0);
  }
  return wraps;
}

function write(kernels: Kernels, model: number[], random: Random, ringBytes: number): number {
  if (model.length === ringBytes) return 0;
  assert.is(kernels.ringBorrow(), 1);
  const free = pieces(kernels, kernels.ringFreePieces());
  const freeBytes = free.reduce((sum, piece) => sum + piece.length, 0);
  assert.is(freeBytes, ringBytes - model.length);
  let left = random.below(freeBytes + 1);
  const count = left;
  for (const piece of free) {
    for (let i = 0; i < piece.length && left > 0; i++, left--) {
      piece[i] = random.below(256);
      model.push(piece[i] ?? 0);
    }
  }
  kernels.ringProduce(count);
  return free.length === 2 ? 1 : 0;
}

function pieces(kernels: Kernels, count: number): Uint8Array[] {
  const view = new DataView(kernels.memory.buffer as ArrayBuffer);
  return Array.from({ length: count }, (_, i) => {
    const at = kernels.piecesAt() + 8 * i;
    return bytesAt(kernels, view.getUint32(at, true), view.getUint32(at + 4, true));
  });
}

test.run();
