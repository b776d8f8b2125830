// The words of the command line.

import { parseArgs } from 'node:util';
import { ROUNDS_FIRST } from './targets.mjs';

export const HELP = `npm run bench -- [options]: measures Pollux against a server in C, and others.

  --quick         everything, but so short that the figures mean nothing: checks the bench itself
  --rounds N      measure N rounds and stop (default ${ROUNDS_FIRST}, and more for open targets)
  --seconds S     load each server for S seconds a round (default 5)
  --only ROW      only this row, such as 50x64, idle-9000, churn, churn-9000, memory, start, twin;
                  may be repeated
  --against DIR   measure the build of Pollux in DIR too, in the same rounds
  --json FILE     write every figure of every round to FILE
  --write         write docs/benchmarks.md and its figure

All of it takes about an hour.
Exit codes: 0; 1 when a target is missed, an answer is wrong or a server fails; 2 wrong usage.
`;

const OPTIONS = {
  quick: { type: 'boolean' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  only: { type: 'string', multiple: true },
  against: { type: 'string' },
  json: { type: 'string' },
  write: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

export class UsageError extends Error {}

/** @throws UsageError */
export function parseOptions(words) {
  const values = readOptions(words, OPTIONS);
  const isQuick = values.quick ?? false;
  return {
    isHelp: values.help ?? false,
    isQuick,
    /** Undefined: as many as the targets need. */
    rounds: isQuick ? 1 : positive('--rounds', values.rounds, { isWhole: true }),
    seconds: positive('--seconds', values.seconds) ?? (isQuick ? 0.1 : 5),
    warmUpMs: isQuick ? 50 : 1000,
    only: values.only ?? [],
    against: values.against,
    jsonPath: values.json,
    writesPage: values.write ?? false,
  };
}

/** The values of `options`, as parseArgs takes them. @throws UsageError for a word that is none */
export function readOptions(words, options) {
  try {
    return parseArgs({ args: words, options }).values;
  } catch (error) {
    throw new UsageError(error.message);
  }
}

/** The number of an option, undefined where it is not given. @throws UsageError */
export function positive(name, text, { isWhole = false } = {}) {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (number > 0 && (!isWhole || Number.isInteger(number))) return number;
  throw new UsageError(`${name} takes a ${isWhole ? 'whole ' : ''}number above 0, not ${text}`);
}
