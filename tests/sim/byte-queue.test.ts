// A queue of bytes, beside a plain list of numbers that is asked the same.

import * as assert from 'uvu/assert';
import { Prng } from '../../host/base/prng.ts';
import { ByteQueue } from '../../host/kernel/sim/byte-queue.ts';
import { suite } from '../support/suite.ts';

const test = suite('a queue of bytes');
const STEPS = 1000;

test('hands out what was put in, in any pieces, like a list of bytes', () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = new Prng(seed);
    const queue = new ByteQueue();
    let list: number[] = [];
    let nextByte = 0;
    for (let step = 0; step < STEPS; step++) {
      const kind = random.between(0, 9);
      // Some seeds let it grow long, others keep it nearly empty.
      if (kind < (seed % 2 === 0 ? 5 : 3)) {
        const bytes = Uint8Array.from({ length: random.between(0, 300) }, () => nextByte++);
        queue.push(bytes);
        list.push(...bytes);
      } else if (kind === 9 && random.between(0, 99) === 0) {
        queue.clear();
        list = [];
      } else {
        const { count, bytes } = get(queue, kind, random.between(0, 700));
        assert.equal([...bytes], list.slice(0, bytes.length), `seed ${seed}, step ${step}`);
        list.splice(0, count);
      }
      assert.is(queue.lengthBytes, list.length, `seed ${seed}, step ${step}`);
    }
  }
});

test('copies behind what the target holds, and no more than there is', () => {
  const queue = new ByteQueue();
  queue.push(new Uint8Array([1, 2, 3]));
  queue.push(new Uint8Array([4, 5]));
  const target = new Uint8Array(8).fill(9);
  assert.is(queue.peek(target, 2, 100), 5);
  assert.equal([...target], [9, 9, 1, 2, 3, 4, 5, 9]);
  assert.is(queue.read(target, 0, 4), 4);
  assert.is(queue.lengthBytes, 1);
  assert.is(new ByteQueue().read(target, 8, 4), 0);
});

/** Asks the queue in one of its ways. @returns the bytes that it showed, and how many are gone */
function get(
  queue: ByteQueue,
  kind: number,
  most: number,
): { readonly count: number; readonly bytes: Uint8Array } {
  const target = new Uint8Array(most);
  if (kind % 4 === 0) return { count: 0, bytes: target.subarray(0, queue.peek(target, 0, most)) };
  if (kind % 4 === 1 || queue.lengthBytes === 0) {
    const count = queue.read(target, 0, most);
    return { count, bytes: target.subarray(0, count) };
  }
  if (kind % 4 === 2) {
    const bytes = queue.take(most);
    return { count: bytes.length, bytes };
  }
  const count = Math.min(most, queue.front().length);
  const bytes = queue.front().slice(0, count);
  queue.drop(count);
  return { count, bytes };
}

test.run();
