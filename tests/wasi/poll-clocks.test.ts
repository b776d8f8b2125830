// poll_oneoff: clocks. Which are due, which are errors, that no wait is shorter than asked on the
// guest's own clock, and that every clock that is due is reported.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import {
  ABSTIME,
  COUNT,
  EVENTS,
  FAR,
  LIST,
  MONOTONIC,
  NOW,
  PAST,
  Poller,
  REALTIME,
  type Wanted,
  writeList,
} from './poller.ts';
import { BUFFER, type TestWorld, withWorld } from './world.ts';

const test = suite('poll_oneoff: clocks');

const CLOCKS = [
  ['realtime', REALTIME],
  ['monotonic', MONOTONIC],
] as const;

const US = 1000n;
const MS = 1_000_000n;
const HOUR = 3_600_000_000_000n;

function read(world: TestWorld, clock: number): bigint {
  assert.is(world.errno('clock_time_get', clock, 0n, BUFFER), 'SUCCESS');
  return world.caller.view.getBigUint64(BUFFER, true);
}

// ---- due or not, at once -----------------------------------------------------------------------

interface Time {
  readonly title: string;
  readonly flags: number;
  /** The time of the subscription, when its clock shows `now` and the other one `other`. */
  readonly ns: (now: bigint, other: bigint) => bigint;
  /** Undefined: it depends on which of the two clocks it is. */
  readonly isDue?: boolean;
}

const duration = (title: string, ns: bigint, isDue: boolean): Time => ({
  title: `a duration of ${title}`,
  flags: 0,
  ns: () => ns,
  isDue,
});

const instant = (title: string, ns: Time['ns'], isDue?: boolean): Time => ({
  title: `the instant ${title}`,
  flags: ABSTIME,
  ns,
  ...(isDue === undefined ? {} : { isDue }),
});

const TIMES: readonly Time[] = [
  duration('0', 0n, true),
  duration('an hour', HOUR, false),
  // Each is short to a host that drops a word of it, or takes it as signed.
  duration('2^32 ns', 2n ** 32n, false),
  duration('2^53 + 1 ns', 2n ** 53n + 1n, false),
  duration('2^63 - 1 ns', 2n ** 63n - 1n, false),
  duration('2^63 ns', 2n ** 63n, false),
  duration('2^64 - 1 ns', 2n ** 64n - 1n, false),
  instant('0', () => 0n, true),
  instant('1', () => 1n, true),
  instant('now', (now) => now, true),
  instant('a nanosecond ago', (now) => now - 1n, true),
  instant('in an hour', (now) => now + HOUR, false),
  instant('in 2^32 ns', (now) => now + 2n ** 32n, false),
  instant('2^63', () => 2n ** 63n, false),
  instant('2^64 - 1', () => 2n ** 64n - 1n, false),
  // The realtime clock is decades ahead of the monotonic one, which begins with the guest.
  instant('that the other clock shows now', (_, other) => other),
];

for (const [name, clock] of CLOCKS) {
  for (const time of TIMES) {
    const isDue = time.isDue ?? clock === REALTIME;
    test(
      `${time.title} of the ${name} clock is ${isDue ? 'due at once' : 'not due'}`,
      withWorld((world) => {
        const poller = new Poller(world);
        const ready: Wanted = { write: world.connect().fd };
        const ns = time.ns(read(world, clock), read(world, 1 - clock));
        const item: Wanted = { clock, ns, flags: time.flags };
        poller.pollEveryWay([item, NOW, FAR], isDue ? '0 1' : '1');
        poller.pollEveryWay([ready, item], isDue ? '0 1' : '0');
        poller.pollEveryWay([item, { read: 99 }, ready], isDue ? '0 1:BADF 2' : '1:BADF 2');
        if (isDue) poller.pollEveryWay([item, { read: world.listenFd }], '0');
      }),
    );
  }
}

// ---- never early -------------------------------------------------------------------------------

const WAITS = [1n, 999n, 20n * US, 300n * US, 1001n * US, 3n * MS] as const;

for (const [name, clock] of CLOCKS) {
  for (const flags of [0, ABSTIME]) {
    const kind = flags === ABSTIME ? 'an instant' : 'a duration';
    for (const ns of WAITS) {
      test(
        `a wait of ${ns} ns for ${kind} of the ${name} clock is never early`,
        withWorld((world) => {
          const waiting: readonly Wanted[] = [{ read: world.listenFd }, FAR];
          // Without a set, registering, and registered; then clocks alone.
          for (const others of [waiting, waiting, waiting, [FAR], [FAR]]) {
            const begin = read(world, clock);
            const item: Wanted = { clock, flags, ns: flags === ABSTIME ? begin + ns : ns };
            const list = [...others, item];
            writeList(world, list);
            const errno = world.errno('poll_oneoff', LIST, EVENTS, list.length, COUNT);
            // Before anything is looked at, since that takes as long as some of the waits.
            const waitedNs = read(world, clock) - begin;
            assert.is(errno, 'SUCCESS');
            assert.is(world.caller.u32(COUNT), 1);
            assert.ok(waitedNs >= ns, `${waitedNs} ns`);
          }
        }),
      );
    }
  }
}

test(
  'an instant of the realtime clock more than a second away is not early',
  withWorld((world) => {
    const due = read(world, REALTIME) + 1050n * MS;
    new Poller(world).poll([{ clock: REALTIME, ns: due, flags: ABSTIME }], '0');
    assert.ok(read(world, REALTIME) >= due);
  }),
);

