// epoll_wait: how much is told at once, how long it takes, and what ends it. On both kernels, with all
// of the memory compared after every call.

import * as assert from 'uvu/assert';
import { Counter, Outcome, Reason } from '../../host/wasi/control-block.ts';
import { GuestExit } from '../../host/wasi/guest-exit.ts';
import { suite } from '../support/suite.ts';
import { PAGE_BYTES } from './caller.ts';
import { COUNT, type Epoller, EVENTS, FOREVER, onBoth } from './epoller.ts';
import { NONBLOCK } from './spec.ts';
import { RESULT, type TestWorld } from './world.ts';

const test = suite('epoll_wait');

const END = 4 * PAGE_BYTES;

// ---- how many ----------------------------------------------------------------------------------

/** An instance that watches `count` connections with data. */
function manyReady(
  world: TestWorld,
  epoller: Epoller,
  count: number,
): [epfd: number, fds: number[]] {
  const epfd = epoller.create();
  const fds = Array.from({ length: count }, () => world.readable());
  for (const fd of fds) epoller.add(epfd, fd);
  return [epfd, fds];
}

/** The fds that waits with room for `max` tell of, until `count` were told. */
function tagsOf(epoller: Epoller, epfd: number, max: number, count: number): number[] {
  const tags: number[] = [];
  while (tags.length < count) {
    const events = epoller.events(epfd, { max });
    assert.ok(typeof events !== 'string' && events.length === Math.min(max, count));
    tags.push(...(events as [number, string][]).map(([tag]) => tag));
  }
  return tags;
}

for (const max of [1, 2, 3, 6, 7, 1024, 1025, 5000]) {
  onBoth(
    test,
    `with room for ${max} of six, all are told of before one is twice`,
    (world, epoller) => {
      const [epfd, fds] = manyReady(world, epoller, 6);
      for (let round = 0; round < 3; round++) {
        const told = tagsOf(epoller, epfd, max, 6);
        assert.equal(
          told.toSorted((left, right) => left - right),
          fds,
        );
      }
    },
  );
}

onBoth(test, 'room for none, or fewer, is INVAL before FAULT, and after BADF', (world, epoller) => {
  const epfd = epoller.create();
  epoller.add(epfd, world.readable(), 'IN|ET', 1);
  for (const max of [0, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 1]) {
    assert.is(world.errno('epoll_wait', epfd, 2 ** 32 - 1, max, FOREVER, 2 ** 32 - 1), 'INVAL');
    assert.is(world.errno('epoll_wait', 99, EVENTS, max, FOREVER, COUNT), 'BADF');
  }
  assert.is(epoller.wait(epfd), '1:IN', 'the edge is still there');
});

onBoth(test, 'places outside of the memory are FAULT, and no edge is lost', (world, epoller) => {
  const epfd = epoller.create();
  epoller.add(epfd, world.readable(), 'IN|ET', 1);
  const call = (events: number, max: number, count: number, fd = epfd): string =>
    world.errno('epoll_wait', fd, events, max, FOREVER, count);
  assert.is(call(END - 31, 1, COUNT), 'FAULT');
  assert.is(call(END - 32, 2, COUNT), 'FAULT');
  assert.is(call(2 ** 32 - 32, 1, COUNT), 'FAULT');
  assert.is(call(0, 2 ** 31 - 1, COUNT), 'FAULT');
  assert.is(call(0, 2 ** 27, COUNT), 'FAULT', '32 times 2^27 is 2^32');
  assert.is(call(EVENTS, 1, END - 3), 'FAULT');
  assert.is(call(EVENTS, 1, 2 ** 32 - 1), 'FAULT');
  assert.is(call(END, 1, COUNT, world.listenFd), 'FAULT', 'before what is no instance');
  assert.is(call(EVENTS, 1, COUNT, world.listenFd), 'INVAL');
  assert.is(call(EVENTS, 1, COUNT, world.connect().fd), 'INVAL');
  assert.is(epoller.wait(epfd), '1:IN');
});

onBoth(
  test,
  'events and count may end with the memory, and the count is written last',
  (world, epoller) => {
    const epfd = epoller.create();
    epoller.add(epfd, world.readable(), 'IN', 1);
    assert.is(world.errno('epoll_wait', epfd, END - 32, 1, 0n, EVENTS), 'SUCCESS');
    assert.is(world.caller.u32(END - 32), 1);
    assert.is(world.errno('epoll_wait', epfd, EVENTS, 1, 0n, END - 4), 'SUCCESS');
    assert.is(world.caller.u32(END - 4), 1);
    world.caller.clear();
    assert.is(world.errno('epoll_wait', epfd, EVENTS, 1, 0n, EVENTS + 12), 'SUCCESS');
    assert.is(world.caller.u32(EVENTS + 12), 1);
    assert.is(world.caller.u32(EVENTS), 1);
  },
);

