// The client that resets, on the real kernel: what its server sees, and that servers of ours live on.

import type { Socket } from 'node:net';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { startClient, outcomeOf, withScript, type Outcome } from './support/clients.ts';
import { soon } from './support/exchange.ts';
import { ROT13_COMMAND } from './support/guests.ts';
import { withServer } from './support/server.ts';
import { ask } from './support/target.ts';

const guest = 'build/rst-client.wasm';

const test = suite('rst-client (end to end)');

function reset(address: string, args: readonly string[] = []): Promise<Outcome> {
  const client = startClient(guest, ['--allow-connect', address], ['--to', address, ...args]);
  return outcomeOf(client);
}

test('its server sees a reset, and no end', async () => {
  let see: (what: string) => void = () => {};
  const seen = new Promise<string>((done) => (see = done));
  const serve = (socket: Socket): void => {
    socket.resume().on('end', () => see('an end'));
    socket.on('error', ({ message }) => see(message));
  };
  await withScript(serve, async (address) => {
    const outcome = await reset(address);
    assert.equal(outcome, { code: 0, signal: null, stdout: 'reset 1 connection\n', stderr: '' });
    assert.is(await soon(seen, 'the server saw nothing'), 'read ECONNRESET');
  });
});

test('with --count so many connections are made, and each is reset', async () => {
  let resetCount = 0;
  let see = (): void => {};
  const seen = new Promise<void>((done) => (see = done));
  const serve = (socket: Socket): void => {
    socket.resume().on('error', () => {
      resetCount += 1;
      if (resetCount === 50) see();
    });
  };
  await withScript(serve, async (address) => {
    const { code, stdout } = await reset(address, ['--count', '50']);
    assert.equal([code, stdout], [0, 'reset 50 connections\n']);
    await soon(seen, 'not every connection was reset');
  });
});

test('what --send says arrives before the reset', async () => {
  let hear: (text: string) => void = () => {};
  const heard = new Promise<string>((done) => (hear = done));
  const serve = (socket: Socket): void => void socket.once('data', (bytes) => hear(String(bytes)));
  await withScript(serve, async (address) => {
    assert.is((await reset(address, ['--send', 'Hello, you'])).code, 0);
    assert.is(await soon(heard, 'the server heard nothing'), 'Hello, you');
  });
});

for (const server of [ROT13_COMMAND, 'build/poll-echo.wasm', 'build/blocking-echo.wasm']) {
  for (const args of [[], ['--send', 'Hello']]) {
    test(`${[server, ...args].join(' ')}: 500 resets leave the server as it was`, async () => {
      await withServer({ guest: server }, async ({ address }) => {
        const target = address.replace('tcp:', '');
        const { code, stderr } = await reset(target, ['--count', '500', ...args]);
        assert.equal([code, stderr], [0, '']);
        const answer = server === ROT13_COMMAND ? 'Uryyb' : 'Hello';
        assert.is(await ask(address, 'Hello'), answer);
      });
    });
  }
}

test('a refused connection is one line', async () => {
  let address = '';
  await withScript(
    () => {},
    async (each) => void (address = each),
  );
  const { code, stderr } = await reset(address);
  assert.equal([code, stderr], [1, `guest: cannot connect to ${address}: connection refused\n`]);
});

test.run();
