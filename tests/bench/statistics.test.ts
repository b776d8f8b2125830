// What is told of many rounds, and the verdict on a target, on figures made up for it.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { benchModule, type Summary } from './support.ts';

interface Target {
  readonly rows: readonly string[];
  readonly limit: number;
  readonly value: (round: Record<string, number>) => number;
}

const { median, pairedRatio, summarize } = await benchModule<{
  median: (values: readonly number[]) => number;
  pairedRatio: (values: readonly number[], others: readonly number[]) => number;
  summarize: (values: readonly number[]) => Summary;
}>('statistics.mjs');
const { judge, verdictOf, ROUNDS_FIRST, ROUNDS_LAST } = await benchModule<{
  judge: (target: Target, results: ReadonlyMap<string, readonly number[]>) => Summary | undefined;
  verdictOf: (summary: Summary, limit: number) => string;
  ROUNDS_FIRST: number;
  ROUNDS_LAST: number;
}>('targets.mjs');

const oneTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);
const summary = (low: number, middle: number, high: number, count = ROUNDS_FIRST): Summary => ({
  ...{ low, median: middle, high, count },
});

const test = suite('the statistics of the bench');

test('a median is the middle value, or the mean of the two in the middle', () => {
  assert.is(median([5, 1, 3]), 3);
  assert.is(median([4, 1, 3, 2]), 2.5);
});

test('of two servers measured in turn, what disturbs one slice of one does not count', () => {
  assert.is(pairedRatio([2, 4, 900], [1, 2, 3]), 2);
});

test('of two servers measured in turn, what disturbs both does not count', () => {
  assert.is(pairedRatio([3, 30, 300], [2, 20, 200]), 1.5);
});

test('an interval leaves out as many values at each end as 95 % allow', () => {
  // By the binomial distribution: 2 * (1 + 9) / 512 is 3.9 %, 2 * (1 + 9 + 36) / 512 is 18 %.
  assert.equal(summarize(oneTo(9)), summary(2, 5, 8, 9));
  assert.equal(summarize(oneTo(27)), summary(8, 14, 20, 27));
});

test('the interval of fewer than six values is all of them', () => {
  assert.equal(summarize(oneTo(5)), summary(1, 3, 5, 5));
  assert.equal(summarize([7]), summary(7, 7, 7, 1));
});

test('a target passes when its median is within it and its interval nearly', () => {
  assert.is(verdictOf(summary(0.98, 1, 1.02), 1), 'PASS');
  assert.is(verdictOf(summary(0.98, 1, 1.021), 1), 'OPEN');
  assert.is(verdictOf(summary(0.98, 1.001, 1.01), 1), 'OPEN');
});

test('a target that even the good end of the interval misses fails at once', () => {
  assert.is(verdictOf(summary(1.001, 1.01, 1.02), 1), 'FAIL');
});

test('a target that is open after the last round fails', () => {
  assert.is(verdictOf(summary(0.9, 1, 1.1, ROUNDS_LAST - 1), 1), 'OPEN');
  assert.is(verdictOf(summary(0.9, 1, 1.1, ROUNDS_LAST), 1), 'FAIL');
});

test('too few rounds judge nothing', () => {
  assert.is(verdictOf(summary(0.5, 0.5, 0.5, ROUNDS_FIRST - 1), 1), 'OPEN');
});

test('a value is made of the figures of one round', () => {
  const target: Target = {
    rows: ['few', 'many'],
    limit: 1,
    value: (round) => (round['many'] ?? NaN) - (round['few'] ?? NaN),
  };
  const results = new Map([
    ['few', [1, 10, 100]],
    ['many', [2, 11, 101]],
  ]);
  const { low, high } = judge(target, results) ?? summary(NaN, NaN, NaN);
  assert.equal([low, high], [1, 1]);
  assert.is(judge(target, new Map([['few', [1]]])), undefined);
});

test.run();
