import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { loadKernels, type Kernels } from './support/kernels.ts';

const NEVER = 2n ** 64n - 1n;

const test = suite('deadlines (guest)');

test('without deadlines the next one is never', () => {
  const { kernels } = oneList(100n);
  assert.is(unsigned(kernels.nextDeadlineNs()), NEVER);
});

test('deadlines expire in the order they were started, and not a nanosecond early', () => {
  const { kernels, list, deadlines } = oneList(100n);
  const [a, b] = deadlines;
  kernels.restartDeadline(list, a, 10n);
  kernels.restartDeadline(list, b, 20n);
  assert.is(kernels.nextDeadlineNs(), 110n);
  assert.equal(expire(kernels, 109n), []);
  assert.equal(expire(kernels, 110n), [a]);
  assert.equal(expire(kernels, 500n), [b]);
  assert.equal(expire(kernels, 500n), []);
});

test('a deadline started again moves to the end', () => {
  const { kernels, list, deadlines } = oneList(100n);
  const [a, b, c] = deadlines;
  for (const deadline of [a, b, c]) kernels.restartDeadline(list, deadline, 0n);
  kernels.restartDeadline(list, b, 50n);
  kernels.restartDeadline(list, a, 60n);
  assert.equal(expire(kernels, 100n), [c]);
  assert.equal(expire(kernels, 160n), [b, a]);
});

test('a deadline that was removed does not expire, first, last or alone', () => {
  const { kernels, list, deadlines } = oneList(100n);
  const [a, b, c] = deadlines;
  for (const removed of [a, b, c]) {
    for (const deadline of [a, b, c]) kernels.restartDeadline(list, deadline, 0n);
    kernels.removeDeadline(list, removed);
    const left = [a, b, c].filter((deadline) => deadline !== removed);
    assert.equal(expire(kernels, 100n), left);
  }
  kernels.restartDeadline(list, a, 0n);
  kernels.removeDeadline(list, a);
  kernels.removeDeadline(list, a);
  assert.is(unsigned(kernels.nextDeadlineNs()), NEVER);
});

test('the next deadline is the earliest of all lists', () => {
  const { kernels, list, deadlines } = oneList(100n);
  const [a, b] = deadlines;
  const shorter = kernels.takeBlock(32);
  new Uint8Array(kernels.memory.buffer, shorter, 32).fill(0);
  kernels.newDeadlineList(shorter, 30n);
  kernels.restartDeadline(list, a, 0n);
  kernels.restartDeadline(shorter, b, 0n);
  assert.is(kernels.nextDeadlineNs(), 30n);
  assert.equal(expire(kernels, 30n), [b]);
  assert.is(kernels.nextDeadlineNs(), 100n);
});

/** A list of deadlines `durationNs` ahead, and three deadlines that are in no list. */
function oneList(durationNs: bigint): {
  kernels: Kernels;
  list: number;
  deadlines: readonly [number, number, number];
} {
  const kernels = loadKernels();
  const block = kernels.takeForEver(128);
  kernels.newDeadlineList(block, durationNs);
  return { kernels, list: block, deadlines: [block + 32, block + 48, block + 64] };
}

/** The deadlines that have passed at `nowNs`, in the order they were reported. */
function expire(kernels: Kernels, nowNs: bigint): number[] {
  kernels.expireDeadlines(nowNs);
  const count = kernels.takeExpiredCount();
  return [...new Uint32Array(kernels.memory.buffer as ArrayBuffer, kernels.expiredAt(), count)];
}

function unsigned(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

test.run();
