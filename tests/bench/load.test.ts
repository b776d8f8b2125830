// The load generator is trusted with every byte: each kind of wrong answer is given to it.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import * as assert from 'uvu/assert';
import { Child } from '../e2e/support/child.ts';
import { suite } from '../support/suite.ts';
import { programs } from './support.ts';

const SECONDS_MAX = 30;
const MESSAGE_BYTES = 256;

const { load, server } = await programs();

const test = suite('the load generator');

/** Loads a server of this process, whose every connection is given to `serve`. */
async function loaded(serve: (socket: Socket) => void, mode = 'echo', ms = RUN_MS): Promise<Child> {
  const listener = createServer(serve).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const child = runLoad(mode, portOf(listener), process.pid, 'plain', ms);
  await child.end(SECONDS_MAX);
  listener.close();
  return child;
}

function portOf(listener: Server): number {
  const address = listener.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

/** Short, but long enough for some messages. */
const RUN_MS = 20;
/** One that ends by what it finds: however slow the machine, it comes to that. */
const RUN_UNTIL_FOUND_MS = 20_000;

/** One run over two connections, then the end of its input. */
function runLoad(mode: string, port: number, pid: number, transform: string, ms = RUN_MS): Child {
  const words = [load, mode, port, pid, 2, 0, MESSAGE_BYTES, transform].join(' ');
  return new Child('/bin/sh', ['-c', `printf 'run ${ms}\\n' | exec ${words}`]);
}

interface Native {
  readonly native: Child;
  readonly port: number;
  readonly pid: number;
}

async function startNative(...parameters: string[]): Promise<Native> {
  const command = [server, ...parameters].join(' ');
  const native = new Child('/bin/sh', ['-c', `echo $$; exec ${command}`]);
  const port = await native.output(
    'stderr',
    (text) => /:(?<port>\d+)\n/.exec(text)?.groups?.['port'],
  );
  const pid = await native.output('stdout', (text) => /^(?<pid>\d+)\n/.exec(text)?.groups?.['pid']);
  return { native, port: Number(port), pid: Number(pid) };
}

test('an answer that is what was sent is counted', async () => {
  const child = await loaded((socket) => socket.on('error', () => undefined).pipe(socket));
  assert.is(child.stderr, '');
  const tally = JSON.parse(child.stdout.trim().split('\n').at(-1) ?? '') as Record<string, number>;
  assert.ok((tally['echoes'] ?? 0) > 0, child.stdout);
  assert.ok((tally['serverNs'] ?? 0) > 0, child.stdout);
  assert.ok((tally['p50Ns'] ?? 0) <= (tally['p999Ns'] ?? 0), child.stdout);
});

test('one wrong byte among many ends it', async () => {
  let receivedBytes = 0;
  const answerWrongly = (socket: Socket): void => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      receivedBytes += bytes.length;
      if (receivedBytes > 40 * MESSAGE_BYTES) bytes[7] = (bytes[7] ?? 0) ^ 1;
      socket.write(bytes);
    });
  };
  const child = await loaded(answerWrongly, 'echo', RUN_UNTIL_FOUND_MS);
  assert.match(child.stderr, /^load: wrong byte on connection \d+: 0x\w+ came back, not 0x\w+$/m);
});

test('a byte too many ends it', async () => {
  const child = await loaded((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => socket.write(Buffer.concat([bytes, Buffer.from('x')])));
  });
  assert.match(child.stderr, /^load: (?:wrong byte|connection \d+ got more bytes)/m);
});

test('a server that closes ends it', async () => {
  const child = await loaded((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (bytes) => {
      socket.write(bytes);
      socket.once('data', () => socket.end());
    });
  });
  assert.match(child.stderr, /^load: connection \d+ was closed by the server$/m);
});

test('a wrong byte on a connection that comes and goes ends it', async () => {
  const child = await loaded((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => socket.write(Buffer.alloc(bytes.length)));
  }, 'churn');
  assert.match(child.stderr, /^load: wrong byte on connection \d+/m);
});

const LATE_EVENT =
  'an event that comes after the end of a connection does not end the native server';
// A system may forbid it, or not know it: kernel.yama.ptrace_scope, a container, Linux before 5.6.
const canKeep = spawnSync(load, ['keep', String(process.pid), '0'], { input: '' }).status === 0;
if (!canKeep) test.skip(LATE_EVENT, 'a process may not open the files of another here');
else test(LATE_EVENT, lateEvent);

async function lateEvent(): Promise<void> {
  const { native, port, pid } = await startNative();
  const descriptors = (): string[] => readdirSync(`/proc/${pid}/fd`);
  const before = descriptors();
  const client = connect(port, '127.0.0.1');
  client.write('a');
  await once(client, 'data');
  const [descriptor = ''] = descriptors().filter((one) => !before.includes(one));
  // Whoever looks at a descriptor of the server has its file open for a moment; this one for long.
  const keeper = new Child(load, ['keep', String(pid), descriptor], {}, 'pipe');
  await keeper.output('stdout', (text) => (text === '{}\n' ? text : undefined));
  client.destroy();
  while (descriptors().length > before.length) await new Promise(setImmediate);
  const child = runLoad('churn', port, pid, 'rot13');
  assert.is((await child.end(SECONDS_MAX)).code, 0, child.describe('failed'));
  keeper.input.end();
  await keeper.end(SECONDS_MAX);
  native.kill('SIGKILL');
  await native.end(SECONDS_MAX);
}

test('the native server turns letters, and by --plain it does not', async () => {
  const expected = [
    { parameters: [], transform: 'rot13', isRight: true },
    { parameters: [], transform: 'plain', isRight: false },
    { parameters: ['--plain'], transform: 'plain', isRight: true },
    { parameters: ['--plain'], transform: 'rot13', isRight: false },
  ];
  for (const { parameters, transform, isRight } of expected) {
    const { native, port, pid } = await startNative(...parameters);
    for (const mode of ['echo', 'churn']) {
      const child = runLoad(mode, port, pid, transform);
      const { code } = await child.end(SECONDS_MAX);
      assert.is(code, isRight ? 0 : 1, child.describe(`${mode} ${transform} gave ${code}`));
    }
    native.kill('SIGKILL');
    await native.end(SECONDS_MAX);
  }
});

test.run();
