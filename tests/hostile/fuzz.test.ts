// Random calls with a new seed each time, in a process of their own. A failure names its seed, and
// POLLUX_FUZZ_SEED=N pins it; for more calls see tests/hostile/fuzz.ts.

import { randomInt } from 'node:crypto';
import * as assert from 'uvu/assert';
import { Child } from '../e2e/support/child.ts';
import { suite } from '../support/suite.ts';

const CALL_COUNT = 20_000;
const SECONDS_MAX = 60;
const SEED = process.env['POLLUX_FUZZ_SEED'] ?? String(randomInt(2 ** 31));

const test = suite('random calls (native)');

/** Runs the fuzzer. @returns its exit code, and for a failure's message all that it wrote */
async function fuzz(
  options: readonly string[],
): Promise<{ readonly code: number | null; readonly text: string }> {
  const program = ['--import', 'tsx', 'tests/hostile/fuzz.ts'];
  const child = new Child(process.execPath, [...program, ...options]);
  const { code, signal } = await child.end(SECONDS_MAX);
  return { code, text: child.describe(`ended with ${signal ?? code}`) };
}

test(`20,000 calls keep their promises, seed ${SEED}`, async () => {
  const { code, text } = await fuzz(['--calls', String(CALL_COUNT), '--seed', SEED]);
  assert.is(code, 0, text);
  assert.match(text, /20000 calls, seed \d+: .*SUCCESS \d{4}/);
});

const PLANTED = [
  ['an answer that is no errno', 'errno', /77 is no errno/],
  ['a byte written elsewhere', 'write', /the byte at \d+ was written, and should not be/],
  ['an exception', 'throw', /TypeError: planted/],
  ['a descriptor left open', 'descriptor', /the kernel has left descriptors open/],
] as const;

for (const [what, name, says] of PLANTED) {
  test(`${what} is seen`, async () => {
    const { code, text } = await fuzz(['--calls', '100', '--plant', name]);
    assert.is(code, 1);
    assert.match(text, says);
  });
}

test.run();
