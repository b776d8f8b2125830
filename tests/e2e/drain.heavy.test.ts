// Draining, as a client and whoever sent the signal see it: what is open is finished, what is
// queued is served, what comes too late is refused and never reset, and the exit code tells which.

import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import timer from 'node:timers/promises';
import { type Guest, run, type RunOptions } from 'pollux';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { type Child } from './support/child.ts';
import {
  connectMany,
  endedCleanly,
  exchange,
  heard,
  nextText,
  say,
  soon,
  talk,
} from './support/exchange.ts';
import { cGuest, ROT13_COMMAND, ROT13_REACTOR, withDirectory } from './support/guests.ts';
import { Load } from './support/load.ts';
import { pollux, withStarted } from './support/server.ts';
import { connect, ended } from './support/target.ts';

const LISTEN = ['tcp:127.0.0.1:0'];
const FORMS = [ROT13_COMMAND, ROT13_REACTOR];
const END_SECONDS_MAX = 30;
/** Of drains that must not come to their half: what a test waits for is over long before. */
const PATIENT = '60s';
const PATIENT_MS = 60_000;
/** A connect on this machine that takes so long is not going to be answered. */
const LATE_MS = 500;
/** How much earlier than asked a timer may seem to fire: each side rounds by one. */
const CLOCK_SLACK_MS = 2;

const test = suite('drain by signal (end to end)');

for (const guest of FORMS) {
  test(`1,000 answers in flight and 5,000 open connections come to their end: ${guest}`, async () => {
    await withStarted({ guest, drainTimeout: '200s' }, async (server) => {
      const options = { active: 1_000, idle: 5_000, bytes: 1024 * 1024 };
      const load = new Load(server.addresses, options);
      await load.flows();
      server.child.kill('SIGTERM');
      // The client fails at the first reset, and at the first stream that ends too early.
      const totals = await load.totals(90);
      assert.is(totals.receivedBytes, totals.sentBytes);
      assert.ok(totals.receivedBytes >= options.active * options.bytes);
      assert.is(totals.idleAnswered, options.idle);
      await assertEnds(server.child, 0);
    });
  });

  test(`64 clients that come and come again are served or refused, never reset: ${guest}`, async () => {
    await withStarted({ guest, drainTimeout: PATIENT }, async (server) => {
      const held = await connect(server.address);
      await exchange(held);
      const knocking = Array.from({ length: 64 }, () => knockUntilRefused(server.address));
      await exchange(held);
      server.child.kill('SIGTERM');
      const served = await soon(Promise.all(knocking), 'not everyone was refused in the end');
      assert.ok(Math.min(...served) > 0, 'everyone was served before');
      await exchange(held);
      held.end();
      await endedCleanly(held);
      await assertEnds(server.child, 0);
    });
  });

  test(`idle connections get their end at half of the time, busy ones do not: ${guest}`, async () => {
    await withStarted({ guest, drainTimeout: '2s' }, async (server) => {
      const busy = await connect(server.address);
      await exchange(busy);
      const idles = await connectMany(server.address, 100);
      for (const idle of idles) await exchange(idle);
      const stopTalking = talk(busy);
      const startMs = performance.now();
      server.child.kill('SIGTERM');
      await soon(Promise.all(idles.map(endedCleanly)), 'an idle connection is still open');
      const tookMs = performance.now() - startMs;
      assert.ok(tookMs >= 1_000 - CLOCK_SLACK_MS && tookMs < 2_000, `after ${tookMs} ms`);
      await nextText(busy);
      stopTalking();
      await endedCleanly(busy);
      await assertEnds(server.child, 0);
    });
  });

  test(`what is still open when the time is over is closed and counted: ${guest}`, async () => {
    await withStarted({ guest, drainTimeout: '4s' }, async (server) => {
      const clients = await connectMany(server.address, 100);
      const haveEnded = Promise.all(clients.map(ended));
      for (const client of clients) talk(client);
      const startMs = performance.now();
      server.child.kill('SIGTERM');
      await soon(haveEnded, 'a connection is still open');
      const tookMs = performance.now() - startMs;
      assert.ok(tookMs >= 4_000 - CLOCK_SLACK_MS, `after ${tookMs} ms`);
      await assertEnds(server.child, 3);
      assert.match(server.child.stderr, /^pollux: .*did not finish in time.*\b100$/m);
    });
  });

  test(`a signal that comes twice is one; a later one ends the drain at once: ${guest}`, async () => {
    await withStarted({ guest, drainTimeout: '4s' }, async (server) => {
      const [busy, idle] = await connectMany(server.address, 2);
      assert.ok(busy !== undefined && idle !== undefined);
      talk(busy);
      server.child.kill('SIGINT');
      server.child.kill('SIGHUP');
      // Its end says that two seconds have gone by.
      await soon(endedCleanly(idle), 'the idle connection is still open');
      await nextText(busy);
      const hasEnded = ended(busy);
      const startMs = performance.now();
      server.child.kill('SIGTERM');
      await soon(hasEnded, 'the connection is still open');
      await assertEnds(server.child, 143);
      assert.ok(performance.now() - startMs < 1_900, 'it waited for the drain to end');
    });
  });

  test(`after --drain-delay only, nobody is let in any more: ${guest}`, async () => {
    const args = ['run', guest, '--listen', ...LISTEN, '--drain-delay', '1s'];
    await withChild(args, async (child, address) => {
      const startMs = performance.now();
      child.kill('SIGTERM');
      let servedCount = 0;
      while (await isServed(address)) servedCount += 1;
      const tookMs = performance.now() - startMs;
      assert.ok(tookMs >= 1_000 - CLOCK_SLACK_MS, `after ${tookMs} ms`);
      assert.ok(servedCount > 10, `${servedCount} were served`);
      await assertEnds(child, 0);
    });
  });

  test(`a unix path is gone first, and those on it are finished: ${guest}`, async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'drain.sock');
      const listen = [`unix:${path}`];
      await withStarted({ guest, listen, drainTimeout: PATIENT }, async (server) => {
        const clients = await connectMany(server.address, 100);
        for (const client of clients) await exchange(client);
        const isGone = gone(directory, path);
        server.child.kill('SIGTERM');
        await soon(isGone, 'the path is still there');
        for (const client of clients) {
          await exchange(client);
          client.end();
          await endedCleanly(client);
        }
        await assertEnds(server.child, 0);
      });
    });
  });
}

