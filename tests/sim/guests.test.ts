// Servers that nobody wrote for the twin: plain C against wasi-libc, that import only preview1.

import * as assert from 'uvu/assert';
import { simulate } from '../../host/sim.ts';
import { cGuest } from '../e2e/support/guests.ts';
import { suite } from '../support/suite.ts';
import { moduleBytes } from './modules.ts';

const test = suite('C guests in the twin');

for (const name of ['poll-echo', 'select-echo', 'blocking-echo', 'accept4-echo']) {
  const bytes = moduleBytes(cGuest(name));
  test(`${name} serves its clients, every byte unchanged`, async () => {
    const world = await simulate(bytes, { seed: 3, latencyMs: [0, 3], segmentBytes: [1, 900] });
    const text = 'every byte '.repeat(2000);
    const clients = [world.connect(), world.connect(), world.connect()];
    for (const client of clients) client.send(text);
    world.run();
    for (const client of clients) client.end();
    world.run();
    for (const client of clients) {
      assert.ok(client.text() === text);
      assert.is(client.state, 'ended');
    }
  });

  test(`${name} does the same each time`, async () => {
    const hashes = [];
    for (let round = 0; round < 2; round++) {
      const world = await simulate(bytes, { seed: 3, latencyMs: [0, 3] });
      const client = world.connect().send('once');
      world.run();
      client.send('more').end();
      hashes.push(world.run().traceHash);
    }
    assert.is(hashes[0], hashes[1]);
  });
}

test('a guest sees its arguments, its environment and its input, and its output is kept', async () => {
  const env = { COLOUR: 'green' };
  const world = await simulate(moduleBytes(cGuest('print-env')), { args: ['one'], env });
  world.run();
  assert.match(world.stdout, /^arg 0: guest\.wasm\narg 1: one\n/);
  assert.match(world.stdout, /COLOUR=green\n/);
  assert.match(world.stdout, /LISTEN_FDS=1\n/);
  assert.equal(world.end, { reason: 'exited', code: 0 });
});

test('an exit code is told', async () => {
  const world = await simulate(moduleBytes(cGuest('exit-with')), { args: ['7'] });
  assert.equal(world.run().end, { reason: 'exited', code: 7 });
});

test('a trap is a failure of the test', async () => {
  const world = await simulate(moduleBytes(cGuest('trap')));
  assert.throws(() => world.run(), /the guest trapped: unreachable/);
});

test('a guest that never comes to rest is a failure of the test', async () => {
  const world = await simulate(moduleBytes(cGuest('flood')), { callBudget: 5000 });
  assert.throws(() => world.run(), /made 5000 calls and did not come to rest/);
});

test('a guest is followed call by call', async () => {
  const world = await simulate(moduleBytes(cGuest('poll-echo')));
  const client = world.connect().send('step');
  const calls: number[] = [];
  for (let step = 0; step < 4; step++) {
    world.stepCall();
    calls.push(world.trace().trimEnd().split('\n').length);
  }
  assert.equal(calls, [1, 2, 3, 4]);
  assert.is(client.text(), '');
  world.run();
  assert.is(client.text(), 'step');
});

test('a guest stepped call by call does what it does in one run', async () => {
  const bytes = moduleBytes(cGuest('select-echo'));
  const [stepped, whole] = [await simulate(bytes), await simulate(bytes)];
  for (const world of [stepped, whole]) world.connect().send('the same').end();
  for (let step = 0; step < 30; step++) stepped.stepCall();
  stepped.run();
  whole.run();
  assert.is(stepped.traceHash, whole.traceHash);
});

test.run();
