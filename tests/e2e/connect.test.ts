// Guests that are clients: on connections that they are given, and on those that they make. As typed.

import { existsSync, readFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { makeNativeKernel } from '../contract/native-peers.ts';
import { suite } from '../support/suite.ts';
import type { Exit } from './support/child.ts';
import { within } from './support/deadline.ts';
import { cGuest, ROT13_COMMAND, withDirectory } from './support/guests.ts';
import { COMPLETE, recordingIn, replayed, until } from './support/recordings.ts';
import { pollux, runPollux, Server, withStarted } from './support/server.ts';
import { ask, closed, listen } from './support/target.ts';

const test = suite('clients (end to end)');
const SECONDS_MAX = 30;
const CLIENT = cGuest('connect-client');

/** Runs `body` beside our own server: where it listens, and its port. */
function withEcho(body: (address: string, port: string) => Promise<void>): Promise<void> {
  return withStarted({ guest: ROT13_COMMAND }, async (server) => {
    await body(server.address, server.address.split(':').at(-1) ?? '');
  });
}

function client(...args: readonly string[]): ReturnType<typeof runPollux> {
  return runPollux(['run', CLIENT, ...args]);
}

// ---- connections that are given ----------------------------------------------------------------

test('a connection that was given is descriptor 3, and stands before the guest starts', async () => {
  await withEcho(async (address) => {
    const end = await client('--connect', address, '--', 'fd', '3', 'Hello');
    assert.equal(end, { code: 0, signal: null, stdout: 'Uryyb', stderr: '' });
  });
});

test('several follow one another, after the listeners, and only these are counted', async () => {
  await withEcho(async (address) => {
    const given = ['--connect', address, '--connect', address, '--listen', 'tcp:127.0.0.1:0'];
    for (const fd of ['4', '5']) {
      const end = await client(...given, '--quiet', '--', 'fd', fd, 'Hello');
      assert.equal(end, { code: 0, signal: null, stdout: 'Uryyb', stderr: '' });
    }
    const end = await runPollux(['run', cGuest('print-env'), ...given, '--quiet']);
    assert.match(end.stdout, /env: LISTEN_FDS=1\n/);
  });
});

test('a unix socket and an IPv6 address can be connected to', async () => {
  await withDirectory(async (directory) => {
    const listeners = [`unix:${join(directory, 's')}`, 'tcp:[::1]:0'];
    await withStarted({ guest: ROT13_COMMAND, listen: listeners }, async ({ addresses }) => {
      for (const address of addresses) {
        const end = await client('--connect', address, '--', 'fd', '3', 'Hello');
        assert.is(end.stdout, 'Uryyb', `${address}: ${end.stderr}`);
      }
    });
  });
});

test('where one of several addresses of a name answers, it is that', async () => {
  await withEcho(async (_, port) => {
    const end = await client('--connect', `tcp:localhost:${port}`, '--', 'fd', '3', 'Hello');
    assert.is(end.stdout, 'Uryyb', end.stderr);
  });
});

test('a connection that is refused is one line and 125, and no guest has run', async () => {
  const listener = await listen({ host: '127.0.0.1', port: 0 });
  const { port } = listener.address() as net.AddressInfo;
  await closed(listener);
  await withDirectory(async (directory) => {
    const file = recordingIn(directory);
    const text = `tcp:127.0.0.1:${port}`;
    const end = await client('--connect', text, '--record', file, '--', 'fd', '3', 'Hello');
    assert.equal(end, {
      code: 125,
      signal: null,
      stdout: '',
      stderr: `pollux: can not connect to "${text}": the connection is refused; is the server running?\n`,
    });
    assert.not(existsSync(file));
    const path = `unix:${join(directory, 'none')}`;
    const noPath = await client('--connect', path, '--', 'fd', '3', 'Hello');
    assert.is(noPath.code, 125);
    assert.match(noPath.stderr, /there is no such path; is the server running\?\n$/);
  });
});

/** Runs `body` beside a listener that answers no one: its queue is full. */
async function withDeaf(body: (address: string, port: string) => Promise<void>): Promise<void> {
  const { kernel, peers } = makeNativeKernel();
  const { address } = peers.listen('ipv4', 0);
  if (address.family === 'unix') throw new Error('not asked for');
  const { host, port } = address;
  const first = net.connect({ host, port });
  await new Promise((done) => first.once('connect', done));
  try {
    await body(`tcp:${host}:${port}`, String(port));
  } finally {
    first.destroy();
    kernel.destroy();
    peers.close();
  }
}

test('one that is not answered in time is one line and 125', async () => {
  await withDeaf(async (address) => {
    const end = await client(
      '--connect',
      address,
      '--connect-timeout',
      '200ms',
      '--',
      'fd',
      '3',
      'x',
    );
    assert.equal(end, {
      code: 125,
      signal: null,
      stdout: '',
      stderr: `pollux: can not connect to "${address}": no answer within 200 ms; --connect-timeout gives it more time\n`,
    });
  });
});

/** Someone's first packet is on its way to a port. Source: proc_net_tcp(5), 02 is SYN_SENT. */
function isConnecting(port: string): boolean {
  const remote = `0100007F:${Number(port).toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/tcp', 'utf8').includes(` ${remote} 02 `);
}

test('SIGINT ends the wait for an answer', async () => {
  await withDeaf(async (address, port) => {
    const child = pollux(['run', CLIENT, '--connect', address, '--connect-timeout', '10m']);
    await until(SECONDS_MAX, 'it connects', () => isConnecting(port));
    child.kill('SIGINT');
    assert.equal(await within(SECONDS_MAX, child.ended, () => 'it has not ended'), {
      code: 130,
      signal: null,
    });
  });
});

// ---- connections that guests make --------------------------------------------------------------

test('a guest connects to what is allowed, and to nothing else', async () => {
  await withEcho(async (_, port) => {
    const to = ['--', 'to', '127.0.0.1', port, 'Hello'];
    const answers: [options: string[], stdout: string][] = [
      [[], 'errno 2\n'],
      [['--allow-connect', `127.0.0.1:${port}`], 'Uryyb'],
      [['--allow-connect', `localhost:${port}`], 'Uryyb'],
      [['--allow-connect', `127.0.0.0/8:1-65535`], 'Uryyb'],
      [['--allow-connect', `[::1]:${port}`], 'errno 2\n'],
      [['--allow-connect', `127.0.0.2:*`], 'errno 2\n'],
      [['--allow-connect', `127.0.0.2:*`, '--allow-connect', '127.0.0.1:*'], 'Uryyb'],
    ];
    for (const [options, stdout] of answers) {
      const end = await client(...options, ...to);
      assert.equal(
        end,
        { code: stdout === 'Uryyb' ? 0 : 1, signal: null, stdout, stderr: '' },
        options.join(' '),
      );
    }
  });
});

test('a guest that waits for its connection is ended by SIGINT, with 130', async () => {
  await withDeaf(async (_, port) => {
    const args = ['--allow-connect', '127.0.0.1:*', '--trace=sock_open,sock_connect'];
    const child = pollux(['run', CLIENT, ...args, '--', 'to', '127.0.0.1', port, 'Hello']);
    await until(SECONDS_MAX, 'it connects', () => isConnecting(port));
    child.kill('SIGINT');
    assert.equal(await child.end(SECONDS_MAX), { code: 130, signal: null });
    assert.match(child.stderr, / sock_connect\(fd 3, 127\.0\.0\.1:\d+\) = \?/);
  });
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`a client that waits for its server is ended by ${signal} at once, with ${code}`, async () => {
    const server = net.createServer();
    const accepted = new Promise<net.Socket>((done) => server.once('connection', done));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as net.AddressInfo;
    const child = pollux([
      'run',
      CLIENT,
      '--connect',
      `tcp:127.0.0.1:${port}`,
      '--',
      'fd',
      '3',
      'Hello',
    ]);
    const socket = await accepted;
    const gone = new Promise<void>((done) =>
      socket.on('error', () => undefined).once('close', done),
    );
    await new Promise((done) => socket.once('data', done));
    child.kill(signal);
    const exit: Exit = await child.end(SECONDS_MAX);
    assert.equal(exit, { code, signal: null });
    socket.end();
    await gone;
    await closed(server);
  });
}

test('a server that has connections of its own drains when its clients are gone', async () => {
  await withEcho(async (upstream) => {
    const options = { guest: ROT13_COMMAND, drainTimeout: '60s', options: ['--connect', upstream] };
    const server = await Server.start(options);
    assert.is(await ask(server.address, 'Hello'), 'Uryyb');
    assert.equal(await server.stop('SIGTERM'), { code: 0, signal: null });
  });
});

// ---- recordings --------------------------------------------------------------------------------

test('a client is recorded, and replayed without a network or a server', async () => {
  await withDirectory(async (directory) => {
    const files = ['given', 'made'].map((name) => recordingIn(directory, `${name}.plx`));
    await withEcho(async (address, port) => {
      const runs = [
        ['--connect', address, '--', 'fd', '3', 'Hello'],
        ['--allow-connect', '127.0.0.1:*', '--', 'to', '127.0.0.1', port, 'Hello'],
      ];
      for (const [index, args] of runs.entries()) {
        const end = await client('--record', files[index] ?? '', ...args);
        assert.is(end.stdout, 'Uryyb', end.stderr);
      }
    });
    for (const file of files) assert.is((await replayed(file)).how, COMPLETE);
    const trace = await runPollux(['trace', files[1] ?? '', '--calls', 'sock_open,sock_connect']);
    assert.match(
      trace.stdout,
      /sock_open\(INET4, STREAM\) = SUCCESS, ro_fd 3\n.* sock_connect\(fd 3, 127\.0\.0\.1:\d+\) = SUCCESS\n/,
    );
  });
});

test.run();