test('those in the queue of a guest that blocks are served one after the other', async () => {
  const guest = cGuest('blocking-echo');
  await withStarted({ guest, drainTimeout: PATIENT }, async (server) => {
    const clients = await connectMany(server.address, 64);
    for (const client of clients) say(client);
    const [first] = clients;
    await heard(first);
    server.child.kill('SIGTERM');
    // The listener stays open as long as somebody is in its queue: nobody new is refused, either.
    for (const client of clients) {
      if (client !== first) await heard(client);
      await exchange(client);
      client.end();
      await endedCleanly(client);
    }
    await assertEnds(server.child, 0);
  });
});

test('a guest that blocks in read gets the end of its idle client', async () => {
  await withStarted({ guest: cGuest('blocking-echo'), drainTimeout: '4s' }, async (server) => {
    const client = await connect(server.address);
    await exchange(client);
    server.child.kill('SIGTERM');
    await soon(endedCleanly(client), 'the connection is still open');
    await assertEnds(server.child, 0);
  });
});

test('a guest that computes and hears nothing is ended when the time is over', async () => {
  await withStarted({ guest: cGuest('spin'), drainTimeout: '1s' }, async (server) => {
    const client = await connect(server.address);
    assert.is(await nextText(client), 'x');
    const hasEnded = ended(client);
    server.child.kill('SIGTERM');
    await soon(hasEnded, 'the connection is still open');
    await assertEnds(server.child, 3);
    assert.match(server.child.stderr, /^pollux: .*did not finish in time.*\b1$/m);
  });
});

test('without a listener a signal ends the guest at once', async () => {
  const child = pollux(['run', cGuest('flood'), '--drain-timeout', PATIENT]);
  try {
    const wrote = child.output('stdout', (text) => (text === '' ? undefined : text));
    await soon(wrote, 'it writes nothing');
    child.kill('SIGTERM');
    await assertEnds(child, 143);
  } finally {
    child.kill('SIGKILL');
  }
});

test.run();

const api = suite('drain() (end to end)');

