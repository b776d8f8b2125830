// Slots and their generations: what names a descriptor to the host must never name its successor.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { bytesAt, loadKernels, type Kernels } from './support/kernels.ts';

const OWNED_BYTES = 40;

const test = suite('fd table (guest)');

test('an open slot is found by its userdata, whatever its descriptor is', () => {
  const kernels = loadKernels();
  for (const fd of [3, 0x7fffffff, 0xffffffff]) {
    const slot = open(kernels, fd);
    assert.is(kernels.findSlot(kernels.userdataOf(slot)), slot);
    assert.is(kernels.fdOf(slot) >>> 0, fd);
  }
});

test('the userdata of a closed slot names nothing, also after the slot has a new owner', () => {
  const kernels = loadKernels();
  const slot = open(kernels, 7);
  const stale = kernels.userdataOf(slot);
  kernels.closeSlot(slot);
  assert.is(kernels.findSlot(stale), 0);
  assert.is(open(kernels, 7), slot);
  assert.is(kernels.findSlot(stale), 0);
  assert.is(kernels.findSlot(kernels.userdataOf(slot)), slot);
});

test('a userdata that was never given out names nothing', () => {
  const kernels = loadKernels();
  const userdata = kernels.userdataOf(open(kernels, 7));
  const strangers = [0n, 1n << 32n, userdata + 1n, userdata + (2n << 32n), 2n ** 64n - 1n];
  // The second is slot 0 with its first generation, which is taken by the first line.
  assert.equal(
    strangers.filter((stranger) => kernels.findSlot(stranger) !== 0),
    [1n << 32n],
  );
});

test('a slot handed out again has its owner bytes cleared', () => {
  const kernels = loadKernels();
  const slot = open(kernels, 7);
  bytesAt(kernels, kernels.ownedBytesAt(slot), OWNED_BYTES).fill(0xff);
  kernels.closeSlot(slot);
  assert.is(open(kernels, 8), slot);
  assert.ok(bytesAt(kernels, kernels.ownedBytesAt(slot), OWNED_BYTES).every((byte) => byte === 0));
});

test('a thousand slots are all different and stay where they are', () => {
  const kernels = loadKernels();
  const slots = Array.from({ length: 1000 }, (_, fd) => open(kernels, fd));
  assert.is(new Set(slots).size, 1000);
  assert.equal(
    slots.map((slot) => kernels.fdOf(slot)),
    Array.from({ length: 1000 }, (_, fd) => fd),
  );
});

test('closed slots are used again before the memory grows', () => {
  const kernels = loadKernels();
  const slots = Array.from({ length: 64 }, (_, fd) => open(kernels, fd));
  for (const slot of slots) kernels.closeSlot(slot);
  const again = Array.from({ length: 64 }, (_, fd) => open(kernels, fd));
  assert.equal(new Set(again), new Set(slots));
});

test('no slot is reserved when memory is refused, until one is closed', () => {
  const kernels = loadKernels();
  let last = 0;
  while (kernels.reserveSlot() === 1) last = kernels.openTestSlot(1);
  assert.is(kernels.reserveSlot(), 0);
  kernels.closeSlot(last);
  assert.is(kernels.reserveSlot(), 1);
});

test('closing a slot twice traps', () => {
  const kernels = loadKernels();
  const slot = open(kernels, 7);
  kernels.closeSlot(slot);
  assert.throws(() => kernels.closeSlot(slot));
});

test('the ready list gives each slot once, in order, with all it is ready for', () => {
  const kernels = loadKernels();
  for (let fd = 0; fd < 3; fd++) open(kernels, fd);
  kernels.markTestReady(2, 1, 0);
  kernels.markTestReady(0, 2, 0);
  kernels.markTestReady(2, 2, 0);
  const taken = [kernels.takeTestReady(), kernels.takeTestReady(), kernels.takeTestReady()];
  assert.equal(taken, [(2 << 8) | 3, 2, -1]);
});

test('a slot closed while on the ready list is ready for nothing, also under a new owner', () => {
  const kernels = loadKernels();
  const slots = [open(kernels, 0), open(kernels, 1)];
  kernels.markTestReady(1, 1, 0);
  kernels.markTestReady(0, 1, 0);
  kernels.closeSlot(slots[1] ?? 0);
  assert.is(open(kernels, 9), slots[1]);
  assert.equal(
    [kernels.takeTestReady(), kernels.takeTestReady(), kernels.takeTestReady()],
    [1 << 8, 1, -1],
  );
});

function open(kernels: Kernels, fd: number): number {
  assert.is(kernels.reserveSlot(), 1);
  return kernels.openTestSlot(fd);
}

test.run();
