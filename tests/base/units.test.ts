import * as assert from 'uvu/assert';
import { durationUntilNs, wordsToDurationNs } from '../../host/base/units.ts';
import { suite } from '../support/suite.ts';

const test = suite('units');
const MAX = 0xffff_ffff;

test('two words are one duration, exactly while a double can', () => {
  assert.is(wordsToDurationNs(0, 0), 0);
  assert.is(wordsToDurationNs(MAX, 0), MAX);
  assert.is(wordsToDurationNs(1, 1), 2 ** 32 + 1);
  assert.is(wordsToDurationNs(MAX, 0x1f_ffff), 2 ** 53 - 1);
});

test('a longer duration is rounded up, never down', () => {
  for (const [low, high] of [
    [1, 0x20_0000],
    [MAX, 0x20_0000],
    [1, 0x7fff_ffff],
    [MAX, MAX],
  ] as const) {
    const exact = (BigInt(high) << 32n) + BigInt(low);
    assert.ok(BigInt(wordsToDurationNs(low, high)) >= exact);
  }
});

test('the time until an instant is exact near it, however late the clock is', () => {
  // Realtime in 2026 is past 2^60 ns, where a double has steps of 256 ns.
  assert.is(durationUntilNs(10, 0x18_0000_00, 5, 0x18_0000_00), 5);
  assert.is(durationUntilNs(0, 0x18_0000_01, MAX, 0x18_0000_00), 1);
});

test('an instant that has come or gone is 0 away', () => {
  assert.is(durationUntilNs(5, 1, 5, 1), 0);
  assert.is(durationUntilNs(5, 1, 6, 1), 0);
  assert.is(durationUntilNs(MAX, 0, 0, 1), 0);
});

test.run();
