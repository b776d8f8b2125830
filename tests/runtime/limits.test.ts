import * as assert from 'uvu/assert';
import {
  LimitExceeded,
  limitModule,
  PAGE_BYTES,
  TABLE_ELEMENT_COUNT_MAX,
} from '../../host/runtime/limits.ts';
import { suite } from '../support/suite.ts';
import { type ModuleText, wasm } from '../support/wasm.ts';

const test = suite('limits of memory and tables');
const FUNCREF = 0x70;
const command: ModuleText = { functions: { _start: ['->', []] } };

/** How far the memory of a limited module grows, in pages. */
function grownPages(memory: readonly number[], memoryBytesMax?: number): number {
  const module = new WebAssembly.Module(
    limitModule(wasm({ ...command, memories: [memory] }), memoryBytesMax),
  );
  const grown = new WebAssembly.Instance(module).exports['memory'] as WebAssembly.Memory;
  let pages = grown.buffer.byteLength / PAGE_BYTES;
  try {
    for (; pages < 40; pages++) grown.grow(1);
  } catch (error) {
    assert.ok(error instanceof RangeError);
  }
  return pages;
}

test('a memory without a maximum grows to the limit and no further', () => {
  assert.is(grownPages([0, 1], 20 * PAGE_BYTES), 20);
});

test('a limit is rounded down to whole pages', () => {
  assert.is(grownPages([0, 1], 5 * PAGE_BYTES + 65535), 5);
});

test('a lower maximum of the module stays, a higher one becomes the limit', () => {
  assert.is(grownPages([1, 1, 3], 20 * PAGE_BYTES), 3);
  assert.is(grownPages([1, 1, 30], 20 * PAGE_BYTES), 20);
});

test('without a limit of memory the module keeps its own', () => {
  assert.is(grownPages([0, 1]), 40);
  assert.is(grownPages([1, 1, 7]), 7);
});

test('a minimum above the limit is refused with both numbers', () => {
  assert.throws(
    () => limitModule(wasm({ ...command, memories: [[0, 9]] }), 8 * PAGE_BYTES),
    (error: unknown) =>
      error instanceof LimitExceeded &&
      error.message === 'asks for 589824 bytes of memory at the start, and may have 524288',
  );
});

test('a minimum of just the limit is accepted', () => {
  assert.is(grownPages([0, 8], 8 * PAGE_BYTES), 8);
});

test('every table gets a maximum, also a second one, and keeps a lower one', () => {
  const bytes = limitModule(
    wasm({
      ...command,
      tables: [
        [FUNCREF, 0, 1],
        [FUNCREF, 1, 1, 5],
      ],
    }),
    undefined,
  );
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const [first, second] = [instance.exports['table0'], instance.exports['table1']] as {
    grow(count: number): number;
  }[];
  assert.is(first?.grow(TABLE_ELEMENT_COUNT_MAX - 1), 1);
  assert.throws(() => first?.grow(1), /RangeError|grow/);
  assert.is(second?.grow(4), 1);
  assert.throws(() => second?.grow(1), /RangeError|grow/);
});

test('a table that begins above the limit is refused', () => {
  const ten = [0x80, 0xad, 0xe2, 0x04]; // 10,000,000
  assert.throws(
    () => limitModule(wasm({ ...command, tables: [[FUNCREF, 0, ...ten]] }), undefined),
    (error: unknown) => error instanceof LimitExceeded && /10000000 elements/.test(error.message),
  );
});

test('what is no memory and no table stays as it is, byte for byte', () => {
  const bytes = wasm({ ...command, memories: [[1, 1, 2]] });
  assert.equal(Uint8Array.from(limitModule(bytes, undefined)), bytes);
});

test.run();
