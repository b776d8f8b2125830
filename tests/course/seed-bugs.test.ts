// Each bug of the seed's programs is seen failing in the twin, and our program passes the same
// script.

import { readdirSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { show } from './seed-bug.ts';
import { bugs, unseen } from './seed-bugs.ts';

const test = suite("the seed's bugs");
const programs = new URL('../../assembly/programs/', import.meta.url);

for (const bug of bugs) {
  test(`${bug.id} shows in ${bug.seed}`, async () => {
    assert.is(await show(bug, bug.seed), bug.seedShows);
  });
  test(`${bug.id} does not show in ${bug.ours}`, async () => {
    assert.is(await show(bug, bug.ours), bug.oursShows);
  });
}

test('every bug that a program names is played, or has a reason why not', () => {
  const named = readdirSync(programs)
    .filter((name) => name.startsWith('seed-'))
    .map((name) => readFileSync(new URL(name, programs), 'utf8'))
    .flatMap((source) => [...source.matchAll(/BUG ([a-z0-9-]+):/g)].map(([, id]) => id ?? ''));
  const told = [...bugs.map(({ id }) => id), ...Object.keys(unseen)];
  assert.ok(named.length > 20);
  assert.equal([...named].sort(), [...told].sort());
});

test.run();
