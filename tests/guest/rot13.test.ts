// rot13 against a definition in JavaScript: every byte value, every length around the vector's,
// every alignment, and the bytes on both sides of what was asked for.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { rot13Byte } from './support/guest.ts';
import { bytesAt, loadKernels, type Kernels } from './support/kernels.ts';

const LENGTH_MAX = 300;
const MARGIN_BYTES = 32;
/** A letter: a write outside would change it. */
const MARGIN = 0x41;

const test = suite('rot13 (guest)');
const kernels = loadKernels();
const block = kernels.takeBlock(4096);

type Form = 'rot13' | 'rot13Scalar' | 'rot13Simd';

for (const form of ['rot13Scalar', 'rot13Simd'] as const) {
  test(`${form} turns all 256 byte values`, () => {
    const input = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    assert.equal(apply(form, input, 0), input.map(rot13Byte));
  });

  test(`${form} turns each value in each lane of a vector`, () => {
    for (let byte = 0; byte < 256; byte++) {
      for (let lane = 0; lane < 16; lane++) {
        const input = new Uint8Array(16).fill(0x7e);
        input[lane] = byte;
        assert.equal(apply(form, input, 0), input.map(rot13Byte));
      }
    }
  });

  test(`${form} turns lengths 0 to 300 at 16 alignments, and nothing outside`, () => {
    for (let lengthBytes = 0; lengthBytes <= LENGTH_MAX; lengthBytes++) {
      for (let alignment = 0; alignment < 16; alignment++) {
        const input = Uint8Array.from(
          { length: lengthBytes },
          (_, i) => (i * 7 + alignment) & 0xff,
        );
        assert.equal(apply(form, input, alignment), input.map(rot13Byte));
      }
    }
  });
}

test('a block turned twice is what it was', () => {
  const input = Uint8Array.from({ length: 1000 }, (_, i) => i & 0xff);
  assert.equal(apply('rot13', apply('rot13', input, 3), 3), input);
});

/** Turns a copy of `input` in the guest's memory and checks the bytes around it. */
function apply(form: Form, input: Uint8Array, alignment: number): Uint8Array {
  const at = block + MARGIN_BYTES + alignment;
  const around = bytesAt(kernels, block, 2 * MARGIN_BYTES + alignment + input.length);
  around.fill(MARGIN);
  bytesAt(kernels, at, input.length).set(input);
  call(kernels, form, at, input.length);
  const output = bytesAt(kernels, at, input.length).slice();
  const margins = [...around.slice(0, at - block), ...around.slice(at - block + input.length)];
  assert.ok(
    margins.every((byte) => byte === MARGIN),
    `${form} wrote outside`,
  );
  return output;
}

function call(guest: Kernels, form: Form, at: number, lengthBytes: number): void {
  guest[form](at, lengthBytes);
}

test.run();
