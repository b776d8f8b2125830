// Clients of an echo server that a test leads step by step, in its own process. Each says a byte
// that rot13 leaves as it is, so that it does for every echo here.

import { once } from 'node:events';
import type { Socket } from 'node:net';
import * as assert from 'uvu/assert';
import { within } from './deadline.ts';
import { connect } from './target.ts';

const SAID = '.';
/** For what happens at once, however busy the machine is. */
const SOON_SECONDS_MAX = 30;

/** Connects one after the other, so that a queue holds them in this order. */
export async function connectMany(address: string, count: number): Promise<Socket[]> {
  const clients: Socket[] = [];
  while (clients.length < count) clients.push(await connect(address));
  return clients;
}

/** Sends what {@link heard} awaits. */
export function say(client: Socket | undefined): void {
  assert.ok(client);
  client.write(SAID);
}

/** Resolves when the answer has come. */
export async function heard(client: Socket | undefined): Promise<void> {
  assert.is(await nextText(client), SAID);
}

/** Has a client be served once more: a server in one thread has been round its loop then. */
export async function exchange(client: Socket | undefined): Promise<void> {
  say(client);
  await heard(client);
}

/** Resolves to what comes next. */
export async function nextText(client: Socket | undefined): Promise<string> {
  assert.ok(client);
  const [bytes] = (await soon(once(client, 'data'), 'no answer')) as [Buffer];
  return bytes.toString('latin1');
}

/** Says a byte for each that comes back, so that the connection is never idle. @returns stops that */
export function talk(client: Socket): () => void {
  const sayMore = (): void => {
    if (client.writable) say(client);
  };
  client.on('data', sayMore);
  sayMore();
  return () => client.end();
}

/** Resolves at the end of the stream; rejects on a reset. */
export async function endedCleanly(client: Socket): Promise<void> {
  client.resume();
  await soon(once(client, 'end'), 'the stream has not ended');
  client.destroy();
}

/** Resolves as `promise` does, or rejects when that takes too long, with `what`. */
export function soon<T>(promise: Promise<T>, what: string | (() => string)): Promise<T> {
  return within(SOON_SECONDS_MAX, promise, typeof what === 'string' ? () => what : what);
}