onBoth(test, 'waits and events are counted', (world, epoller) => {
  const [epfd] = manyReady(world, epoller, 3);
  const { counters } = world.caller.control;
  const before = [counters[Counter.POLLS]!, counters[Counter.EVENTS]!] as const;
  epoller.wait(epfd);
  epoller.wait(epfd, { max: 2 });
  assert.equal(
    [counters[Counter.POLLS]! - before[0], counters[Counter.EVENTS]! - before[1]],
    [2, 5],
  );
});

// ---- how long ----------------------------------------------------------------------------------

onBoth(test, 'a timeout of 0 looks once, and asks for no clock', (world, epoller) => {
  const epfd = epoller.create();
  world.caller.sandbox.monotonicNs = () => {
    throw new Error('the clock is read');
  };
  assert.equal(
    world.watched.during(() => assert.is(epoller.wait(epfd), '')),
    ['wait'],
  );
});

for (const timeoutNs of [1n, 999n, 300_000n, 2_000_000n]) {
  onBoth(
    test,
    `${timeoutNs} ns pass before nothing is told, and no wait is shorter`,
    (world, epoller) => {
      const epfd = epoller.create();
      epoller.add(epfd, world.connect().fd);
      const before = world.caller.sandbox.monotonicNs();
      assert.is(epoller.wait(epfd, { timeoutNs }), '');
      const passedNs = world.caller.sandbox.monotonicNs() - before;
      assert.ok(passedNs >= Number(timeoutNs), `${passedNs} ns passed`);
    },
  );
}

for (const timeoutNs of [FOREVER, FOREVER - 1n, 2n ** 63n, 2n ** 53n + 1n]) {
  onBoth(test, `${timeoutNs} ns are waited for something to come`, (world, epoller) => {
    const epfd = epoller.create();
    epoller.add(epfd, world.listenFd, 'IN', 1);
    world.peers.later({ act: 'connect', address: world.address });
    assert.is(epoller.wait(epfd, { timeoutNs }), '1:IN');
  });
}

onBoth(test, 'all ones are for ever, and one less is not', (world, epoller) => {
  const epfd = epoller.create();
  epoller.add(epfd, world.readable(), 'IN', 1);
  const timeouts: number[] = [];
  const { sandbox } = world.caller;
  const wait = sandbox.wait.bind(sandbox);
  sandbox.wait = (set, timeoutNs, ready) => {
    timeouts.push(timeoutNs);
    return wait(set, timeoutNs, ready);
  };
  for (const timeoutNs of [FOREVER, FOREVER - 1n, 0n, 5n, 2n ** 53n + 1n]) {
    assert.is(epoller.wait(epfd, { timeoutNs }), '1:IN');
  }
  const [forever, most, none, five, wide] = timeouts as [number, number, number, number, number];
  assert.equal([forever, none, five], [Infinity, 0, 5]);
  assert.ok(most < Infinity && BigInt(most) >= FOREVER - 1n, 'not shorter than asked');
  assert.ok(BigInt(wide) >= 2n ** 53n + 1n, 'not shorter than asked');
});

// ---- what ends a wait --------------------------------------------------------------------------

onBoth(
  test,
  'to a guest that runs _start a wake is nothing: it waits on for the rest',
  (world, epoller) => {
    const epfd = epoller.create();
    epoller.add(epfd, world.listenFd, 'IN', 1);
    world.kernel.wake();
    assert.is(epoller.wait(epfd), '', 'also when it only looks');
    world.watched.beforeNextWait(() => world.kernel.wake());
    const before = world.caller.sandbox.monotonicNs();
    assert.is(epoller.wait(epfd, { timeoutNs: 5_000_000n }), '');
    assert.ok(world.caller.sandbox.monotonicNs() - before >= 5_000_000);
    world.kernel.wake();
    world.peers.later({ act: 'connect', address: world.address });
    assert.is(epoller.wait(epfd, { timeoutNs: FOREVER }), '1:IN');
  },
);

onBoth(
  test,
  'what is ready is told although a wake came, whatever the timeout',
  (world, epoller) => {
    const epfd = epoller.create();
    epoller.add(epfd, world.readable(), 'IN', 1);
    for (const timeoutNs of [0n, 1n, FOREVER]) {
      world.kernel.wake();
      assert.is(epoller.wait(epfd, { timeoutNs }), '1:IN');
    }
  },
);

onBoth(
  test,
  'a guest that is called turn by turn is told of a wake by INTR, and nothing is lost',
  (world, epoller) => {
    const epfd = epoller.create();
    epoller.add(epfd, world.readable(), 'IN|ET', 1);
    world.kernel.wake();
    assert.is(epoller.wait(epfd, { timeoutNs: FOREVER }), 'INTR');
    assert.is(epoller.wait(epfd, { timeoutNs: FOREVER }), '1:IN');
    world.peers.later({ act: 'wake' });
    assert.is(epoller.wait(epfd, { timeoutNs: FOREVER }), 'INTR');
  },
  { isInterruptible: true },
);

