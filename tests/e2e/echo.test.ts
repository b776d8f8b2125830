// Our own program on the real kernel, both of its forms, over every kind of address. The clients
// are another process and check every byte.

import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { hasIoUring } from './support/io-uring.ts';
import { Child } from './support/child.ts';
import { ROT13_COMMAND, ROT13_REACTOR, withDirectory } from './support/guests.ts';
import { load } from './support/load.ts';
import { withServer } from './support/server.ts';
import { ask, hasIpv6, targetOf } from './support/target.ts';

const KIB = 1024;
const forms = { command: ROT13_COMMAND, reactor: ROT13_REACTOR };
const ipv6 = await hasIpv6();

for (const [form, guest] of Object.entries(forms)) {
  const test = suite(`rot13 echo, ${form} (end to end)`);

  test('100 connections beside 100 idle ones get every byte back, rotated', async () => {
    await withServer({ guest }, async (server) => {
      const totals = await load(server.addresses, { active: 100, idle: 100, bytes: 256 * KIB });
      assert.is(totals.receivedBytes, totals.sentBytes);
      assert.ok(totals.receivedBytes >= 100 * 256 * KIB);
      assert.is(totals.idleAnswered, 100);
    });
  });

  test('connections that come and go, 10 at a time, are all served', async () => {
    await withServer({ guest }, async (server) => {
      const totals = await load(server.addresses, { active: 500, atOnce: 10, bytes: 1 });
      assert.is(totals.receivedBytes, totals.sentBytes);
    });
  });

  test('it serves a unix socket', async () => {
    await withDirectory(async (directory) => {
      const listen = [`unix:${join(directory, 'echo.sock')}`];
      await withServer({ guest, listen }, async (server) => {
        assert.equal(server.addresses, listen);
        await load(server.addresses, { active: 20, idle: 20, bytes: 256 * KIB });
      });
    });
  });

  test('one guest serves several listeners at once', async () => {
    await withDirectory(async (directory) => {
      const unix = `unix:${join(directory, 'echo.sock')}`;
      const listen = ['tcp:127.0.0.1:0', unix, 'tcp:127.0.0.1:0'];
      await withServer({ guest, listen }, async (server) => {
        assert.is(server.addresses.length, 3);
        assert.is(new Set(server.addresses).size, 3);
        for (const address of server.addresses) assert.is(await ask(address, 'Hello'), 'Uryyb');
        await load(server.addresses, { active: 30, idle: 30, bytes: 64 * KIB });
      });
    });
  });

  const onIpv6 = async (): Promise<void> => {
    await withServer({ guest, listen: ['tcp:[::1]:0'] }, async (server) => {
      assert.match(server.address, /^tcp:\[::1\]:\d+$/);
      await load(server.addresses, { active: 20, idle: 20, bytes: 64 * KIB });
    });
  };
  if (ipv6) test('it serves IPv6', onIpv6);
  else test.skip('it serves IPv6', 'this machine has no ::1');

  test('its line names the guest, the kernel and what it stands on', async () => {
    await withServer({ guest }, async (server) => {
      const demux = hasIoUring() ? 'epoll and io_uring' : 'epoll';
      assert.is(server.what, `${guest.slice('build/'.length)}, native kernel, ${demux}`);
      assert.match(server.address, /^tcp:127\.0\.0\.1:[1-9]\d*$/);
      assert.is(server.child.stderr.split('\n').length, 2, 'the line is the only one');
    });
  });

  test("the README's session with bash prints Uryyb", async () => {
    await withServer({ guest }, async (server) => {
      const target = targetOf(server.address);
      assert.ok('port' in target);
      const bash = new Child('bash', [
        '-c',
        `exec 3<>/dev/tcp/127.0.0.1/${target.port}; printf 'Hello\\n' >&3; head -1 <&3`,
      ]);
      assert.equal(await bash.end(20), { code: 0, signal: null });
      assert.is(bash.stdout, 'Uryyb\n');
    });
  });

  test.run();
}
