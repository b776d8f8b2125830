// poll_oneoff: the call itself. Its pointers and counts, what it refuses, and what a supervisor's
// word does to it. That an errno leaves the memory as it was is the Poller's to see.

import * as assert from 'uvu/assert';
import { Counter, Reason } from '../../host/wasi/control-block.ts';
import { GuestExit } from '../../host/wasi/guest-exit.ts';
import { suite } from '../support/suite.ts';
import { COUNT, EVENTS, FAR, LIST, NOW, Poller, SOON, type Wanted, writeList } from './poller.ts';
import { Event, Subscription } from './spec.ts';
import { type TestWorld, withWorld } from './world.ts';

const test = suite('poll_oneoff: the call');

function end(world: TestWorld): number {
  return world.caller.bytes.length;
}

// ---- what is refused ---------------------------------------------------------------------------

test(
  'no subscription is INVAL, wherever the pointers lead',
  withWorld((world) => {
    const poller = new Poller(world);
    poller.call([], 'INVAL');
    poller.call([], 'INVAL', { list: 2 ** 32 - 1, events: 2 ** 31, count: end(world) });
    poller.poll([NOW], '0');
  }),
);

for (const tag of [3, 4, 127, 128, 255]) {
  test(
    `the tag ${tag} is INVAL for the whole call, at any place, and is forgotten by the next`,
    withWorld((world) => {
      const poller = new Poller(world);
      const ready: Wanted = { write: world.connect().fd };
      const list = [{ read: 99 }, ready, NOW];
      for (const index of list.keys()) {
        for (let time = 0; time < 2; time++) poller.poll(list, '0:BADF 1 2');
        writeList(world, list);
        world.caller.bytes[LIST + index * Subscription.BYTES + Subscription.TAG] = tag;
        for (let time = 0; time < 2; time++) poller.call(list, 'INVAL');
        for (let time = 0; time < 2; time++) poller.poll(list, '0:BADF 1 2');
      }
    }),
  );
}

/** The call with pointers that are all right but for what the row says. */
interface Pointers {
  readonly list?: (end: number) => number;
  readonly events?: (end: number) => number;
  readonly count?: (end: number) => number;
  readonly length?: number;
}

const FAULTS: readonly (readonly [title: string, pointers: Pointers])[] = [
  ['a list that leaves the memory by a byte', { list: (end) => end - 47 }],
  ['a list that begins at the end', { list: (end) => end }],
  ['a list at 2^31', { list: () => 2 ** 31 }],
  ['a list whose end is 2^32', { list: () => 2 ** 32 - 48 }],
  ['a list at 2^32 - 1', { list: () => 2 ** 32 - 1 }],
  ['the second of a list that leaves the memory', { list: (end) => end - 48, length: 2 }],
  ['events that leave the memory by a byte', { events: (end) => end - 31 }],
  ['events at the end', { events: (end) => end }],
  ['events at 2^31', { events: () => 2 ** 31 }],
  ['events whose end is 2^32', { events: () => 2 ** 32 - 32 }],
  ['the second of the events that leaves the memory', { events: (end) => end - 32, length: 2 }],
  ['a count that leaves the memory by a byte', { count: (end) => end - 3 }],
  ['a count at the end', { count: (end) => end }],
  ['a count at 2^31', { count: () => 2 ** 31 }],
  ['a count at 2^32 - 1', { count: () => 2 ** 32 - 1 }],
  ['2^26 subscriptions, whose bytes wrap to 0', { length: 2 ** 26 }],
  ['89,478,486 subscriptions, whose bytes wrap to 32', { length: 89_478_486 }],
  ['2^31 subscriptions', { length: 2 ** 31 }],
  ['2^32 - 1 subscriptions', { length: 2 ** 32 - 1 }],
];

for (const [title, { list, events, count, length = 1 }] of FAULTS) {
  test(
    `${title}: FAULT, and nothing is written`,
    withWorld((world) => {
      const { caller } = world;
      writeList(world, [NOW, NOW]);
      const pointers = [
        list?.(end(world)) ?? LIST,
        events?.(end(world)) ?? EVENTS,
        length,
        count?.(end(world)) ?? COUNT,
      ];
      const before = caller.bytes.slice();
      assert.is(world.errno('poll_oneoff', ...pointers), 'FAULT');
      assert.ok(Buffer.from(caller.bytes).equals(before));
    }),
  );
}

test(
  '65,536 subscriptions are taken, one more is NOMEM',
  withWorld((world) => {
    const { caller } = world;
    // Both lists overlap: the memory that a test may have is smaller than the two.
    caller.memory.grow(60);
    caller.clear();
    const poller = new Poller(world);
    const list = Array.from({ length: 65_537 }, () => NOW);
    const place = { list: LIST, events: LIST, count: COUNT };
    poller.poll(list, 'NOMEM', place);
    list.pop();
    poller.poll(list, [...list.keys()].join(' '), place);
  }),
);

// ---- where lists and results may lie -----------------------------------------------------------

test(
  'list, events and count may end where the memory does',
  withWorld((world) => {
    const poller = new Poller(world);
    const list = [{ write: world.connect().fd }, NOW];
    const last = end(world);
    for (let time = 0; time < 3; time++) {
      poller.poll(list, '0 1', { list: last - 2 * Subscription.BYTES });
      poller.poll(list, '0 1', { events: last - 2 * Event.BYTES });
      poller.poll(list, '0 1', { count: last - 4 });
    }
  }),
);

