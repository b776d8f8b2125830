// Ten thousand connections at once in one process, and a guest that may have fewer descriptors than
// there are clients. The guest runs in this process, so that its figures can be read; the clients
// are another process, and check every byte.

import { readFileSync } from 'node:fs';
import { type Guest, run, type RunOptions } from 'pollux';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { descriptorLimit } from './support/descriptors.ts';
import { connectMany, exchange, heard, say, soon } from './support/exchange.ts';
import { cGuest, ROT13_COMMAND, ROT13_REACTOR } from './support/guests.ts';
import { Load, type LoadOptions, type LoadTotals } from './support/load.ts';
import { until } from './support/recordings.ts';

const CONNECTIONS = 10_000;
/** The sockets, and room for what a process has open besides. */
const DESCRIPTORS_MIN = 10_300;
const SECONDS_MAX = 200;

const LISTEN = ['tcp:127.0.0.1:0'];
/** What a guest has open before its first client: standard streams and a listener. */
const FDS_OWN = 4;

const CROWD = 9_000;
const CROWD_FDS_MAX = 5_000;
/** The default backlog of a listener: without it, clients would wait outside the queue, and time out. */
const BACKLOG_MIN = 4_096;

const test = suite('10,000 connections (end to end)');

for (const path of [ROT13_COMMAND, ROT13_REACTOR]) {
  heavy(`10,000 connections at once get every byte back: ${path}`, async () => {
    await withGuest(path, {}, async (guest) => {
      const options = { active: CONNECTIONS, bytes: 16 * 1024 };
      const totals = await loadAtOnce(guest, options, CONNECTIONS);
      assert.is(totals.receivedBytes, totals.sentBytes);
      assert.ok(totals.receivedBytes >= CONNECTIONS * options.bytes);
      assert.is(guest.stats().acceptsRefused, 0);
    });
  });
}

test.run();

const full = suite('a guest with fewer descriptors than clients (end to end)');
const somaxconn = Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));

for (const path of [ROT13_COMMAND, ROT13_REACTOR]) {
  const title = `9,000 clients share 5,000 descriptors, and each is served: ${path}`;
  const body = async (): Promise<void> => {
    await withGuest(path, { maxFds: CROWD_FDS_MAX }, async (guest) => {
      const most = new HighWater(guest);
      const options = { active: CROWD, bytes: 16 * 1024 };
      const totals = await loadAtOnce(guest, options, CROWD_FDS_MAX - FDS_OWN);
      assert.is(most.read(), CROWD_FDS_MAX - FDS_OWN);
      assert.is(totals.receivedBytes, totals.sentBytes);
      assert.ok(totals.receivedBytes >= CROWD * options.bytes);
      const { acceptsRefused, connectionsAccepted } = guest.stats();
      assert.is(connectionsAccepted, CROWD);
      // Once when it is full, and then at most once for each that left.
      assert.ok(acceptsRefused >= 1 && acceptsRefused <= 1 + CROWD, `${acceptsRefused} refused`);
    });
  };
  if (somaxconn >= BACKLOG_MIN) full(title, body);
  else full.skip(title, `net.core.somaxconn is ${somaxconn}, and it takes ${BACKLOG_MIN}`);
}

for (const path of [ROT13_COMMAND, ROT13_REACTOR]) {
  full(`it asks once to learn that it is full, and once after each close: ${path}`, async () => {
    const inside = 100;
    const waiting = 50;
    await withGuest(path, { maxFds: FDS_OWN + inside }, async (guest) => {
      const clients = await connectMany(guest.addresses[0] ?? '', inside + waiting);
      await exchange(clients[inside - 1]);
      // Those who wait have sent, too; and still the guest does not ask again.
      for (const client of clients.slice(inside)) say(client);
      for (const client of clients.slice(0, inside)) await exchange(client);
      assert.equal(admission(guest), { accepted: inside, refused: 1 });
      for (let closes = 1; closes <= waiting; closes += 1) {
        clients[closes - 1]?.end();
        await heard(clients[inside + closes - 1]);
        await exchange(clients[inside - 1]);
        const { accepted, refused } = admission(guest);
        assert.is(accepted, inside + closes);
        assert.ok(refused <= 1 + closes, `${refused} refused after ${closes} closes`);
      }
      for (const client of clients) client.destroy();
    });
  });
}

full('a guest that knows nothing of it polls on, is refused each time, and serves', async () => {
  const inside = 10;
  await withGuest(cGuest('accept4-echo'), { maxFds: FDS_OWN + inside }, async (guest) => {
    const clients = await connectMany(guest.addresses[0] ?? '', inside + 1);
    const [leaver, stayer] = clients;
    const late = clients[inside];
    say(late);
    const isRefused = (async () => {
      while (guest.stats().acceptsRefused < 1_000) await exchange(stayer);
    })();
    await soon(isRefused, 'the guest is not refused again and again');
    assert.is(guest.stats().connectionsAccepted, inside);
    leaver?.end();
    await heard(late);
    // Nobody waits any more, so that nobody is refused.
    await exchange(stayer);
    const { acceptsRefused } = guest.stats();
    for (let count = 0; count < 10; count += 1) await exchange(stayer);
    assert.is(guest.stats().acceptsRefused, acceptsRefused);
    for (const client of clients) client.destroy();
  });
});

full.run();

/** Registers a test of 10,000 connections, or says why it can't run here. */
function heavy(title: string, body: () => Promise<void>): void {
  const limit = descriptorLimit();
  if (limit >= DESCRIPTORS_MIN) test(title, body);
  else test.skip(title, `RLIMIT_NOFILE is ${limit}, and it takes ${DESCRIPTORS_MIN}`);
}

async function withGuest(
  path: string,
  options: RunOptions,
  body: (guest: Guest) => Promise<void>,
): Promise<void> {
  const guest = await run(path, { ...options, listen: LISTEN });
  try {
    await body(guest);
  } finally {
    await guest.stop();
  }
}

/** Makes a load whose connections send nothing before `count` of them are in, and totals it. */
async function loadAtOnce(guest: Guest, options: LoadOptions, count: number): Promise<LoadTotals> {
  const running = new Load(guest.addresses, { ...options, isHeld: true });
  await running.connected();
  await until(SECONDS_MAX, `${count} are in`, () => guest.stats().connectionsOpen === count);
  running.go();
  return running.totals(SECONDS_MAX);
}

/** How many connections were open at most, looked up again and again. */
class HighWater {
  readonly #guest: Guest;
  readonly #timer: NodeJS.Timeout;
  #most = 0;

  constructor(guest: Guest) {
    this.#guest = guest;
    this.#timer = setInterval(() => this.#look(), 1);
  }

  read(): number {
    clearInterval(this.#timer);
    return this.#most;
  }

  #look(): void {
    this.#most = Math.max(this.#most, this.#guest.stats().connectionsOpen);
  }
}

function admission(guest: Guest): { accepted: number; refused: number } {
  const { connectionsAccepted, acceptsRefused } = guest.stats();
  return { accepted: connectionsAccepted, refused: acceptsRefused };
}
