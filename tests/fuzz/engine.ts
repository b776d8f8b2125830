// A short run of one fuzzer of the C core, and the proof that it finds bugs which were put in. The
// inputs are the same ones each time; `npm run fuzz` looks for others, for longer.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** The bugs of scripts/fuzz.mjs. */
const PLANTED_COUNT = 8;
const NO_COMPILER = 3;

/** @param ran what the fuzzer says when it has run all its inputs */
export function engineSuite(engine: string, inputsCount: number, ran: string): void {
  const args = ['--engine', engine, '--inputs', `${inputsCount}`, '--seed', '1', '--planted'];
  const result = spawnSync(process.execPath, ['scripts/fuzz.mjs', ...args], {
    cwd: REPOSITORY,
    encoding: 'utf8',
  });
  const said = result.stdout + result.stderr;
  const test = suite(`fuzzing the native core (${engine})`);
  const row = (title: string, body: () => void): void => {
    if (result.status === NO_COMPILER) test.skip(title, result.stderr.trim());
    else test(title, body);
  };

  row('each planted bug is found', () => {
    assert.is(said.match(/^ok .*: found$/gm)?.length, PLANTED_COUNT, said);
  });

  row(`${inputsCount} inputs find nothing`, () => {
    assert.is(result.status, 0, said);
    assert.match(said, ran);
  });

  test.run();
}
