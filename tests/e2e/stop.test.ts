// A signal ends the guest, whatever it is doing, and leaves nothing behind: the exit code says which
// signal, the addresses are free at once, and clients see the end. Here guests are not given time to
// drain, but for the rows that say so.

import { existsSync, watch } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { within } from './support/deadline.ts';
import { cGuest, ROT13_COMMAND, ROT13_REACTOR, withDirectory } from './support/guests.ts';
import { Load } from './support/load.ts';
import { pollux, Server, withServer, withStarted } from './support/server.ts';
import { ask, connect, ended, received } from './support/target.ts';

const ENDLESS_BYTES = 2 ** 40;
const OPEN_COUNT = 100;
const LOAD_SECONDS_MAX = 60;
const START_SECONDS_MAX = 30;
const STOP_SECONDS_MAX = 30;

const signals = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const;

const test = suite('stop by signal (end to end)');

for (const guest of [ROT13_COMMAND, ROT13_REACTOR]) {
  for (const [signal, code] of signals) {
    test(`${signal} ends a guest that waits in poll: ${guest}`, async () => {
      await withStarted({ guest }, async (server) => {
        assert.is(await ask(server.address, 'Hello'), 'Uryyb');
        await server.assertStops(signal, code);
      });
    });
  }

  test(`SIGINT ends a guest with 100 open connections, and all see the end: ${guest}`, async () => {
    await withStarted({ guest }, async (server) => {
      const load = new Load(server.addresses, {
        active: 0,
        idle: OPEN_COUNT,
        bytes: 1,
        isCut: true,
      });
      await load.flows();
      await server.assertStops('SIGINT', 130);
      assert.is((await load.totals(LOAD_SECONDS_MAX)).cut, OPEN_COUNT);
    });
  });

  test(`SIGTERM ends a guest in the middle of 100 busy connections: ${guest}`, async () => {
    await withStarted({ guest }, async (server) => {
      const options = { active: OPEN_COUNT, bytes: ENDLESS_BYTES, isCut: true };
      const load = new Load(server.addresses, options);
      await load.flows();
      await server.assertStops('SIGTERM', 143);
      assert.is((await load.totals(LOAD_SECONDS_MAX)).cut, OPEN_COUNT);
    });
  });
}

for (const [signal] of signals) {
  test(`${signal} drains a guest: with nothing to finish it exits 0 at once`, async () => {
    const listen = ['tcp:127.0.0.1:0', 'tcp:127.0.0.1:0'];
    for (const guest of [ROT13_COMMAND, ROT13_REACTOR, cGuest('blocking-echo')]) {
      await withStarted({ guest, listen, drainTimeout: '60s' }, (server) =>
        server.assertStops(signal, 0),
      );
    }
  });
}

for (const [signal, code] of signals) {
  test(`${signal} ends a guest that blocks in accept`, async () => {
    await withStarted({ guest: cGuest('blocking-echo') }, async (server) => {
      assert.is(await ask(server.address, 'Hello'), 'Hello');
      await server.assertStops(signal, code);
    });
  });

  test(`${signal} ends a guest that blocks in read`, async () => {
    await withStarted({ guest: cGuest('blocking-echo') }, async (server) => {
      const client = await connect(server.address);
      client.write('x');
      assert.is(await received(client), 'x');
      const hasEnded = ended(client);
      await server.assertStops(signal, code);
      await hasEnded;
    });
  });
}

test('SIGINT ends a guest that computes for ever and makes no call', async () => {
  await withStarted({ guest: cGuest('spin') }, async (server) => {
    const client = await connect(server.address);
    assert.is(await received(client), 'x');
    const hasEnded = ended(client);
    await server.assertStops('SIGINT', 130);
    await hasEnded;
  });
});

test('SIGINT ends a guest whose output nobody reads', async () => {
  const child = pollux(['run', cGuest('flood')]);
  try {
    await within(
      START_SECONDS_MAX,
      child.output('stdout', (text) => (text === '' ? undefined : text)),
      () => child.describe('writes nothing'),
    );
    child.stopReading();
    child.kill('SIGINT');
    const exit = await within(STOP_SECONDS_MAX, child.exited, () => 'it has not ended');
    assert.equal(exit, { code: 130, signal: null });
    child.readOn();
    await child.end(STOP_SECONDS_MAX);
  } finally {
    child.kill('SIGKILL');
  }
});

test('SIGINT ends a guest that blocks, and those that wait in its queue see the end', async () => {
  await withStarted({ guest: cGuest('blocking-echo') }, async (server) => {
    const load = new Load(server.addresses, { active: 0, idle: OPEN_COUNT, bytes: 1, isCut: true });
    await load.flows();
    await server.assertStops('SIGINT', 130);
    assert.is((await load.totals(LOAD_SECONDS_MAX)).cut, OPEN_COUNT);
  });
});

test('a signal that comes twice at once, as Ctrl-C under npm does, is one', async () => {
  await withStarted({ guest: ROT13_COMMAND }, async (server) => {
    server.child.kill('SIGINT');
    await server.assertStops('SIGINT', 130);
  });
});

test('the path of a unix socket is gone after the end', async () => {
  await withDirectory(async (directory) => {
    const listen = [`unix:${join(directory, 'a.sock')}`, `unix:${join(directory, 'b.sock')}`];
    await withStarted({ guest: ROT13_COMMAND, listen }, (server) =>
      server.assertStops('SIGINT', 130),
    );
  });
});

test('a signal that comes before the guest runs leaves no unix path either', async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, 'a.sock');
    const watcher = watch(directory);
    const hasAppeared = new Promise((done) => watcher.once('change', done));
    // Without a drain, so that a signal that comes late after all is answered the same way.
    const options = ['--drain-timeout', '0s', '--listen', `unix:${path}`];
    const child = pollux(['run', ROT13_COMMAND, ...options]);
    try {
      await within(START_SECONDS_MAX, hasAppeared, () => child.describe('does not listen'));
      child.kill('SIGINT');
      const exit = await child.end(STOP_SECONDS_MAX);
      assert.equal(exit, { code: 130, signal: null });
      assert.not(existsSync(path));
    } finally {
      watcher.close();
      child.kill('SIGKILL');
    }
  });
});

test('a unix path left over by a killed server is taken over', async () => {
  await withDirectory(async (directory) => {
    const listen = [`unix:${join(directory, 'a.sock')}`];
    const killed = await Server.start({ guest: ROT13_COMMAND, listen });
    assert.equal(await killed.stop('SIGKILL'), { code: null, signal: 'SIGKILL' });
    await withServer({ guest: ROT13_COMMAND, listen }, async (server) => {
      assert.is(await ask(server.address, 'Hello'), 'Uryyb');
    });
  });
});

test.run();