for (const shift of [1, 2, 3, 4, 5, 6, 7]) {
  test(
    `pointers that are ${shift} off their alignment are taken`,
    withWorld((world) => {
      const poller = new Poller(world);
      const list = [{ write: world.connect().fd }, { read: 99 }, NOW];
      for (let time = 0; time < 3; time++) {
        poller.poll(list, '0 1:BADF 2', { list: LIST + shift });
        poller.poll(list, '0 1:BADF 2', { events: EVENTS + shift });
        poller.poll(list, '0 1:BADF 2', { count: COUNT + shift });
      }
    }),
  );
}

test(
  'events may be written over the list, in any place of it',
  withWorld((world) => {
    const poller = new Poller(world);
    const list = [NOW, { write: world.connect().fd }, { read: 99 }];
    for (const events of [LIST, LIST + 8, LIST + 40, LIST + 96, LIST - 8, LIST - 64, LIST + 1]) {
      for (let time = 0; time < 3; time++) poller.poll(list, '0 1 2:BADF', { events });
    }
  }),
);

test(
  'the count may be written over the list',
  withWorld((world) => {
    const poller = new Poller(world);
    const list = [{ write: world.connect().fd }, NOW];
    for (let time = 0; time < 3; time++) poller.poll(list, '0 1', { count: LIST + 16 });
  }),
);

test(
  'a memory that grew between two calls holds the list and the results of the second',
  withWorld((world) => {
    const poller = new Poller(world);
    const list = [{ write: world.connect().fd }, NOW];
    for (let time = 0; time < 3; time++) {
      const place = { list: end(world), events: end(world) + 1024, count: end(world) + 4096 };
      poller.poll(list, '0 1');
      world.caller.memory.grow(1);
      poller.poll(list, '0 1', place);
    }
  }),
);

// ---- the supervisor's word ---------------------------------------------------------------------

test(
  'a stop leaves the guest, and so does every later call',
  withWorld((world) => {
    const { caller } = world;
    writeList(world, [{ read: world.listenFd }]);
    caller.control.ask(Reason.STOP);
    const before = caller.bytes.slice();
    for (let time = 0; time < 2; time++) {
      assert.throws(
        () => caller.call('poll_oneoff', LIST, EVENTS, 1, COUNT),
        (error: unknown) => error instanceof GuestExit,
      );
    }
    assert.ok(Buffer.from(caller.bytes).equals(before));
  }),
);

for (const [title, known] of [
  ['a wait', []],
  ['a call that has something to report', [{ read: 99 }]],
] as const) {
  test(
    `a stop ends ${title}, and nothing is written`,
    withWorld((world) => {
      const list = [...known, { read: world.listenFd }, FAR];
      writeList(world, list);
      world.watched.beforeNextWait(() => {
        world.caller.control.ask(Reason.STOP);
        world.kernel.wake();
      });
      const before = world.caller.bytes.slice();
      assert.throws(
        () => world.caller.call('poll_oneoff', LIST, EVENTS, list.length, COUNT),
        (error: unknown) => error instanceof GuestExit,
      );
      assert.ok(Buffer.from(world.caller.bytes).equals(before));
    }),
  );
}

test(
  'a wake that is not for the guest is not seen by one that runs _start',
  withWorld((world) => {
    const poller = new Poller(world);
    for (let time = 0; time < 3; time++) {
      world.kernel.wake();
      poller.poll([{ read: world.listenFd }, SOON], '1');
      world.kernel.wake();
      poller.poll([{ read: 99 }, FAR], '0:BADF');
    }
  }),
);

test(
  'a wake hides nothing that is ready beside what is known at once',
  withWorld((world) => {
    const poller = new Poller(world);
    const ready: Wanted = { write: world.connect().fd };
    for (let time = 0; time < 3; time++) {
      world.kernel.wake();
      poller.poll([NOW, { read: 99 }, ready], '0 1:BADF 2');
    }
  }),
);

test(
  'a wake is INTR to a guest that is called turn by turn, once, and nothing is written',
  withWorld(
    (world) => {
      const poller = new Poller(world);
      const ready: Wanted = { write: world.connect().fd };
      const lists: readonly (readonly [Wanted[], string])[] = [
        [[{ read: world.listenFd }, SOON], '1'],
        [[{ read: 99 }, FAR], '0:BADF'],
        [[NOW, { clock: 99, ns: 0n }], '0 1:INVAL'],
        [[ready, { read: 99 }], '0 1:BADF'],
      ];
      for (const [list, expected] of lists) {
        for (let time = 0; time < 3; time++) {
          world.kernel.wake();
          poller.poll(list, 'INTR');
          poller.poll(list, expected);
        }
      }
    },
    { isInterruptible: true },
  ),
);

test(
  'a wake in the middle of a wait is INTR to a guest that is called turn by turn',
  withWorld(
    (world) => {
      const poller = new Poller(world);
      for (let time = 0; time < 3; time++) {
        world.peers.later({ act: 'wake' });
        poller.poll([{ read: world.listenFd }], 'INTR');
      }
    },
    { isInterruptible: true },
  ),
);

test(
  'calls that wait, and their events, are counted',
  withWorld((world) => {
    const poller = new Poller(world);
    const { counters } = world.caller.control;
    poller.poll([NOW, NOW, { read: 99 }], '0 1 2:BADF');
    poller.poll([NOW], '0');
    poller.call([], 'INVAL');
    assert.is(counters[Counter.POLLS], 2);
    assert.is(counters[Counter.EVENTS], 4);
  }),
);

test.run();
