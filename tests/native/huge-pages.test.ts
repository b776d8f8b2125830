// Huge pages for memory that a disk reads: asked for of the system, and no more than a favour.

import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { binding } from '../../host/kernel/native/binding.ts';
import { useHugePages } from '../../host/kernel/native/memory.ts';
import { suite } from '../support/suite.ts';

const test = suite('huge pages');
const PAGE_BYTES = 65_536;

/** Of this process, in kB. Source: proc_pid_smaps(5), VmFlags, hg. */
function advisedKb(): number {
  let sum = 0;
  let sizeKb = 0;
  for (const line of readFileSync('/proc/self/smaps', 'utf8').split('\n')) {
    const size = /^Size: +(\d+) kB/.exec(line)?.[1];
    if (size !== undefined) sizeKb = Number(size);
    if (/^VmFlags:.* hg\b/.test(line)) sum += sizeKb;
  }
  return sum;
}

test('a shared memory is the same behind the call as before, and the system knows of it', () => {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true });
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(7, 100, 200);
  const before = advisedKb();
  const isTaken = useHugePages(bytes);
  if (isTaken) assert.is(advisedKb() - before, (64 * PAGE_BYTES) / 1024);
  assert.is(bytes[150], 7);
  assert.is(bytes[200], 0);
});

test('what is no Uint8Array is refused', () => {
  for (const wrong of [undefined, 7, 'text', {}, new Float64Array(1024), new ArrayBuffer(4096)]) {
    assert.ok(binding().useHugePages(wrong as Uint8Array) < 0);
  }
});

test('memory that begins within a page is refused', () => {
  const bytes = new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer);
  assert.is(useHugePages(bytes.subarray(1)), false);
});

test.run();
