// The hash of recordings: the one in WebAssembly against the page's own words, and what it must find.

import * as assert from 'uvu/assert';
import { BytesHasher, Hasher } from '../../host/trace/hash.ts';
import { Random } from '../e2e/support/random.ts';
import { suite } from '../support/suite.ts';
import { referenceHash } from './reference-hash.ts';

const test = suite('the hash of recordings');
const random = new Random(7, 0);

const bytesOf = (lengthBytes: number): Uint8Array =>
  Uint8Array.from({ length: lengthBytes }, () => random.below(256));

test('every length up to 700 bytes, at every alignment, gives what the page says', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const hasher = new Hasher(memory);
  const all = new Uint8Array(memory.buffer);
  all.set(bytesOf(1000));
  for (let lengthBytes = 0; lengthBytes <= 700; lengthBytes++) {
    const pointer = lengthBytes % 19;
    const seed = lengthBytes * 77_777_777;
    const bytes = all.subarray(pointer, pointer + lengthBytes);
    assert.is(
      hasher.hash(pointer, lengthBytes, seed),
      referenceHash(bytes, seed),
      `${lengthBytes}`,
    );
  }
});

test('a shared memory gives the same', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const bytes = bytesOf(999);
  new Uint8Array(memory.buffer).set(bytes);
  assert.is(new Hasher(memory).hash(0, 999, 5), referenceHash(bytes, 5));
});

test('bytes are copied from one place of a memory, shared or not, to another', () => {
  for (const shared of [false, true]) {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared });
    const bytes = new Uint8Array(memory.buffer);
    bytes.set(bytesOf(1000));
    const expected = bytes.slice();
    expected.copyWithin(1003, 1, 990);
    new Hasher(memory).copy(1003, 1, 989);
    assert.equal(bytes.slice(), expected);
    assert.throws(() => new Hasher(memory).copy(65_000, 0, 600), /out of bounds/);
  }
});

test('each changed bit of a text, and each byte more or less, changes it', () => {
  const hasher = new BytesHasher();
  for (const lengthBytes of [1, 15, 16, 17, 127, 128, 300]) {
    const bytes = bytesOf(lengthBytes);
    const hash = hasher.hash(bytes);
    for (let bit = 0; bit < 8 * lengthBytes; bit++) {
      const changed = bytes.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      assert.is.not(hasher.hash(changed), hash, `bit ${bit} of ${lengthBytes} bytes`);
    }
    assert.is.not(hasher.hash(bytes.subarray(1)), hash);
    assert.is.not(hasher.hash(Uint8Array.from([...bytes, 0])), hash);
  }
});

test('a memory has 16 digits, which tell a byte and a page', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const hasher = new Hasher(memory);
  const empty = hasher.hashMemory();
  assert.match(empty, /^[0-9a-f]{16}$/);
  new Uint8Array(memory.buffer)[65_535] = 1;
  const changed = hasher.hashMemory();
  assert.is.not(changed, empty);
  memory.grow(1);
  assert.is.not(hasher.hashMemory(), changed);
});

test.run();
