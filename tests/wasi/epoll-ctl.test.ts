// epoll_create and epoll_ctl: what they refuse, and in which order. On both kernels.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { PAGE_BYTES } from './caller.ts';
import { COUNT, type Epoller, EVENT, onBoth, type Op } from './epoller.ts';
import type { TestWorld } from './world.ts';

const test = suite('epoll_ctl');

const OPS: readonly Op[] = ['ADD', 'MOD', 'DEL'];
const CLOSED = 99;
const END = 4 * PAGE_BYTES;

// ---- creating ----------------------------------------------------------------------------------

onBoth(test, 'an instance has the lowest free number, and is its own', (world, epoller) => {
  const { fd } = world.connect();
  const [first, second] = [epoller.create(), epoller.create()];
  assert.equal([first, second], [fd + 1, fd + 2]);
  world.closeFd(first);
  assert.is(epoller.create(), first);
  epoller.add(second, fd, 'OUT');
  assert.is(epoller.wait(first), '');
  assert.is(epoller.wait(second), `${fd}:OUT`);
});

onBoth(test, 'a result outside of the memory is FAULT, and nothing is opened', (world) => {
  const { openCount } = world.caller.sandbox.descriptors;
  for (const pointer of [END - 3, END, 2 ** 31, 2 ** 32 - 1]) {
    assert.is(world.errno('epoll_create', pointer), 'FAULT');
  }
  assert.is(world.caller.sandbox.descriptors.openCount, openCount);
  assert.is(world.errno('epoll_create', END - 4), 'SUCCESS');
});

onBoth(
  test,
  'an instance counts among the descriptors that a guest may have',
  (world, epoller) => {
    const first = epoller.create();
    epoller.create();
    world.caller.clear();
    assert.is(world.errno('epoll_create', COUNT), 'MFILE');
    assert.is(world.caller.u32(COUNT), 0xa5a5a5a5);
    world.closeFd(first);
    assert.is(epoller.create(), first);
  },
  { fdCountMax: 3 },
);

onBoth(
  test,
  'a guest may have 128 instances, and as many again when it closes them',
  (world, epoller) => {
    // More in all than a kernel has sets.
    for (let round = 0; round < 9; round++) {
      const epfds = Array.from({ length: 128 }, () => epoller.create());
      assert.is(world.errno('epoll_create', COUNT), 'MFILE');
      for (const epfd of epfds) world.closeFd(epfd);
    }
  },
);

onBoth(test, 'the system without a descriptor is MFILE', (world, epoller) => {
  const giveBack = world.peers.exhaustDescriptors();
  assert.is(world.errno('epoll_create', COUNT), 'MFILE');
  giveBack(2);
  epoller.create();
});

// ---- what is refused ---------------------------------------------------------------------------

onBoth(
  test,
  'a descriptor is added once, changed and taken out while it is in',
  (world, epoller) => {
    const { fd } = world.connect();
    const epfd = epoller.create();
    assert.is(epoller.ctl(epfd, 'MOD', fd), 'NOENT');
    assert.is(epoller.ctl(epfd, 'DEL', fd), 'NOENT');
    assert.is(epoller.ctl(epfd, 'ADD', fd, 'OUT'), 'SUCCESS');
    assert.is(epoller.ctl(epfd, 'ADD', fd, 'IN', 77), 'EXIST');
    assert.is(epoller.wait(epfd), `${fd}:OUT`);
    assert.is(epoller.ctl(epfd, 'MOD', fd, 'OUT', 78), 'SUCCESS');
    assert.is(epoller.wait(epfd), '78:OUT');
    assert.is(epoller.ctl(epfd, 'DEL', fd), 'SUCCESS');
    assert.is(epoller.wait(epfd), '');
    assert.is(epoller.ctl(epfd, 'DEL', fd), 'NOENT');
    epoller.add(epfd, fd, 'OUT', 79);
    assert.is(epoller.wait(epfd), '79:OUT');
  },
);

onBoth(test, 'an event outside of the memory is FAULT before anything else', (world, epoller) => {
  const { fd } = world.connect();
  const epfd = epoller.create();
  for (const pointer of [END - 31, END, 2 ** 31, 2 ** 32 - 32, 2 ** 32 - 1]) {
    for (const [instance, target] of [
      [epfd, fd],
      [CLOSED, CLOSED],
      [fd, fd],
    ] as const) {
      assert.is(world.errno('epoll_ctl', instance, 0, target, pointer), 'FAULT');
      assert.is(world.errno('epoll_ctl', instance, 1, target, pointer), 'FAULT');
      assert.is(world.errno('epoll_ctl', instance, 3, target, pointer), 'FAULT');
    }
  }
  assert.is(epoller.ctl(epfd, 'DEL', fd), 'NOENT');
  assert.is(world.errno('epoll_ctl', epfd, 0, fd, END - 32), 'SUCCESS');
});

