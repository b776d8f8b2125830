// Makes of every round's figures what is told: a median with its interval for each server, and its
// ratio to the native one, round by round.

import { pairedRatio, summarize } from '../statistics.mjs';

/**
 * What a kind of row tells of a server, the figure that is compared first, with the name of those that
 * were measured in turn with the others'.
 */
export const FIGURES = {
  echo: [
    { name: 'cpuUs', title: 'CPU µs per echo', digits: 2, paired: 'slicesCpuUs' },
    { name: 'perSecond', title: 'echoes per s', digits: 0 },
    { name: 'p50Us', title: 'p50 µs', digits: 0 },
    { name: 'p99Us', title: 'p99 µs', digits: 0 },
    { name: 'p999Us', title: 'p99.9 µs', digits: 0 },
  ],
  churn: [
    { name: 'cpuUs', title: 'CPU µs per connection', digits: 2, paired: 'slicesCpuUs' },
    { name: 'perSecond', title: 'connections per s', digits: 0 },
    { name: 'p50Us', title: 'p50 µs', digits: 0 },
    { name: 'p99Us', title: 'p99 µs', digits: 0 },
    { name: 'p999Us', title: 'p99.9 µs', digits: 0 },
  ],
  memory: [{ name: 'connectionBytes', title: 'bytes per connection', digits: 0 }],
  twin: [{ name: 'eventUs', title: 'CPU µs per event', digits: 3 }],
  start: [{ name: 'startMs', title: 'ms', digits: 0 }],
};

/** @returns for each server of a row `{ name, figures, ratio }`, each figure a summary. */
export function summarizeRow({ kind, rounds }, baseline) {
  return Object.keys(rounds[0] ?? {}).map((name) => {
    const figures = FIGURES[kind].map((figure) => ({
      ...figure,
      ...summarize(rounds.map((round) => round[name][figure.name])),
    }));
    const [{ paired }] = FIGURES[kind];
    const ratio =
      paired &&
      summarize(rounds.map((round) => pairedRatio(round[name][paired], round[baseline][paired])));
    return { name, figures, ratio };
  });
}

/** 1234.567 with two digits is "1,234.57". */
export function number(value, digits) {
  const style = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value.toLocaleString('en-US', style);
}

/** "1.02 (1.00 to 1.04)", or the value alone when there is but one. */
export function withInterval({ median, low, high, count }, digits) {
  const middle = number(median, digits);
  return count === 1 ? middle : `${middle} (${number(low, digits)} to ${number(high, digits)})`;
}

/** One line for a target: what is measured, what is wanted, what was found. */
export function targetWords({ title, limit, unit, ...summary }) {
  return {
    title,
    wanted: `at most ${limit}${unit}`,
    found: withInterval(summary, digitsFor(limit)),
  };
}

/** Three figures that count. */
function digitsFor(limit) {
  return limit < 10 ? 3 : 0;
}

/** What every column of a row's table says, the head first. */
export function tableOf(row, baseline) {
  const servers = summarizeRow(row, baseline);
  const hasRatio = servers.some(({ ratio }) => ratio !== undefined);
  const [first, ...others] = FIGURES[row.kind].map(({ title }) => title);
  const head = ['server', first, ...(hasRatio ? [`of ${baseline}`] : []), ...others];
  const body = servers.map(({ name, figures: [main, ...rest], ratio }) => [
    name,
    withInterval(main, main.digits),
    ...(hasRatio ? [name === baseline ? '1' : withInterval(ratio, 3)] : []),
    ...rest.map(({ median, digits }) => number(median, digits)),
  ]);
  return [head, ...body];
}
