// Virtual time: what happens when, and in which order.

import * as assert from 'uvu/assert';
import { Timeline } from '../../host/kernel/sim/timeline.ts';
import { suite } from '../support/suite.ts';

const test = suite('virtual time');

function recorder(): {
  timeline: Timeline;
  log: string[];
  note: (name: string) => { happen(): void };
} {
  const timeline = new Timeline();
  const log: string[] = [];
  const note = (name: string) => ({ happen: () => void log.push(`${timeline.nowNs} ${name}`) });
  return { timeline, log, note };
}

test('what is due earlier happens earlier, and of one instant what was arranged first', () => {
  const { timeline, log, note } = recorder();
  timeline.deliver(20, note('c'));
  timeline.deliver(10, note('a'));
  timeline.startTimer(10, note('b'));
  timeline.deliver(20, note('d'));
  timeline.advanceTo(30);
  assert.equal(log, ['10 a', '10 b', '20 c', '20 d']);
  assert.is(timeline.nowNs, 30);
});

test('the time of a happening is the one it was arranged for, however far time moves at once', () => {
  const { timeline, log, note } = recorder();
  timeline.deliver(5, { happen: () => timeline.deliver(3, note('what follows')) });
  timeline.advanceTo(100);
  assert.equal(log, ['8 what follows']);
});

test('settling waits for what is on its way, and not for timers that are due later', () => {
  const { timeline, log, note } = recorder();
  timeline.deliver(50, note('delivery'));
  timeline.startTimer(40, note('timer before'));
  timeline.startTimer(60, note('timer after'));
  timeline.settle();
  assert.equal(log, ['40 timer before', '50 delivery']);
  assert.is(timeline.nextNs, 60);
  assert.is(timeline.nextDeliveryNs, Infinity);
});

test('what was taken back does not happen, and no one waits for it', () => {
  const { timeline, log, note } = recorder();
  const taken = timeline.deliver(10, note('never'));
  timeline.deliver(20, note('once'));
  taken.cancel();
  timeline.settle();
  assert.equal(log, ['20 once']);
  assert.is(timeline.nowNs, 20);
});

test('a thousand happenings in any order come out in theirs', () => {
  const { timeline, log, note } = recorder();
  const delays = Array.from({ length: 1000 }, (_, at) => (at * 7919) % 1000);
  for (const delay of delays) timeline.deliver(delay, note(''));
  timeline.settle();
  assert.equal(
    log.map((line) => parseInt(line)),
    [...delays].sort((left, right) => left - right),
  );
});

test.run();