/** The guest waits, and does not come back. @returns how it ended */
function leaves({ caller }: TestWorld, epfd: number): number {
  assert.throws(
    () => caller.call('epoll_wait', epfd, EVENTS, 8, FOREVER, COUNT),
    (error: unknown) => error instanceof GuestExit,
  );
  return caller.control.outcome;
}

onBoth(test, 'a guest is stopped in its wait', (world, epoller) => {
  const epfd = epoller.create();
  world.watched.beforeNextWait(() => world.caller.control.ask(Reason.STOP));
  world.peers.later({ act: 'wake' });
  assert.is(leaves(world, epfd), Outcome.STOPPED);
});

onBoth(
  test,
  'a guest that is asleep when draining begins ends when nothing is open',
  (world, epoller) => {
    const epfd = epoller.create();
    epoller.add(epfd, world.listenFd);
    const { control } = world.caller;
    world.watched.beforeNextWait(() => control.ask(Reason.DRAIN));
    world.peers.later({ act: 'wake' });
    assert.is(leaves(world, epfd), Outcome.DRAINED);
  },
);

onBoth(
  test,
  'draining tells the guest of the queue, then of its connections alone',
  (world, epoller) => {
    const epfd = epoller.create();
    epoller.add(epfd, world.listenFd, 'IN', 1);
    const { fd, peer } = world.connect();
    epoller.add(epfd, fd, 'IN', 2);
    const queued = world.peers.connect(world.address);
    world.peers.settle();
    world.caller.control.ask(Reason.DRAIN);
    assert.is(epoller.wait(epfd, { timeoutNs: FOREVER }), '1:IN');
    assert.is(world.errno('sock_accept', world.listenFd, NONBLOCK, RESULT), 'SUCCESS');
    world.closeFd(world.caller.u32(RESULT));
    assert.is(epoller.wait(epfd), '');
    peer.close();
    queued.close();
    world.peers.settle();
    assert.is(epoller.wait(epfd, { timeoutNs: FOREVER }), '2:IN');
    world.closeFd(fd);
    assert.is(leaves(world, epfd), Outcome.DRAINED);
  },
);

onBoth(
  test,
  'when half the time to drain is over, idle connections are told of their end',
  (world, epoller) => {
    const epfd = epoller.create();
    const { fd } = world.connect();
    epoller.add(epfd, fd, 'IN|RDHUP', 2);
    world.caller.control.ask(Reason.DRAIN);
    assert.is(epoller.wait(epfd), '');
    world.watched.beforeNextWait(() => world.caller.control.ask(Reason.DRAIN_IDLE));
    world.peers.later({ act: 'wake' });
    assert.is(epoller.wait(epfd, { timeoutNs: FOREVER }), '2:IN|RDHUP');
    assert.is(world.recv(fd), '');
  },
);

// ---- what a wait asks of the kernel --------------------------------------------------------------

onBoth(test, 'a wait is one call of the kernel, however much is watched', (world, epoller) => {
  const epfd = epoller.create();
  for (const fd of world.addQuiet(200)) epoller.add(epfd, fd);
  epoller.add(epfd, world.readable(), 'IN', 1);
  for (let round = 0; round < 3; round++) {
    assert.equal(
      world.watched.during(() => assert.is(epoller.wait(epfd), '1:IN')),
      ['wait'],
    );
  }
});

onBoth(
  test,
  'poll_oneoff and two instances wait for one connection, each for its own',
  (world, epoller) => {
    const { fd, peer } = world.connect();
    const [level, edge] = [epoller.create(), epoller.create()];
    epoller.add(level, fd, 'IN');
    epoller.add(edge, fd, 'IN|ET');
    const polled = (): number => {
      world.caller.setFdSubscription(8192, 1, fd, 1n);
      world.caller.setClockSubscription(8240, { id: 1, timeoutNs: 0n, userdata: 2n });
      assert.is(world.errno('poll_oneoff', 8192, 9000, 2, RESULT), 'SUCCESS');
      return world.caller.u32(RESULT);
    };
    assert.is(polled(), 1);
    for (let round = 0; round < 3; round++) {
      peer.send('abcd');
      world.peers.settle();
      assert.equal(
        [polled(), epoller.wait(level), epoller.wait(edge)],
        [2, `${fd}:IN`, `${fd}:IN`],
      );
      assert.equal([epoller.wait(edge), epoller.wait(level), polled()], ['', `${fd}:IN`, 2]);
      assert.is(world.recv(fd, 2), 'ab');
      assert.equal([polled(), epoller.wait(edge), epoller.wait(level)], [2, '', `${fd}:IN`]);
      assert.is(world.recv(fd), 'cd');
      assert.equal([epoller.wait(level), polled(), epoller.wait(edge)], ['', 1, '']);
    }
  },
);

test.run();
