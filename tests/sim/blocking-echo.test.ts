// The server without multiplexing, in the twin: whose turn it is, and that no byte is lost.

import * as assert from 'uvu/assert';
import { simulate, type World } from '../../host/sim.ts';
import { suite } from '../support/suite.ts';
import { moduleBytes } from './modules.ts';

const bytes = moduleBytes('build/blocking-echo.wasm');
const long = 'every byte '.repeat(20_000);

const test = suite('blocking-echo (twin)');

test('clients are served in turn, every byte unchanged', async () => {
  const world = await simulate(bytes, { seed: 3, latencyMs: [0, 3], segmentBytes: [1, 900] });
  const clients = [world.connect(), world.connect(), world.connect()];
  for (const client of clients) client.send(long.slice(0, 30_000)).end();
  world.run();
  for (const client of clients) {
    assert.ok(client.text() === long.slice(0, 30_000));
    assert.is(client.state, 'ended');
  }
});

test('a second client is connected and unanswered until the first has ended', async () => {
  const world = await simulate(bytes);
  const first = world.connect().send('first');
  const second = world.connect().send('second');
  world.run();
  assert.equal([first.text(), second.text(), second.state], ['first', '', 'open']);
  first.end();
  world.run();
  assert.is(second.text(), 'second');
});

test('a client that stops reading holds everyone up, and loses nothing', async () => {
  const world = await simulate(bytes);
  const slow = world.connect({ receiveBufferBytes: 4096 }).pause().send(long.repeat(40)).end();
  const second = world.connect().send('second').end();
  world.run();
  assert.equal([slow.bytes().length, second.text()], [0, '']);
  slow.resume();
  world.run();
  assert.ok(slow.text() === long.repeat(40));
  assert.is(second.text(), 'second');
});

const breaks: readonly (readonly [string, (world: World) => void])[] = [
  ['resets', (world) => void world.connect().send('x').reset()],
  ['is gone before its answer', (world) => void world.connect().send(long).close()],
  ['is aborted in the queue', (world) => world.failCall('accept', 'CONNABORTED')],
];

for (const [what, happens] of breaks) {
  test(`when a client ${what}, the next one is served`, async () => {
    const world = await simulate(bytes);
    happens(world);
    const next = world.connect().send('next').end();
    world.run();
    assert.equal([next.text(), next.state, world.end], ['next', 'ended', undefined]);
  });
}

test('an accept that would fail again ends it with a line', async () => {
  const world = await simulate(bytes);
  world.failCall('accept', 'MFILE');
  world.connect();
  world.run();
  assert.equal(world.end, { reason: 'exited', code: 1 });
  assert.is(world.stderr, 'guest: cannot accept, errno 33\n');
});

test('it has no arguments', async () => {
  const world = await simulate(bytes, { args: ['--fast'] });
  assert.equal(world.run().end, { reason: 'exited', code: 2 });
  assert.is(world.stderr, 'guest: unknown argument --fast\n');
});

test.run();
