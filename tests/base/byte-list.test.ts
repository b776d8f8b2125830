import * as assert from 'uvu/assert';
import { ByteList } from '../../host/base/byte-list.ts';
import { suite } from '../support/suite.ts';

const test = suite('a byte list');

test('holds what was appended, in its order, over every growth of its buffer', () => {
  const list = new ByteList();
  const all: number[] = [];
  for (let count = 0; count < 200; count++) {
    const bytes = Uint8Array.from({ length: count }, (_, index) => count + index);
    list.append(bytes);
    all.push(...bytes);
  }
  assert.is(list.lengthBytes, all.length);
  assert.equal([...list.slice()], all);
  assert.equal([...list.slice(700, 900)], all.slice(700, 900));
});

test('keeps a copy: what was appended stays the caller’s', () => {
  const list = new ByteList();
  const bytes = new Uint8Array([1, 2, 3]);
  list.append(bytes);
  bytes.fill(9);
  list.slice().fill(9);
  assert.equal([...list.slice()], [1, 2, 3]);
});

test('makes room that another fills, and holds only as much of it as it is told', () => {
  const list = new ByteList();
  list.append(new Uint8Array([1, 2]));
  const buffer = list.reserve(1000);
  assert.ok(buffer.length >= 1002);
  buffer.fill(7, list.lengthBytes);
  list.lengthBytes += 2;
  list.append(new Uint8Array([3]));
  assert.equal([...list.slice()], [1, 2, 7, 7, 3]);
});

test.run();
