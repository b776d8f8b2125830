// pollux/sim under the test frameworks of its users: a test passes, one fails and names its seed, and
// the environment pins a seed. vitest is tried where it is installed.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = 'tests/sim/frameworks';
const VITEST = 'node_modules/vitest/vitest.mjs';

const FRAMEWORKS: readonly (readonly [name: string, words: readonly string[]])[] = [
  ['uvu', [`${FOLDER}/uvu.mjs`]],
  ['node:test', ['--test', `${FOLDER}/node-test.mjs`]],
  ['vitest', [VITEST, 'run', `${FOLDER}/vitest.test.mjs`]],
];

const test = suite('pollux/sim under test frameworks');

function run(words: readonly string[], seed?: string): { code: number | null; said: string } {
  const env: NodeJS.ProcessEnv = { ...process.env, NODE_TEST_CONTEXT: undefined };
  if (seed !== undefined) env['POLLUX_SIM_SEED'] = seed;
  const { status, stdout, stderr } = spawnSync(process.execPath, words, {
    cwd: ROOT,
    env,
    encoding: 'utf8',
  });
  return { code: status, said: stdout + stderr };
}

for (const [name, words] of FRAMEWORKS) {
  const title = `${name}: a failure names its seed, and a seed can be pinned`;
  if (name === 'vitest' && !existsSync(`${ROOT}${VITEST}`)) {
    test.skip(title, 'vitest is not installed (npm install --no-save vitest)');
    continue;
  }
  test(title, () => {
    const failed = run(words);
    assert.is.not(failed.code, 0, failed.said);
    assert.match(failed.said, 'again: POLLUX_SIM_SEED=2');
    assert.not.match(failed.said, 'POLLUX_SIM_SEED=1');
    const pinned = run(words, '1');
    assert.is(pinned.code, 0, pinned.said);
  });
}

test.run();