test(
  'a wake that is not for the guest makes no wait shorter',
  withWorld((world) => {
    const poller = new Poller(world);
    for (const clock of [REALTIME, MONOTONIC]) {
      for (let time = 0; time < 3; time++) {
        world.peers.later({ act: 'wake' });
        const begin = read(world, MONOTONIC);
        poller.poll([{ read: world.listenFd }, { clock, ns: 30n * MS }], '1');
        assert.ok(read(world, MONOTONIC) - begin >= 30n * MS);
      }
    }
  }),
);

// ---- errors ------------------------------------------------------------------------------------

const BAD_CLOCKS: readonly (readonly [title: string, item: Wanted & object, errno: string])[] = [
  ['the CPU time of the process', { clock: 2, ns: 1n }, 'NOTSUP'],
  ['an instant of the CPU time of the process', { clock: 2, ns: 1n, flags: ABSTIME }, 'NOTSUP'],
  ['the CPU time of the thread', { clock: 3, ns: 1n }, 'NOTSUP'],
  ['an instant of the CPU time of the thread', { clock: 3, ns: 1n, flags: ABSTIME }, 'NOTSUP'],
  ['the clock 4', { clock: 4, ns: 0n }, 'INVAL'],
  ['the clock 99', { clock: 99, ns: HOUR, flags: ABSTIME }, 'INVAL'],
  ['the clock 256', { clock: 256, ns: 0n }, 'INVAL'],
  ['the clock 2^16 + 1', { clock: 2 ** 16 + 1, ns: 0n }, 'INVAL'],
  ['the clock 2^31', { clock: 2 ** 31, ns: 0n }, 'INVAL'],
  ['the clock 2^32 - 1', { clock: 2 ** 32 - 1, ns: 0n }, 'INVAL'],
  ['the flag 2', { clock: MONOTONIC, ns: 0n, flags: 2 }, 'INVAL'],
  ['the flags 3', { clock: REALTIME, ns: 0n, flags: 3 }, 'INVAL'],
  ['the flag 256', { clock: MONOTONIC, ns: HOUR, flags: 256 }, 'INVAL'],
  ['the flag 0x8000', { clock: REALTIME, ns: HOUR, flags: 0x8000 }, 'INVAL'],
  ['the flags 0xfffe', { clock: MONOTONIC, ns: 0n, flags: 0xfffe }, 'INVAL'],
  ['the flags 0xffff', { clock: MONOTONIC, ns: 0n, flags: 0xffff }, 'INVAL'],
];

for (const [title, item, errno] of BAD_CLOCKS) {
  test(
    `${title} is ${errno} of its own event, and nothing is waited for`,
    withWorld((world) => {
      const poller = new Poller(world);
      const ready: Wanted = { write: world.connect().fd };
      poller.pollEveryWay([item], `0:${errno}`);
      poller.pollEveryWay([{ read: world.listenFd }, item, FAR], `1:${errno}`);
      poller.pollEveryWay([NOW, item, ready, item], `0 1:${errno} 2 3:${errno}`);
    }),
  );
}

// ---- several -----------------------------------------------------------------------------------

test(
  'every clock that is due is reported, wherever it stands, and no other',
  withWorld((world) => {
    const poller = new Poller(world);
    const waiting: Wanted = { read: world.listenFd };
    const ready: Wanted = { write: world.connect().fd };
    poller.pollEveryWay([NOW, PAST, NOW], '0 1 2');
    poller.pollEveryWay([FAR, NOW, FAR, PAST, FAR], '1 3');
    poller.pollEveryWay([NOW, waiting, PAST, waiting, FAR], '0 2');
    poller.pollEveryWay([NOW, ready, PAST, waiting, FAR, ready], '0 1 2 5');
  }),
);

test(
  'the earliest of several clocks ends the wait, whichever it is',
  withWorld((world) => {
    const poller = new Poller(world);
    const [later, earlier] = CLOCKS.map(([, clock]) => ({ clock, ns: 2n * HOUR }));
    const soon: Wanted = { clock: REALTIME, ns: 300n * US };
    poller.pollEveryWay([later!, soon, earlier!, FAR], '1');
    poller.pollEveryWay([FAR, { read: world.listenFd }, { ...soon, clock: MONOTONIC }], '2');
  }),
);

test(
  'the same clock a thousand times is due a thousand times',
  withWorld((world) => {
    const list = Array.from({ length: 1000 }, () => NOW);
    new Poller(world).poll(list, [...list.keys()].join(' '));
  }),
);

test(
  'the precision that a guest allows makes no wait longer',
  withWorld((world) => {
    const poller = new Poller(world);
    const begin = read(world, MONOTONIC);
    for (const precisionNs of [1n, HOUR, 2n ** 64n - 1n]) {
      poller.pollEveryWay([{ clock: MONOTONIC, ns: 100n * US, precisionNs }], '0');
    }
    assert.ok(read(world, MONOTONIC) - begin < HOUR / 60n);
  }),
);

test(
  'a descriptor that becomes ready ends the longest wait',
  withWorld((world) => {
    const poller = new Poller(world);
    const longest = { clock: MONOTONIC, ns: 2n ** 64n - 1n };
    const list: Wanted[] = [
      longest,
      { ...longest, flags: ABSTIME },
      { clock: REALTIME, ns: 2n ** 64n - 1n, flags: ABSTIME },
      { read: world.listenFd },
    ];
    for (let time = 0; time < 3; time++) {
      world.later({ act: 'connect', address: world.address });
      poller.poll(list, '3');
      world.accept();
    }
  }),
);

test.run();