onBoth(test, 'DEL looks at no event', (world, epoller) => {
  const { fd } = world.connect();
  const epfd = epoller.create();
  epoller.add(epfd, fd, 'OUT');
  assert.is(world.errno('epoll_ctl', epfd, 2, fd, 2 ** 32 - 1), 'SUCCESS');
  assert.is(epoller.wait(epfd), '');
});

/** What stands first decides: each row is wrong in every way that follows, too. */
function refusals(
  world: TestWorld,
  epoller: Epoller,
): [instance: number, target: number, string][] {
  const { fd } = world.connect();
  const epfd = epoller.create();
  return [
    [CLOSED, fd, 'BADF'],
    [epfd, CLOSED, 'BADF'],
    [CLOSED, CLOSED, 'BADF'],
    [2 ** 32 - 1, 2 ** 31, 'BADF'],
    [fd, fd, 'INVAL'],
    [world.listenFd, fd, 'INVAL'],
    [fd, epfd, 'INVAL'],
    [epfd, epfd, 'INVAL'],
  ];
}

for (const op of OPS) {
  onBoth(test, `${op}: what is closed is BADF, what is no instance INVAL`, (world, epoller) => {
    for (const [instance, target, errno] of refusals(world, epoller)) {
      assert.is(epoller.ctl(instance, op, target), errno, `${instance}, ${target}`);
    }
  });
}

onBoth(
  test,
  'an operation that does not exist is INVAL, and BADF comes before',
  (world, epoller) => {
    const { fd } = world.connect();
    const epfd = epoller.create();
    epoller.add(epfd, fd, 'OUT');
    for (const op of [3, 4, 255, 256, 2 ** 31, 2 ** 32 - 1]) {
      assert.is(world.errno('epoll_ctl', epfd, op, fd, EVENT), 'INVAL');
      assert.is(world.errno('epoll_ctl', epfd, op, CLOSED, EVENT), 'BADF');
    }
    assert.is(epoller.wait(epfd), `${fd}:OUT`);
  },
);

onBoth(test, 'an instance in an instance is LOOP, and never watched', (world, epoller) => {
  const [outer, inner] = [epoller.create(), epoller.create()];
  assert.is(epoller.ctl(outer, 'ADD', inner), 'LOOP');
  assert.is(epoller.ctl(outer, 'MOD', inner), 'NOENT');
  assert.is(epoller.ctl(outer, 'DEL', inner), 'NOENT');
  epoller.add(inner, world.connect().fd, 'OUT');
  assert.is(epoller.wait(outer), '');
});

for (const kind of ['file', 'directory', 'null'] as const) {
  onBoth(
    test,
    `a standard stream that is always ready (${kind}) is PERM, before INVAL`,
    (world, epoller) => {
      const epfd = epoller.create();
      assert.is(epoller.ctl(epfd, 'ADD', 0), 'PERM');
      assert.is(epoller.wait(epfd), '');
      if (kind === 'null') return;
      for (const op of OPS) assert.is(epoller.ctl(world.listenFd, op, 0), 'PERM');
      for (const op of OPS) assert.is(epoller.ctl(epfd, op, 0), 'PERM');
    },
    { stdio: [kind, 'none', 'none'] },
  );
}

for (const kind of ['pipe', 'socket'] as const) {
  onBoth(
    test,
    `standard streams (${kind}) are watched`,
    (world, epoller) => {
      const epfd = epoller.create();
      epoller.add(epfd, 0, 'IN');
      epoller.add(epfd, 1, 'OUT|ONESHOT');
      assert.is(epoller.wait(epfd), '1:OUT');
      assert.is(epoller.wait(epfd), '');
      world.peers.stdio(0).send('text');
      world.peers.settle();
      assert.is(epoller.wait(epfd), '0:IN');
      assert.is(world.read(0), 'text');
      assert.is(epoller.wait(epfd), '');
    },
    { stdio: [kind, kind, 'none'] },
  );
}

onBoth(
  test,
  'four times as many registrations as descriptors may be open, and then there is no room',
  (world, epoller) => {
    const epfds = Array.from({ length: 6 }, () => epoller.create());
    const fds = [world.listenFd, ...world.addQuiet(5)];
    const pairs = epfds.flatMap((epfd) => fds.map((fd) => [epfd, fd] as const));
    for (const [epfd, fd] of pairs.slice(0, 28)) epoller.add(epfd, fd);
    const [first = -1, second = -1] = epfds;
    const last = epfds[5] as number;
    const refused = (): void => assert.is(epoller.ctl(last, 'ADD', fds[0] as number), 'NOSPC');
    refused();
    epoller.mod(first, fds[0] as number, 'OUT');
    refused();
    // Taking one out, closing what is watched and closing an instance make room: of 1, 4 and 5.
    epoller.del(first, fds[0] as number);
    world.closeFd(fds[5] as number);
    world.closeFd(second);
    const free = [...fds.slice(0, 5), ...world.addQuiet(5)];
    for (const fd of free) epoller.add(last, fd);
    assert.is(epoller.ctl(first, 'ADD', fds[0] as number), 'NOSPC');
  },
  { fdCountMax: 7 },
);

test.run();
