// Stops Pollux again and again, in every state, and looks for anything left behind.
//
//     node scripts/soak.mjs [--cli N] [--api N]        1,000 of each by default
//
//   --cli  starts the command line, brings it into a state, sends SIGINT: exit code 130, no process,
//          the client sees the end, and the address can be bound again at once
//   --api  run() and stop() in this process: afterwards /proc/self/fd and /proc/self/task are as
//          they were
//
// Prints PASS or FAIL for each and exits 1 on FAIL.

import { readdirSync, readlinkSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { register } from 'tsx/esm/api';

register();
const { cGuest, ROT13_COMMAND, ROT13_REACTOR } = await import('../tests/e2e/support/guests.ts');
const { withStarted } = await import('../tests/e2e/support/server.ts');
const { within } = await import('../tests/e2e/support/deadline.ts');
const { connect, ended, received } = await import('../tests/e2e/support/target.ts');

const PROGRESS_STEPS = 10;
/** Enough for what a process opens only once. */
const WARM_UP_COUNT = 10;
const SETTLE_MS_MAX = 5000;
const WAIT_SECONDS_MAX = 30;

const { values } = parseArgs({
  options: { cli: { type: 'string' }, api: { type: 'string' } },
});
const isOneNamed = values.cli !== undefined || values.api !== undefined;
const cliCount = Number(values.cli ?? (isOneNamed ? 0 : 1000));
const apiCount = Number(values.api ?? (isOneNamed ? 0 : 1000));

const guests = [ROT13_COMMAND, ROT13_REACTOR, cGuest('blocking-echo')];

/**
 * What the guest is doing when it is stopped. Each gives promises that its clients saw the end, in an
 * array, since they are not to be awaited before the stop.
 */
const states = {
  async untouched() {
    return [];
  },
  /** One client has been answered and stays. */
  async open(address) {
    const client = await connect(address);
    client.write('x');
    await within(WAIT_SECONDS_MAX, received(client), () => 'no answer');
    return [ended(client)];
  },
  /** One client writes and reads as fast as it can. */
  async busy(address) {
    const client = await connect(address);
    const block = Buffer.alloc(65_536, 'x');
    const write = (error) => error || client.write(block, write);
    write();
    await within(WAIT_SECONDS_MAX, received(client), () => 'no answer');
    return [ended(client)];
  },
};

if (cliCount > 0) await soak('cli', cliCount, () => stopCommandLine);
if (apiCount > 0) await soak('api', apiCount, prepareLibrary);

/** Makes `count` stops, each of the next guest and the next state, and says how it went. */
async function soak(kind, count, prepare) {
  const startMs = performance.now();
  let what = 'warm-up';
  try {
    const stopOnce = await prepare();
    for (let index = 0; index < count; index += 1) {
      const guest = guests[index % guests.length];
      const [name, enter] = Object.entries(states)[Math.floor(index / guests.length) % 3];
      what = `stop ${index + 1} (${guest}, ${name})`;
      await stopOnce(guest, enter);
      if ((index + 1) % Math.ceil(count / PROGRESS_STEPS) === 0) {
        process.stdout.write(`${kind}: ${index + 1} of ${count}, ${seconds(startMs)} s\n`);
      }
    }
    process.stdout.write(`PASS ${kind}: ${count} stops, nothing left, ${seconds(startMs)} s\n`);
  } catch (error) {
    process.stdout.write(`FAIL ${kind}: ${what}: ${error.message}\n`);
    process.exitCode = 1;
  }
}

function stopCommandLine(guest, enter) {
  return withStarted({ guest }, async (server) => {
    const seen = await enter(server.address);
    await server.assertStops('SIGINT', 130);
    await Promise.all(seen);
  });
}

/** The library is used in this process, so that what it leaves behind is seen here. */
async function prepareLibrary() {
  const { run } = await import('pollux');
  const stopOnce = async (guest, enter) => {
    const running = await run(guest, { listen: ['tcp:127.0.0.1:0'] });
    const entered = await Promise.allSettled([enter(running.addresses[0])]);
    const { reason, detail } = await running.stop();
    const [{ value: seen, reason: error }] = entered;
    if (error !== undefined || reason !== 'stopped') {
      throw new Error(`${error?.message ?? 'stopped'}; the guest ${reason} ${detail}`);
    }
    await Promise.all(seen);
  };
  for (let index = 0; index < WARM_UP_COUNT; index += 1) {
    await stopOnce(guests[index % guests.length], states.busy);
  }
  const before = resources();
  return async (guest, enter) => {
    await stopOnce(guest, enter);
    const now = await resourcesOnceLike(before);
    if (now !== before) throw new Error(`left behind\nbefore: ${before}\nnow:    ${now}`);
  };
}

/**
 * A thread that was joined stands in /proc for a moment longer: the kernel tells its end before it
 * takes it off the list.
 */
async function resourcesOnceLike(before) {
  const endMs = performance.now() + SETTLE_MS_MAX;
  let now = resources();
  while (now !== before && performance.now() < endMs) {
    await new Promise((resolve) => setImmediate(resolve));
    now = resources();
  }
  return now;
}

/** What this process holds: its descriptors, by kind, and its threads. */
function resources() {
  const kinds = readdirSync('/proc/self/fd').map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).replace(/:\[\d+\]$/, '');
    } catch {
      return 'the listing itself';
    }
  });
  return `${kinds.sort().join(' ')}, ${readdirSync('/proc/self/task').length} threads`;
}

function seconds(startMs) {
  return ((performance.now() - startMs) / 1000).toFixed(1);
}
