// The library, as an embedder imports it: from the built package, in this process.

import { readFileSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PolluxError, run } from 'pollux';
import * as assert from 'uvu/assert';
import { formatAddress } from '../../host/kernel/address.ts';
import { makeNativeKernel } from '../contract/native-peers.ts';
import { suite } from '../support/suite.ts';
import { Child, REPOSITORY } from './support/child.ts';
import { cGuest, ROT13_COMMAND, ROT13_REACTOR, withDirectory } from './support/guests.ts';
import { ask, assertFree, closed, connect, ended, listen } from './support/target.ts';

const LISTEN = ['tcp:127.0.0.1:0'];

const test = suite('run() (end to end)');

for (const path of [ROT13_COMMAND, ROT13_REACTOR]) {
  test(`it serves, counts and stops: ${path}`, async () => {
    const guest = await run(path, { listen: LISTEN });
    const [address = ''] = guest.addresses;
    assert.is(await ask(address, 'Hello'), 'Uryyb');
    assert.is(guest.stats().connectionsAccepted, 1);

    const client = await connect(address);
    const hasEnded = ended(client);
    const end = await guest.stop();
    assert.is(end.reason, 'stopped');
    assert.is(await guest.exited, end);
    await hasEnded;
    await assertFree(address);
    const { connectionsOpen, receivedBytes, sentBytes } = guest.stats();
    assert.equal([connectionsOpen, receivedBytes, sentBytes], [0, 5, 5]);
  });
}

test('the path of a unix socket that another server has taken over stays', async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, 'a.sock');
    const guest = await run(ROT13_COMMAND, { listen: [`unix:${path}`] });
    renameSync(path, `${path}.old`);
    const other = await run(ROT13_COMMAND, { listen: [`unix:${path}`] });
    await guest.stop();
    assert.is(await ask(other.addresses[0] ?? '', 'Hello'), 'Uryyb');
    await other.stop();
    assert.equal(readdirSync(directory), ['a.sock.old']);
  });
});

test('a path, a URL and bytes are the same guest', async () => {
  const path = join(REPOSITORY, ROT13_COMMAND);
  for (const source of [path, pathToFileURL(path), readFileSync(path)]) {
    const guest = await run(source, { listen: LISTEN });
    assert.is(await ask(guest.addresses[0] ?? '', 'Hello'), 'Uryyb');
    await guest.stop();
  }
});

test('a guest that ends by itself gives its code', async () => {
  const guest = await run(cGuest('exit-with'), { args: ['300'] });
  const { reason, code } = await guest.exited;
  assert.equal({ reason, code }, { reason: 'exited', code: 300 });
});

test('a trap is told from an exit', async () => {
  const guest = await run(cGuest('trap'));
  const { reason, detail } = await guest.exited;
  assert.is(reason, 'trapped');
  assert.match(detail, /unreachable/);
});

test('stop() may be called at any time and as often as one likes', async () => {
  const guest = await run(ROT13_COMMAND, { listen: LISTEN });
  const ends = await Promise.all([guest.stop(), guest.stop()]);
  assert.is(ends[0].reason, 'stopped');
  assert.is(ends[1].reason, 'stopped');
  assert.is((await guest.stop()).reason, 'stopped');
});

test('two guests in one process do not notice each other', async () => {
  const first = await run(ROT13_COMMAND, { listen: LISTEN });
  const second = await run(cGuest('poll-echo'), { listen: LISTEN });
  await first.stop();
  assert.is(await ask(second.addresses[0] ?? '', 'Hello'), 'Hello');
  await second.stop();
});

