import * as assert from 'uvu/assert';
import { Random } from '../e2e/support/random.ts';
import { suite } from '../support/suite.ts';
import { bytesAt, loadKernels, type Kernels } from './support/kernels.ts';

const test = suite('block pool (guest)');

test('the block given back last is lent first', () => {
  const kernels = loadKernels();
  const [first, second] = [kernels.takeBlock(4096), kernels.takeBlock(4096)];
  kernels.giveBlock(first, 4096);
  kernels.giveBlock(second, 4096);
  assert.equal([kernels.takeBlock(4096), kernels.takeBlock(4096)], [second, first]);
});

test('a free block is cut in two before the memory grows', () => {
  const kernels = loadKernels();
  const large = kernels.takeBlock(65536);
  kernels.giveBlock(large, 65536);
  const pages = kernels.memory.buffer.byteLength;
  const halves = Array.from({ length: 16 }, () => kernels.takeBlock(4096)).sort((a, b) => a - b);
  assert.equal(
    halves,
    Array.from({ length: 16 }, (_, i) => large + 4096 * i),
  );
  assert.is(kernels.memory.buffer.byteLength, pages);
});

test('lent blocks never overlap, whatever is taken and given', () => {
  for (let seed = 0; seed < 20; seed++) takeAndGive(loadKernels(), new Random(seed, 1));
});

test('a refused growth is answered with 0, and what was lent before stays whole', () => {
  const kernels = loadKernels();
  const blocks: number[] = [];
  for (let block = kernels.takeBlock(65536); block !== 0; block = kernels.takeBlock(65536)) {
    bytesAt(kernels, block, 65536).fill(blocks.length & 0xff);
    blocks.push(block);
  }
  // The module may have 64 pages, some of them used by what stands before the blocks.
  assert.ok(blocks.length >= 60 && blocks.length < 64, `${blocks.length} blocks`);
  for (const [i, block] of blocks.entries()) {
    assert.ok(bytesAt(kernels, block, 65536).every((byte) => byte === (i & 0xff)));
  }
  assert.is(kernels.takeForEver(65536), 0);
  kernels.giveBlock(blocks[5] ?? 0, 65536);
  assert.is(kernels.takeBlock(65536), blocks[5]);
});

test('memory is used to its last page, however large the pieces', () => {
  for (let pages = 1; pages <= 9; pages++) {
    const kernels = loadKernels();
    for (let piece = pages; piece > 0; piece--) {
      while (kernels.takeForEver(piece * 65_536) !== 0);
    }
    assert.is(kernels.memory.buffer.byteLength, 64 * 65_536);
  }
});

test("a new block that takes what is received begins at a machine's page", () => {
  const kernels = loadKernels();
  for (const bytes of [16_384, 65_536, 1 << 20]) {
    kernels.takeForEver(100);
    assert.is(kernels.takeBlock(bytes) % 4096, 0);
  }
});

test('memory taken for ever is zero and on a cache line', () => {
  const kernels = loadKernels();
  const sizes = [1, 100, 5120, 70_000];
  const taken = sizes.map((bytes) => [kernels.takeForEver(bytes), bytes] as const);
  for (const [at, bytes] of taken) {
    assert.is(at % 64, 0);
    assert.ok(bytesAt(kernels, at, bytes).every((byte) => byte === 0));
  }
});

test('the block for a count of bytes is the next power of two', () => {
  const kernels = loadKernels();
  const answers = [0, 1, 16, 17, 64, 65, 4097].map((bytes) => kernels.blockBytesFor(bytes));
  assert.equal(answers, [16, 16, 16, 32, 64, 128, 8192]);
});

/** Marks every lent block with its own number and looks for marks that were overwritten. */
function takeAndGive(kernels: Kernels, random: Random): void {
  const lent = new Map<number, { bytes: number; mark: number }>();
  for (let mark = 1; mark <= 300; mark++) {
    const [address] = lent.keys();
    if (address !== undefined && random.chance(0.45)) {
      const { bytes, mark: expected } = lent.get(address) ?? { bytes: 0, mark: -1 };
      assert.ok(bytesAt(kernels, address, bytes).every((byte) => byte === (expected & 0xff)));
      kernels.giveBlock(address, bytes);
      lent.delete(address);
      continue;
    }
    const bytes = 16 << random.below(11);
    const taken = kernels.takeBlock(bytes);
    assert.is.not(taken, 0);
    bytesAt(kernels, taken, bytes).fill(mark & 0xff);
    lent.set(taken, { bytes, mark });
  }
}

test.run();
