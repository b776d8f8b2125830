// A server on the epoll imports, as typed: run, traced, recorded, replayed, drained.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { epollEcho } from '../support/epoll-echo.ts';
import { suite } from '../support/suite.ts';
import { nextText } from './support/exchange.ts';
import { withDirectory } from './support/guests.ts';
import { load } from './support/load.ts';
import { COMPLETE, recordingIn, replayed } from './support/recordings.ts';
import { runPollux, withServer, withStarted } from './support/server.ts';
import { connect } from './support/target.ts';

const test = suite('a server on the epoll imports (end to end)');

/** Runs `body` with the path of the guest. */
async function withGuest(body: (guest: string, directory: string) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    const guest = join(directory, 'epoll-echo.wasm');
    writeFileSync(guest, epollEcho());
    await body(guest, directory);
  });
}

test('a hundred clients at once get what they send', async () => {
  await withGuest(async (guest) => {
    await withServer({ guest }, async ({ addresses }) => {
      const totals = await load(addresses, { active: 100, bytes: 20_000, answer: 'same' });
      assert.ok(totals.sentBytes >= 100 * 20_000);
      assert.is(totals.receivedBytes, totals.sentBytes);
    });
  });
});

test('what it was told is traced by name', async () => {
  await withGuest(async (guest) => {
    await withStarted({ guest, options: ['--trace'] }, async (server) => {
      const client = await connect(server.address);
      client.write('Hello\n');
      assert.is(await nextText(client), 'Hello\n');
      client.destroy();
      await server.stop('SIGTERM');
      const { stderr } = server.child;
      for (const line of [
        /epoll_create\(\) = SUCCESS, epfd 4/,
        /epoll_ctl\(fd 4, ADD, fd 3, \{IN ptr 0x0 fd 3 data1 0 #0\}\) = SUCCESS/,
        /epoll_ctl\(fd 4, ADD, fd 5, \{IN ptr 0x0 fd 5 data1 1 #0\}\) = SUCCESS/,
        /epoll_wait\(fd 4, 1, \d+\) = SUCCESS, nevents 1, \[IN ptr 0x0 fd 5 data1 1 #0\]/,
      ]) {
        assert.match(stderr, line);
      }
    });
  });
});

test('a recording is replayed to the same memory', async () => {
  await withGuest(async (guest, directory) => {
    const file = recordingIn(directory);
    await withStarted({ guest, options: ['--record', file] }, async (server) => {
      await load(server.addresses, { active: 30, bytes: 5000, answer: 'same' });
      await server.assertStops('SIGTERM', 143);
    });
    const { how, calls } = await replayed(file);
    assert.is(how, COMPLETE);
    assert.ok(calls > 100);
    const { stdout } = await runPollux(['trace', file, '--calls', 'epoll_wait']);
    assert.ok(stdout.split('\n').length > 60, stdout.slice(0, 500));
  });
});

test('asleep in its wait it hears of draining, serves what is open, and ends by itself', async () => {
  await withGuest(async (guest) => {
    await withStarted({ guest, drainTimeout: '20s' }, async (server) => {
      const client = await connect(server.address);
      client.write('before');
      assert.is(await nextText(client), 'before');
      const end = server.stop('SIGTERM');
      client.write('after');
      assert.is(await nextText(client), 'after');
      client.end();
      assert.equal(await end, { code: 0, signal: null });
    });
  });
});

test.run();
