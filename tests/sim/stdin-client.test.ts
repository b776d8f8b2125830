// The client of select01 in the twin. Its input is a file, which is always ready: what holds it back
// is the connection alone.

import * as assert from 'uvu/assert';
import { forAllSeeds, simulate, type SimulateOptions, type World } from '../../host/sim.ts';
import { suite } from '../support/suite.ts';
import { moduleBytes } from './modules.ts';

const ADDRESS = 'tcp:127.0.0.1:9000';
/** Of one direction, in the guest. */
const BUFFER_BYTES = 65_536;

const bytes = moduleBytes('build/stdin-client.wasm');
const long = Array.from({ length: 200_000 }, (_, line) => `line ${line}\n`).join('');

const test = suite('stdin-client (twin)');

const start = (options: SimulateOptions): Promise<World> =>
  simulate(bytes, { listen: [], connect: [ADDRESS], ...options });

/** How many bytes the calls of one name have moved. */
function movedBytes(world: World, call: string): number {
  const lines = [...world.trace().matchAll(/^\S+ (\w+)\(.*?\) = (\d+)/gm)];
  return lines.reduce((sum, [, name, count]) => sum + (name === call ? Number(count) : 0), 0);
}

test('input is sent, answers are printed, and the end of both is code 0', async () => {
  const world = await start({ stdin: 'Hello\nWorld' });
  const server = world.listen(ADDRESS);
  world.run();
  assert.equal([server.connection().text(), world.end], ['Hello\nWorld', undefined]);
  server.connection().send('Uryyb\n').end();
  world.run();
  assert.equal([world.stdout, world.stderr], ['Uryyb\n', '']);
  assert.equal(world.end, { reason: 'exited', code: 0 });
});

test('it half-closes at the end of its input, and drains what still comes', async () => {
  const world = await start({ stdin: 'x' });
  const server = world.listen(ADDRESS);
  world.run();
  assert.is(server.connection().state, 'ended');
  server.connection().send(long);
  world.run();
  assert.is(world.end, undefined);
  server.connection().end();
  world.run();
  assert.ok(world.stdout === long);
  assert.equal(world.end, { reason: 'exited', code: 0 });
});

test('what the server does not read stops the reading of the input, and nothing is lost', async () => {
  const world = await start({ stdin: long, sendBufferBytes: 8192 });
  const server = world.listen(ADDRESS, { paused: true, receiveBufferBytes: 8192 });
  world.run();
  const [read, sent] = [movedBytes(world, 'read'), movedBytes(world, 'send')];
  assert.ok(sent > 0 && read - sent <= BUFFER_BYTES, `${read} bytes read, ${sent} sent`);
  const calls = world.trace().length;
  world.advance(5000);
  assert.is(movedBytes(world, 'read'), read);
  assert.ok(world.trace().length - calls < 1000, 'it waits, and does not try');
  server.connection().resume();
  world.run();
  assert.ok(server.connection().text() === long);
});

test('answers go on while the server takes no more lines', async () => {
  const world = await start({ stdin: long });
  const server = world.listen(ADDRESS, { paused: true, receiveBufferBytes: 8192 });
  world.run();
  server.connection().send('an answer\n');
  world.run();
  assert.is(world.stdout, 'an answer\n');
});

for (const [what, deed, stderr] of [
  ['ends', 'end', 'guest: server terminated\n'],
  ['resets', 'reset', 'guest: cannot receive: connection reset\n'],
] as const) {
  test(`a server that ${what} while input is left is told: code 1`, async () => {
    const world = await start({ stdin: long });
    const server = world.listen(ADDRESS, { paused: true, receiveBufferBytes: 8192 });
    world.run();
    server.connection().send('last words\n');
    world.run();
    server.connection()[deed]();
    world.run();
    assert.equal([world.stdout, world.stderr], ['last words\n', stderr]);
    assert.equal(world.end, { reason: 'exited', code: 1 });
  });
}

for (const call of ['recv', 'send', 'read', 'write'] as const) {
  test(`a ${call} that could not be done after all is made again`, async () => {
    const world = await start({ stdin: 'Hello\n' });
    const server = world.listen(ADDRESS);
    world.failCall(call, 'AGAIN');
    world.run();
    server.connection().send('Uryyb\n').end();
    world.run();
    assert.equal([server.connection().text(), world.stdout], ['Hello\n', 'Uryyb\n']);
    assert.equal(world.end, { reason: 'exited', code: 0 });
  });
}

test('when the server is gone for sending, what it said before is still printed', async () => {
  const world = await start({ stdin: 'Hello\n' });
  const server = world.listen(ADDRESS);
  world.failCall('send', 'PIPE');
  world.run();
  server.connection().send('last words\n').end();
  world.run();
  assert.equal([world.stdout, world.stderr], ['last words\n', 'guest: server terminated\n']);
  assert.equal(world.end, { reason: 'exited', code: 1 });
});

test('whatever the network cuts and delays, both directions arrive whole', async () => {
  const text = long.slice(0, 20_000);
  await forAllSeeds(20, async (seed) => {
    const chance = { latencyMs: [0, 5], segmentBytes: [1, 2000], sendBufferBytes: 4096 } as const;
    const world = await start({ seed, stdin: text, ...chance });
    const server = world.listen(ADDRESS, { receiveBufferBytes: 4096 });
    world.run();
    server.connection().send(text).end();
    world.run();
    assert.ok(server.connection().text() === text && world.stdout === text);
    assert.equal(world.end, { reason: 'exited', code: 0 });
  });
});

test.run();
