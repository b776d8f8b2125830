// Level and edge triggering on the real kernel, by the commands that the page gives.

import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { withStarted, runPollux } from './support/server.ts';
import { closed, connect, listen } from './support/target.ts';

const guest = 'build/trigger-demo.wasm';

const test = suite('trigger-demo (end to end)');

test('a client that sends and does not end wakes level every time and edge once', async () => {
  await withStarted({ guest }, async (server) => {
    const client = await connect(server.address);
    client.write('some bytes');
    const exit = await server.child.end(30);
    client.destroy();
    assert.equal(exit, { code: 0, signal: null });
    const rows = server.child.stdout.split('\n').map((line) => line.replace(/ {2,}/, ': '));
    assert.equal(rows, [
      'wake-ups of 10 waits',
      'select: 10',
      'poll: 10',
      'epoll, level-triggered: 10',
      'epoll, edge-triggered: 1',
      '',
    ]);
  });
});

test('--measure prints a table of what it did, for messages to itself', async () => {
  // Nobody else uses this address, so that the port stays free.
  const host = '127.83.71.67';
  const probe = await listen({ host, port: 0 });
  const address = `${host}:${(probe.address() as AddressInfo).port}`;
  await closed(probe);
  const options = ['--listen', `tcp:${address}`, '--allow-connect', address, '--quiet'];
  const args = ['--measure', '2000', '--to', address];
  const { code, stdout, stderr } = await runPollux(['run', guest, ...options, '--', ...args]);
  assert.equal([code, stderr], [0, '']);
  const lines = stdout.trimEnd().split('\n');
  assert.is(lines.length, 9);
  assert.match(lines[0] ?? '', /^2000 messages +wake-ups +calls +ns a message$/);
  const edge = lines.find((line) => line.startsWith('64 bytes, edge, until AGAIN'));
  assert.match(edge ?? '', / 2000 +6000 +[1-9]\d*$/);
});

test.run();