for (const path of FORMS) {
  api(`it resolves when the last connection has come to its end: ${path}`, async () => {
    await withGuest(path, { drainTimeoutMs: PATIENT_MS }, async (guest, address) => {
      const client = await connect(address);
      await exchange(client);
      const first = guest.drain();
      const second = guest.drain();
      await refused(address);
      await exchange(client);
      client.end();
      await endedCleanly(client);
      assert.is((await soon(first, 'it has not ended')).reason, 'drained');
      assert.is(await second, await first);
    });
  });

  api(`those that a full guest has no room for are served as others leave: ${path}`, async () => {
    const inside = 10;
    const options = { maxFds: 4 + inside, drainTimeoutMs: PATIENT_MS };
    await withGuest(path, options, async (guest, address) => {
      const clients = await connectMany(address, 5 * inside);
      for (const client of clients.slice(0, inside)) await exchange(client);
      for (const client of clients.slice(inside)) say(client);
      const end = guest.drain();
      for (const [index, client] of clients.entries()) {
        if (index >= inside) await heard(client);
        await exchange(client);
        client.end();
        await endedCleanly(client);
      }
      assert.is((await soon(end, 'it has not ended')).reason, 'drained');
      assert.is(guest.stats().connectionsAccepted, 5 * inside);
    });
  });

  api(`those that come while some still wait are refused, not let in: ${path}`, async () => {
    const options = { maxFds: 4 + 1, drainTimeoutMs: PATIENT_MS };
    await withGuest(path, options, async (guest, address) => {
      const clients = await connectMany(address, 2);
      const end = guest.drain();
      // Until the drain begins, whoever comes gets into the queue.
      let late = attempt(address);
      for (;;) {
        // A timer that is late comes before what happened meanwhile.
        const waited = timer.setTimeout(LATE_MS).then(() => timer.setImmediate());
        const first = await Promise.race([late, waited]);
        if (typeof first !== 'object') break;
        clients.push(first);
        late = attempt(address);
      }
      for (const client of clients) {
        await exchange(client);
        client.end();
        await endedCleanly(client);
      }
      assert.is(await soon(late, 'the late one still tries'), 'ECONNREFUSED');
      assert.is((await soon(end, 'it has not ended')).reason, 'drained');
    });
  });

  api(`it counts what it had to close: ${path}`, async () => {
    await withGuest(path, { drainTimeoutMs: 2_000 }, async (guest, address) => {
      const client = await connect(address);
      const hasEnded = ended(client);
      talk(client);
      const { reason, detail } = await soon(guest.drain(), 'it has not ended');
      assert.is(reason, 'undrained');
      assert.match(detail, /\b1$/);
      await hasEnded;
    });
  });

  api(`stop() ends a drain: ${path}`, async () => {
    await withGuest(path, { drainTimeoutMs: PATIENT_MS }, async (guest, address) => {
      const client = await connect(address);
      const hasEnded = ended(client);
      await exchange(client);
      const end = guest.drain();
      await refused(address);
      assert.is((await guest.stop()).reason, 'stopped');
      assert.is((await end).reason, 'stopped');
      await hasEnded;
    });
  });
}

api.run();

/** Runs the command line with any arguments; `body` is told its first address. */
async function withChild(
  args: readonly string[],
  body: (child: Child, address: string) => Promise<void>,
): Promise<void> {
  const child = pollux(args);
  try {
    const listening = child.output('stderr', (text) => /listening on (\S+) /.exec(text)?.[1]);
    await body(child, await soon(listening, 'it does not listen'));
  } finally {
    child.kill('SIGKILL');
  }
}

async function withGuest(
  path: string,
  options: RunOptions,
  body: (guest: Guest, address: string) => Promise<void>,
): Promise<void> {
  const guest = await run(path, { ...options, listen: LISTEN });
  try {
    await body(guest, guest.addresses[0] ?? '');
  } finally {
    await guest.stop();
  }
}

async function assertEnds(child: Child, code: number): Promise<void> {
  const exit = await child.end(END_SECONDS_MAX);
  assert.equal(exit, { code, signal: null }, child.describe('ended'));
}

/** Asks again and again until nobody is let in. @returns how often it was served */
async function knockUntilRefused(address: string): Promise<number> {
  let servedCount = 0;
  while (await isServed(address)) servedCount += 1;
  return servedCount;
}

/** Resolves to the connection, or to why there is none. */
function attempt(address: string): Promise<Socket | string> {
  return connect(address).catch((error: unknown) => (error as NodeJS.ErrnoException).code ?? '');
}

/**
 * False when a connect is refused. One that succeeds must be served to its end: a reset, or an end
 * without an answer, rejects.
 */
async function isServed(address: string): Promise<boolean> {
  let client: Socket;
  try {
    client = await connect(address);
  } catch (error) {
    assert.is((error as NodeJS.ErrnoException).code, 'ECONNREFUSED');
    return false;
  }
  client.end('Hello');
  const answer: Buffer[] = [];
  for await (const bytes of client) answer.push(bytes as Buffer);
  assert.is(Buffer.concat(answer).toString('latin1'), 'Uryyb');
  return true;
}

/** Resolves when the drain has begun: nobody is let in any more. */
async function refused(address: string): Promise<void> {
  await soon(knockUntilRefused(address), 'clients are still let in');
}

/** Resolves when nothing is at `path` any more. */
async function gone(directory: string, path: string): Promise<void> {
  const watcher = watch(directory);
  try {
    while (existsSync(path)) await once(watcher, 'change');
  } finally {
    watcher.close();
  }
}
