// Level and edge triggering, counted in the twin: the counts are exact, and so they are the claim.

import * as assert from 'uvu/assert';
import { simulate } from '../../host/sim.ts';
import { suite } from '../support/suite.ts';
import { moduleBytes } from './modules.ts';

const bytes = moduleBytes('build/trigger-demo.wasm');
const SELF = '127.0.0.1:8000';

const test = suite('trigger-demo (twin)');

/** Label -> the numbers behind it. */
function rowsOf(stdout: string): Map<string, number[]> {
  const rows = stdout.matchAll(/^(.*?[a-zA-Z-])((?: +\d+)+)$/gm);
  return new Map(
    [...rows].map(([, label, numbers]) => [
      `${label}`,
      `${numbers}`.trim().split(/ +/).map(Number),
    ]),
  );
}

test('bytes that are left unread wake three of the four in every wait, and edge once', async () => {
  const world = await simulate(bytes, { args: ['--rounds', '7', '--wait-ms', '5'] });
  world.run();
  assert.is(world.stdout, '');
  world.connect().send('some bytes');
  world.run();
  world.advance(1000);
  assert.match(world.stdout, /^wake-ups of 7 waits\n/);
  const expected = { select: [7], poll: [7], 'epoll, level-triggered': [7] };
  const rows = Object.fromEntries(rowsOf(world.stdout));
  assert.equal(rows, { ...expected, 'epoll, edge-triggered': [1] });
  assert.equal(world.end, { reason: 'exited', code: 0 });
});

test('more bytes in the middle are one more wake-up for edge', async () => {
  const world = await simulate(bytes, { args: ['--rounds', '100', '--wait-ms', '10'] });
  const client = world.connect().send('some');
  world.run();
  world.advance(300);
  client.send(' more');
  world.run();
  world.advance(2000);
  assert.equal(rowsOf(world.stdout).get('epoll, edge-triggered'), [2]);
});

test('--measure counts what each way of draining wakes for and calls', async () => {
  const args = ['--measure', '50', '--to', SELF];
  const world = await simulate(bytes, { listen: [`tcp:${SELF}`], allowConnect: [SELF], args });
  world.run();
  assert.equal(world.end, { reason: 'exited', code: 0 }, world.stderr);
  const counts = [...rowsOf(world.stdout)].map(([label, [wakeUps, calls]]) => [
    label,
    wakeUps,
    calls,
  ]);
  assert.equal(counts, [
    ['64 bytes, level, one receive', 50, 100],
    ['64 bytes, level, until short', 50, 100],
    ['64 bytes, edge, until AGAIN', 50, 150],
    ['64 bytes, edge, until short', 50, 100],
    ['4000 bytes, level, one receive', 400, 800],
    ['4000 bytes, level, until short', 50, 450],
    ['4000 bytes, edge, until AGAIN', 50, 500],
    ['4000 bytes, edge, until short', 50, 450],
  ]);
});

const SAYS_TO = '--measure sends to itself; give --to with the address of --listen';
for (const [args, line] of [
  [['--rounds', '0'], '--rounds does not take 0'],
  [['--wait-ms', '-1'], '--wait-ms does not take -1'],
  [['--measure', '0'], '--measure does not take 0'],
  [['--measure', '1'], SAYS_TO],
  [['--slow'], 'unknown argument --slow'],
  [[], 'no listener; give one with --listen, such as --listen tcp:127.0.0.1:8080'],
] as const) {
  test(`${JSON.stringify(args)} without a listener is one line`, async () => {
    const world = await simulate(bytes, { args, listen: [] });
    assert.equal(world.run().end, { reason: 'exited', code: 2 });
    assert.is(world.stderr, `guest: ${line}\n`);
  });
}

test.run();
