// What Pollux has to reach, and whether it does. A target is judged by the median of its rounds and
// by the interval of this median; where the interval leaves it open, more rounds are measured.

import { BASELINE, EPOLL_IMPORTS } from './contenders.mjs';
import { NODE_ALONE } from './measure.mjs';
import { pairedRatio, summarize } from './statistics.mjs';

/** Rounds until a target is judged for the first time, and the last. */
export const ROUNDS_FIRST = 9;
export const ROUNDS_LAST = 27;

/** How far the interval may reach beyond the target. */
const TOLERANCE = 1.02;

const SUBJECT = 'pollux';
const NODE_NET = 'node:net';

const cpuRatio = (row, other, limit) => ({
  title: `${row}: CPU time, of ${other}'s`,
  rows: [row],
  ...{ limit, unit: '×' },
  value: ({ [row]: figures }) =>
    pairedRatio(figures[SUBJECT].slicesCpuUs, figures[other].slicesCpuUs),
});

/** By the key of their rows; a value is made of one round's figures, so that noise cancels out. */
export const TARGETS = [
  cpuRatio('50x64', BASELINE, 1.03),
  cpuRatio('1000x64', BASELINE, 1.05),
  cpuRatio('50x4096', BASELINE, 1.08),
  cpuRatio('50x16384', BASELINE, 1.1),
  cpuRatio('50x64', NODE_NET, 0.62),
  cpuRatio('1000x64', NODE_NET, 0.62),
  cpuRatio('churn', BASELINE, 1.05),
  {
    title: '9,000 idle: CPU time per wake-up and subscription, more than with 10',
    rows: ['idle-10', 'idle-9000'],
    ...{ limit: 1, unit: ' ns' },
    value: ({ 'idle-10': few, 'idle-9000': many }) =>
      ((many[SUBJECT].cpuUs - few[SUBJECT].cpuUs) * 1000) / (9000 - 10),
  },
  {
    title: 'epoll imports: CPU time per wake-up with 9,000 idle, of that with 10',
    rows: ['idle-10', 'idle-9000'],
    ...{ limit: 1.1, unit: '×' },
    value: ({ 'idle-10': few, 'idle-9000': many }) =>
      many[EPOLL_IMPORTS].cpuUs / few[EPOLL_IMPORTS].cpuUs,
  },
  {
    title: 'memory of an idle connection',
    rows: ['memory'],
    ...{ limit: 320, unit: ' bytes' },
    value: ({ memory }) => memory[SUBJECT].connectionBytes,
  },
  {
    title: `start to listening, more than ${NODE_ALONE}`,
    rows: ['start'],
    ...{ limit: 60, unit: ' ms' },
    value: ({ start }) => start[SUBJECT].startMs - start[NODE_ALONE].startMs,
  },
  {
    title: 'the twin: CPU time per event, in the world where it takes longest',
    rows: ['twin'],
    ...{ limit: 1, unit: ' µs' },
    value: ({ twin }) => Math.max(...Object.values(twin).map(({ eventUs }) => eventUs)),
  },
];

/**
 * Judges a target.
 *
 * @param {Map<string, object[]>} results the figures of each row, round by round.
 * @returns `{ ...target, ...summary, verdict }`: `PASS`, `FAIL`, or `OPEN` while more rounds could
 *   tell. Undefined when one of its rows was not measured.
 */
export function judge(target, results) {
  const columns = target.rows.map((row) => results.get(row) ?? []);
  const roundsCount = Math.min(...columns.map((column) => column.length));
  if (roundsCount === 0) return undefined;
  const values = Array.from({ length: roundsCount }, (_, round) =>
    target.value(Object.fromEntries(target.rows.map((row, at) => [row, columns[at][round]]))),
  );
  const summary = summarize(values);
  return { ...target, ...summary, verdict: verdictOf(summary, target.limit) };
}

/** An interval that straddles the target is measured on, and fails in the end. */
export function verdictOf({ median, low, high, count }, limit) {
  if (count < ROUNDS_FIRST) return 'OPEN';
  if (median <= limit && high <= TOLERANCE * limit) return 'PASS';
  if (low > limit || count >= ROUNDS_LAST) return 'FAIL';
  return 'OPEN';
}