const refusals = [
  ['MODULE_NOT_FOUND', 'no/such.wasm', {}],
  ['MODULE_REFUSED', 'package.json', {}],
  ['MODULE_REFUSED', Buffer.from('no module'), {}],
  ['MODULE_REFUSED', cGuest('unknown-import'), {}],
  ['BAD_ADDRESS', ROT13_COMMAND, { listen: [...LISTEN, 'tcp:127.0.0.1'] }],
  ['CANNOT_LISTEN', ROT13_COMMAND, { listen: [...LISTEN, 'tcp:192.0.2.1:0'] }],
  ['CANNOT_CONNECT', ROT13_COMMAND, { listen: LISTEN, connect: ['unix:/nonexistent/socket'] }],
  ['BAD_ADDRESS', ROT13_COMMAND, { listen: LISTEN, connect: ['tcp:127.0.0.1:0'] }],
  ['BAD_ADDRESS', ROT13_COMMAND, { listen: LISTEN, allowConnect: ['*:80'] }],
  ['USAGE', ROT13_COMMAND, { connectTimeoutMs: 0 }],
  ['USAGE', ROT13_COMMAND, { listen: LISTEN, env: { 'A=B': '' }, stdin: 'ignore' }],
] as const;

for (const [index, [code, source, options]] of refusals.entries()) {
  test(`refusal ${index + 1} rejects with ${code} and leaves nothing behind`, async () => {
    const before = readdirSync('/proc/self/fd');
    try {
      const guest = await run(source, options);
      await guest.stop();
      assert.unreachable('it ran');
    } catch (error) {
      assert.instance(error, PolluxError);
      assert.is((error as PolluxError).code, code);
    }
    assert.equal(readdirSync('/proc/self/fd'), before);
  });
}

test('a signal ends the wait for a connection, and nothing is left behind', async () => {
  const { kernel, peers } = makeNativeKernel();
  const { address } = peers.listen('unix', 0);
  // The queue is full: whoever comes now tries again and again.
  peers.connect(address);
  const before = readdirSync('/proc/self/fd');
  const ending = new AbortController();
  const connect = [formatAddress(address)];
  const starting = run(ROT13_COMMAND, { connect, signal: ending.signal });
  setImmediate(() => ending.abort());
  const error: unknown = await starting.catch((reason: unknown) => reason);
  assert.is((error as Error).name, 'AbortError');
  assert.equal(readdirSync('/proc/self/fd'), before);
  kernel.destroy();
  peers.close();
});

/**
 * Runs guests that are given up while their threads load, and prints how many descriptors are left of
 * them. In a process of its own, whose threads load nothing but their own.
 */
const GIVING_UP = (address: string): string => `
  import { readdirSync } from 'node:fs';
  import { setTimeout } from 'node:timers/promises';
  import { run } from 'pollux';
  async function giveUp(afterMs) {
    const ending = new AbortController();
    const options = { connect: [${JSON.stringify(address)}], signal: ending.signal };
    const starting = run(${JSON.stringify(ROT13_COMMAND)}, options);
    await setTimeout(afterMs);
    ending.abort();
    await starting.catch(() => undefined);
  }
  const openCount = () => readdirSync('/proc/self/fd').length;
  await giveUp(0);
  const fromMs = performance.now();
  await (await run(${JSON.stringify(ROT13_COMMAND)})).stop();
  const startMs = performance.now() - fromMs;
  const before = openCount();
  for (let part = 0.55; part < 0.85; part += 0.0015) await giveUp(part * startMs);
  process.stdout.write(String(openCount() - before));`;

test('a start that is given up while the thread boots leaves no descriptor', async () => {
  const { kernel, peers } = makeNativeKernel();
  const { address } = peers.listen('unix', 0);
  peers.connect(address);
  const program = GIVING_UP(formatAddress(address));
  const child = new Child(process.execPath, ['--input-type=module', '--eval', program]);
  await child.ended;
  assert.equal([child.stdout, child.stderr], ['0', '']);
  kernel.destroy();
  peers.close();
});

test('an address in use is refused, and free when the other has gone', async () => {
  const other = await listen({ host: '127.0.0.1', port: 0 });
  const at = other.address();
  assert.ok(at !== null && typeof at === 'object');
  const options = { listen: [`tcp:127.0.0.1:${at.port}`] };
  const error: unknown = await run(ROT13_COMMAND, options).catch((reason: unknown) => reason);
  assert.is((error as PolluxError).code, 'CANNOT_LISTEN');
  await closed(other);
  const guest = await run(ROT13_COMMAND, options);
  assert.equal(guest.addresses, options.listen);
  await guest.stop();
});

test.run();
