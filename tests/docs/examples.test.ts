// The examples run, and print what a reader of them expects.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';

const test = suite('examples');
const folder = fileURLToPath(new URL('../../examples/', import.meta.url));

const OUTPUT: Readonly<Record<string, RegExp>> = {
  'bug-to-test.mjs':
    /^recorded all that entered the guest\nreplayed without a network: the guest sent Uryyb\n$/,
  'simulate.mjs':
    /^a line at a time: 5 5\nfound: seed \d+: "hello\\nworld\\n" was answered with "[^"]*" \(again: POLLUX_SIM_SEED=\d+\)\n$/,
  'embed.mjs':
    /^listening on tcp:127\.0\.0\.1:\d+\nUryyb sebz gur cebtenz nebhaq gur fnaqobk\n1 connection, 42 bytes in, 42 bytes out\nstopped\n$/,
};

test('every example is tried here', () => {
  const programs = readdirSync(folder).filter((name) => name.endsWith('.mjs'));
  assert.equal(programs.sort(), Object.keys(OUTPUT).sort());
});

for (const [name, output] of Object.entries(OUTPUT)) {
  test(`${name} runs to its end`, () => {
    const child = spawnSync(process.execPath, [name], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.is(child.stderr, '');
    assert.match(child.stdout, output);
    assert.is(child.status, 0);
  });
}

test.run();
