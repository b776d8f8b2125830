// Where two recordings part.

import * as assert from 'uvu/assert';
import { findParting } from '../../host/trace/diff.ts';
import { openRecording } from '../../host/trace/recording.ts';
import { suite } from '../support/suite.ts';
import { recordEcho } from './recorded.ts';

const test = suite('diff of recordings');
const part = (left: readonly string[], right: readonly string[]) =>
  findParting(openRecording(recordEcho(left)), openRecording(recordEcho(right)));

test('the same inputs give no parting, whatever the time', () => {
  assert.is(part(['a', 'bc'], ['a', 'bc']), undefined);
});

test('another byte is the parting, and both sides are shown', () => {
  const parting = part(['a', 'bc', 'd'], ['a', 'bX', 'd']);
  assert.is(parting?.calls, 2);
  assert.match(String(parting?.left), /^sock_recv\(fd 5, 0x400, 1, 0, .* ro_datalen 2, .*, "bc"$/);
  assert.match(String(parting?.right), /, "bX"$/);
});

test('a recording that ends before the other parts there', () => {
  const file = recordEcho(['a', 'bc']);
  const parting = findParting(
    openRecording(file),
    openRecording(file.subarray(0, file.length - 2)),
  );
  assert.is(parting?.right, undefined);
  assert.match(String(parting?.left), /^the end, with 1 pages/);
});

test.run();
