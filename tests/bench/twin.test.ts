// Runs the bench of the twin so short that its figures mean nothing: so that it can't rot.

import * as assert from 'uvu/assert';
import { Child } from '../e2e/support/child.ts';
import { suite } from '../support/suite.ts';

const SECONDS_MAX = 60;
const test = suite('the bench of the twin');

test('it measures each row, and judges nothing when it is quick', async () => {
  const child = new Child(process.execPath, ['bench/twin.mjs', '--quick']);
  const { code } = await child.end(SECONDS_MAX);
  assert.is(code, 0, child.describe(`exited with ${code}`));
  const lines = child.stdout.trimEnd().split('\n');
  assert.is(lines.length, 3);
  for (const line of lines) assert.match(line, /^[\d]+ connections, 64 bytes: [\d,]+ events\/s$/);
});

test.run();
