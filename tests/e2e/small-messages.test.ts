// Small messages, which cross into the addon by the turn (docs/contracts.md, 35): whatever clients do
// with them, every byte comes back, in every way of running.

import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { within } from './support/deadline.ts';
import { connectMany, exchange } from './support/exchange.ts';
import { ROT13_COMMAND, ROT13_REACTOR } from './support/guests.ts';
import { hasIoUring } from './support/io-uring.ts';
import { Random } from './support/random.ts';
import { type ServerOptions, withServer } from './support/server.ts';

const CLIENTS_COUNT = 40;
const MESSAGES_COUNT = 150;
/** Some are longer than what is received ahead. */
const MESSAGE_BYTES_MAX = 700;
const SECONDS_MAX = 60;

const WAYS: readonly ServerOptions[] = [
  { guest: ROT13_COMMAND },
  { guest: ROT13_REACTOR },
  { guest: 'build/epoll-rot13.wasm' },
  { guest: ROT13_COMMAND, options: ['--no-batching'] },
  { guest: ROT13_COMMAND, options: ['--no-io-uring'] },
];

const test = suite('small messages (end to end)');

for (const way of WAYS) {
  const title = [way.guest, ...(way.options ?? [])].join(' ');
  test(`every byte comes back, in order: ${title}`, () =>
    withServer(way, async ({ address }) => {
      const clients = await connectMany(address, CLIENTS_COUNT);
      const ends = clients.map((client, index) => converse(client, new Random(1, index)));
      await within(SECONDS_MAX, Promise.all(ends), () => 'not all is answered');
    }));
}

/** EPOLLIN and EPOLLOUT. Source: sys/epoll.h. */
const IN_AND_OUT = 5;
/** More than are waited for without a set. */
const WATCHED_COUNT = 12;
/** Those after the third are received by the wait. */
const EXCHANGES_COUNT = 6;

for (const options of [[], ['--no-batching']]) {
  const isBatching = options.length === 0;
  const what = isBatching ? 'the system is asked for room for answers' : 'no room is asked for';
  test(`${what}: ${['run', ...options].join(' ')}`, () =>
    withServer({ guest: ROT13_COMMAND, options }, async ({ address, child }) => {
      const clients = await connectMany(address, WATCHED_COUNT);
      for (let count = 0; count < EXCHANGES_COUNT; count++) {
        for (const client of clients) await exchange(client);
      }
      assert.is(watchedForRoomCount(child.pid), isBatching ? WATCHED_COUNT : 0);
      for (const client of clients) client.destroy();
    }));
}

for (const options of [[], ['--no-io-uring'], ['--no-batching']]) {
  const title = `io_uring is there to make calls, unless it is not wanted: ${['run', ...options].join(' ')}`;
  if (!hasIoUring()) {
    test.skip(title, 'this system has no io_uring, or forbids it');
    continue;
  }
  test(title, () =>
    withServer({ guest: ROT13_COMMAND, options }, async ({ child, what }) => {
      const isThere = options.length === 0;
      assert.is(what.endsWith('io_uring'), isThere);
      assert.is(ringsCount(child.pid) > 0, isThere);
    }),
  );
}

/** How many rings a process has open. Source: proc(5), fd. */
function ringsCount(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  const targets = readdirSync(folder).map((name) => readlinkSync(`${folder}/${name}`));
  return targets.filter((target) => target === 'anon_inode:[io_uring]').length;
}

/** How many descriptors a process's epoll sets watch for reading and for room. Source: proc(5), fdinfo. */
function watchedForRoomCount(pid: number): number {
  const folder = `/proc/${pid}/fdinfo`;
  const infos = readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, 'utf8'));
  const watches = infos.flatMap((info) => [...info.matchAll(/^tfd:.*events:\s*([0-9a-f]+)/gm)]);
  return watches.filter(([, events]) => (parseInt(events ?? '', 16) & IN_AND_OUT) === IN_AND_OUT)
    .length;
}

/** Says messages of all lengths, some before the last is answered, the last with the end. */
async function converse(client: Socket, random: Random): Promise<void> {
  client.setNoDelay(true);
  let expected = '';
  let heard = '';
  client.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1')));
  const ended = once(client, 'end');
  for (let count = 0; count < MESSAGES_COUNT; count++) {
    const message = letters(random, random.magnitude(MESSAGE_BYTES_MAX));
    expected += rot13(message);
    if (count === MESSAGES_COUNT - 1) client.end(message, 'latin1');
    else client.write(message, 'latin1');
    if (random.chance(0.2)) continue;
    while (heard.length < expected.length) await once(client, 'data');
  }
  await ended;
  assert.is(heard, expected);
}

function letters(random: Random, length: number): string {
  return String.fromCharCode(...Array.from({ length }, () => 97 + random.below(26)));
}

function rot13(text: string): string {
  return text.replace(/[a-z]/g, (letter) =>
    String.fromCharCode(97 + ((letter.charCodeAt(0) - 97 + 13) % 26)),
  );
}

test.run();
