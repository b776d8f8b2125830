// The clients that connect by themselves, in the twin: whatever becomes of the connect, without a
// moment of real time, and that none of their calls waits but the poll.

import * as assert from 'uvu/assert';
import { simulate, type SimulateOptions, type World } from '../../host/sim.ts';
import { suite } from '../support/suite.ts';
import { moduleBytes } from './modules.ts';

const HOST = '127.0.0.1:9000';
const ADDRESS = `tcp:${HOST}`;
const STDIN = moduleBytes('build/stdin-client.wasm');
const RST = moduleBytes('build/rst-client.wasm');
const LINE = `guest: cannot connect to ${HOST}:`;
const DONE = { reason: 'exited', code: 0 };
const FAILED = { reason: 'exited', code: 1 };

const test = suite('clients that connect (twin)');

function start(
  bytes: Uint8Array,
  args: readonly string[] = [],
  options: SimulateOptions = {},
): Promise<World> {
  const allowConnect = [HOST];
  return simulate(bytes, { listen: [], allowConnect, args: ['--to', HOST, ...args], ...options });
}

test('stdin-client connects when the server answers late, and speaks with it', async () => {
  const world = await start(STDIN, [], { stdin: 'Hello\n' });
  const server = world.listen(ADDRESS).ignore();
  world.advance(2500);
  assert.is(server.connections.length, 0);
  server.accept();
  world.advance(2500);
  server.connection().send('Uryyb\n').end();
  world.run();
  assert.equal([server.connection().text(), world.stdout], ['Hello\n', 'Uryyb\n']);
  assert.equal(world.end, { reason: 'exited', code: 0 });
});

for (const [name, bytes] of [
  ['stdin-client', STDIN],
  ['rst-client', RST],
] as const) {
  test(`${name} tells that it was refused`, async () => {
    const world = await start(bytes);
    world.listen(ADDRESS).refuse();
    world.run();
    assert.equal([world.end, world.stderr], [FAILED, `${LINE} connection refused\n`]);
  });

  test(`${name} tells when the system gave up`, async () => {
    const world = await start(bytes);
    world.listen(ADDRESS).ignore();
    world.advance(100_000);
    assert.is(world.end, undefined);
    world.advance(100_000);
    assert.equal([world.end, world.stderr], [FAILED, `${LINE} timed out\n`]);
  });

  test(`${name} gives up after --connect-timeout-ms`, async () => {
    const world = await start(bytes, ['--connect-timeout-ms', '700']);
    world.listen(ADDRESS).ignore();
    world.advance(690);
    assert.is(world.end, undefined);
    world.advance(20);
    assert.equal([world.end, world.stderr], [FAILED, `${LINE} timed out\n`]);
  });

  for (const allowConnect of [[], ['127.0.0.1:9001'], ['127.0.0.2:9000']]) {
    test(`${name} tells that only ${allowConnect.join() || 'nothing'} is allowed`, async () => {
      const world = await start(bytes, [], { allowConnect });
      world.listen(ADDRESS);
      world.run();
      const way = `allow it with --allow-connect ${HOST}`;
      assert.equal([world.end, world.stderr], [FAILED, `${LINE} not allowed; ${way}\n`]);
    });
  }
}

test('rst-client resets each of its connections, behind what it sends', async () => {
  const world = await start(RST, ['--count', '3', '--send', 'Hello']);
  const server = world.listen(ADDRESS);
  world.run();
  assert.equal([world.end, world.stdout], [DONE, 'reset 3 connections\n']);
  const seen = server.connections.map((peer) => [peer.text(), peer.state]);
  assert.equal(seen, Array(3).fill(['Hello', 'reset']));
});

test('rst-client closes what it opened: one descriptor is enough', async () => {
  const world = await start(RST, ['--count', '300'], { maxFds: 4 });
  world.listen(ADDRESS);
  world.run();
  assert.equal([world.end, world.stdout], [DONE, 'reset 300 connections\n']);
});

test.run();
