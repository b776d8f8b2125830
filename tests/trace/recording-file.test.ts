// The file: with records of any length, cut off anywhere, damaged anywhere, of another kind.

import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { PolluxError } from '../../host/base/pollux-error.ts';
import { sha256 } from '../../host/base/sha256.ts';
import { openRecording } from '../../host/trace/recording.ts';
import { suite } from '../support/suite.ts';
import { blockOffsets, withGoodHashes } from './blocks.ts';
import { BUFFER_BYTES } from './echo-guest.ts';
import { recordEcho, replayRun } from './recorded.ts';

const test = suite('the file of a recording');
const MESSAGES = ['Hello', 'x'.repeat(400), 'some more', 'end'];
/** Those of the last recv are part of it. */
const CALL_COUNT = 2 * (MESSAGES.length + 1);
const file = recordEcho(MESSAGES);

function refusal(bytes: Uint8Array): string {
  try {
    const recording = openRecording(bytes);
    recording.module();
    const entries = recording.entries();
    while (entries.next() !== undefined);
  } catch (error) {
    assert.instance(error, PolluxError);
    assert.is((error as PolluxError).code, 'RECORDING_REFUSED');
    return (error as PolluxError).message;
  }
  return '';
}

test('messages of every length are replayed, wherever their records begin', () => {
  const messages = Array.from({ length: BUFFER_BYTES }, (_, index) =>
    String.fromCharCode(...Array.from({ length: index + 1 }, (_, at) => 33 + ((index + at) % 90))),
  );
  // What is sent is what was received, and its hash is compared.
  const end = replayRun(recordEcho(messages));
  assert.is(end.reason, 'complete');
  assert.is(end.calls, 2 * (messages.length + 1));
});

test('cut off within the records, at any byte, it replays to the last whole record', () => {
  const [, , records] = blockOffsets(file);
  assert.is(records?.kind, 3);
  let callsBefore = 0;
  for (let length = records!.at; length < file.length; length++) {
    const cut = file.slice(0, length);
    const end = replayRun(cut);
    assert.is(end.reason, 'cut', `at ${length}`);
    assert.ok(end.calls === callsBefore || end.calls === callsBefore + 1, `at ${length}`);
    callsBefore = end.calls;
  }
  assert.is(callsBefore, CALL_COUNT);
  assert.is(replayRun(file).reason, 'complete');
});

test('cut off before the records, at any byte, it says so or holds no call', () => {
  const [, , records] = blockOffsets(file);
  for (let length = 0; length <= records!.at; length++) {
    const cut = file.slice(0, length);
    const message = refusal(cut);
    assert.ok(
      /cut off|no recording/.test(message) || openRecording(cut).entries().next() === undefined,
    );
  }
});

test('each of its bytes, changed, makes it be refused, and the offset is that of the block', () => {
  const blocks = blockOffsets(file);
  for (let at = 0; at < file.length; at++) {
    const changed = file.slice();
    changed[at]! ^= 0x10;
    const message = refusal(changed);
    if (at < 6) assert.match(message, /is no recording of Pollux$/);
    else if (at < 8)
      assert.match(message, /is of version \d+, and this Pollux reads up to version 2$/);
    else {
      const block = blocks.findLast((each) => each.at <= at);
      assert.match(message, new RegExp(`is damaged at offset ${block!.at}: `), `byte ${at}`);
    }
  }
});

test('one of the version before is read', () => {
  const older = file.slice();
  older[6] = 1;
  assert.is(replayRun(older).reason, 'complete');
});

test('without one of its blocks it is refused', () => {
  const long = recordEcho(Array.from({ length: 300 }, (_, index) => String(index).repeat(100)));
  const records = blockOffsets(long).filter(({ kind }) => kind === 3);
  assert.ok(records.length > 1);
  const [first, second] = records;
  const without = Buffer.concat([long.subarray(0, first!.at), long.subarray(second!.at)]);
  assert.match(refusal(without), /damaged at offset \d+: a block before this one is missing/);
  assert.is(replayRun(long).reason, 'complete');
});

test('records that make no sense are refused, whatever their hash', () => {
  const changed = file.slice();
  const [, , records] = blockOffsets(file);
  changed[records!.at + 24] = 239;
  assert.match(
    refusal(withGoodHashes(changed)),
    /makes no sense after call 0: there is a record of kind 239/,
  );
});

test('random bytes with good hashes are refused or read, and never anything else', () => {
  const [, , records] = blockOffsets(file);
  let seed = 1;
  for (let round = 0; round < 2000; round++) {
    const changed = file.slice();
    for (let count = 0; count < 3; count++) {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      changed[records!.at + 24 + ((seed >>> 8) % records!.lengthBytes)] = seed & 255;
    }
    refusal(withGoodHashes(changed));
  }
});

test('the head names the module by the SHA-256 that others print', () => {
  const recording = openRecording(file);
  const module = recording.module();
  assert.is(recording.head.module?.sha256, createHash('sha256').update(module!).digest('hex'));
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000]) {
    const bytes = Buffer.alloc(length, length);
    assert.is(sha256(bytes), createHash('sha256').update(bytes).digest('hex'), `${length} bytes`);
  }
});

test.run();
