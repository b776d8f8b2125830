// sock_getsockopt and sock_setsockopt: each option, how much is written, every errno. On both kernels.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import {
  changesOnly,
  connectTo,
  getOption,
  onBoth,
  open,
  setOption,
  SIZE,
  VALUE,
} from './outgoing.ts';
import { NONBLOCK, RECV_WAITALL } from './spec.ts';
import { Option, STREAM } from './wasmedge-spec.ts';
import type { TestWorld } from './world.ts';

const test = suite('options of sockets');

const END = 4 * 65_536;
const CONNRESET = 15;
const { REUSEADDR, TYPE, ERROR, SNDBUF, RCVBUF, LINGER, ACCEPTCONN } = Option;
const UNBUILT = Object.values(Option).filter(
  (name) =>
    ![REUSEADDR, TYPE, ERROR, SNDBUF, RCVBUF, LINGER, ACCEPTCONN].some((one) => one === name),
);

// ---- what each says ----------------------------------------------------------------------------

onBoth(test, 'TYPE is STREAM, ACCEPTCONN tells a listener from a connection', (world) => {
  const fds = [world.listenFd, world.listen('unix').fd, world.connect().fd, open(world)];
  assert.equal(
    fds.map((fd) => [getOption(world, fd, TYPE), getOption(world, fd, ACCEPTCONN)]),
    [
      [STREAM, 1],
      [STREAM, 1],
      [STREAM, 0],
      [STREAM, 0],
    ],
  );
});

for (const family of ['ipv4', 'ipv6', 'unix'] as const) {
  onBoth(test, `${family}: what was set is what is told`, (world) => {
    const fd = open(world, family);
    assert.is(getOption(world, fd, REUSEADDR), family === 'unix' ? 0 : 1);
    for (const [value, told] of [
      [0, 0],
      [1, 1],
      [0, 0],
      [2 ** 32 - 1, 1],
    ] as const) {
      assert.is(setOption(world, fd, REUSEADDR, value), 'SUCCESS');
      assert.is(getOption(world, fd, REUSEADDR), told);
    }
    for (const name of [SNDBUF, RCVBUF]) {
      assert.is(setOption(world, fd, name, 20_000), 'SUCCESS');
      assert.is(getOption(world, fd, name), 40_000, 'the system makes twice of it');
      assert.is(setOption(world, fd, name, 2 ** 32 - 1), 'SUCCESS');
      assert.ok(Number(getOption(world, fd, name)) > 40_000, 'as much as there may be');
    }
    assert.is(getOption(world, fd, LINGER), 0);
    assert.is(setOption(world, fd, LINGER, 1, 0), 'SUCCESS');
    assert.is(getOption(world, fd, LINGER), 1);
    assert.is(setOption(world, fd, LINGER, 0, 5), 'SUCCESS', 'off, whatever the seconds');
    assert.is(getOption(world, fd, LINGER), 0);
  });
}

onBoth(test, 'with a linger of 0 a close is a reset; more would block, and is NOTSUP', (world) => {
  const { fd, peer } = world.connect();
  for (const seconds of [1, 60, 2 ** 31, 2 ** 32 - 1]) {
    assert.is(setOption(world, fd, LINGER, 1, seconds), 'NOTSUP');
  }
  assert.is(getOption(world, fd, LINGER), 0);
  assert.is(setOption(world, fd, LINGER, 2, 0), 'SUCCESS');
  world.closeFd(fd);
  world.peers.settle();
  assert.is(peer.receive().then, 'reset');
});

onBoth(test, 'ERROR takes the error that is pending', (world) => {
  const { fd, peer } = world.connect();
  peer.reset();
  world.peers.settle();
  assert.equal([getOption(world, fd, ERROR), getOption(world, fd, ERROR)], [CONNRESET, 0]);
  assert.is(world.recv(fd), '', 'no one else is told');
});

onBoth(test, 'ERROR takes the one that a call with some bytes has kept', (world) => {
  const { fd, peer } = world.connect();
  peer.send('abc');
  peer.reset();
  world.peers.settle();
  assert.is(world.recv(fd, 10, RECV_WAITALL), 'abc');
  assert.equal([getOption(world, fd, ERROR), getOption(world, fd, ERROR)], [CONNRESET, 0]);
});

// ---- how much is written -----------------------------------------------------------------------

for (const [name, bytes] of [
  [TYPE, [2, 0, 0, 0]],
  [LINGER, [1, 0, 0, 0, 0, 0, 0, 0]],
] as const) {
  for (const roomBytes of [0, 1, 3, 4, 5, 8, 9, 1000, 2 ** 31 - 1]) {
    const countBytes = Math.min(roomBytes, bytes.length);
    onBoth(test, `option ${name} with room for ${roomBytes} is ${countBytes} bytes`, (world) => {
      const fd = open(world);
      assert.is(setOption(world, fd, LINGER, 1, 0), 'SUCCESS');
      world.caller.clear();
      world.caller.view.setUint32(SIZE, roomBytes, true);
      const changes = [
        [VALUE, bytes.slice(0, countBytes)],
        [SIZE, [countBytes, 0, 0, 0]],
      ] as const;
      changesOnly(world, changes, () => {
        assert.is(world.errno('sock_getsockopt', fd, 0, name, VALUE, SIZE), 'SUCCESS');
      });
    });
  }
}

onBoth(test, 'a value over its own size: the size is written last', (world) => {
  world.caller.view.setUint32(SIZE, 4, true);
  changesOnly(world, [[SIZE, [4, 0, 0, 0]]], () => {
    assert.is(world.errno('sock_getsockopt', world.listenFd, 0, TYPE, SIZE, SIZE), 'SUCCESS');
  });
});

onBoth(test, 'values and sizes may lie at the very end, and at any address', (world) => {
  const { caller, listenFd } = world;
  for (const [value, size] of [
    [END - 4, 1],
    [3, END - 4],
  ] as const) {
    caller.view.setUint32(size, 4, true);
    assert.is(world.errno('sock_getsockopt', listenFd, 0, TYPE, value, size), 'SUCCESS');
    assert.equal([caller.u32(value), caller.u32(size)], [STREAM, 4]);
  }
  caller.view.setUint32(END - 4, 1, true);
  assert.is(world.errno('sock_setsockopt', listenFd, 0, REUSEADDR, END - 4, 4), 'SUCCESS');
});

// ---- what is wrong with a call -----------------------------------------------------------------

for (const name of [...UNBUILT, 15, 99, 2 ** 31, 2 ** 32 - 1]) {
  onBoth(test, `option ${name} is NOPROTOOPT`, (world) => {
    changesOnly(world, [], () => {
      const { listenFd } = world;
      assert.is(world.errno('sock_getsockopt', listenFd, 0, name, VALUE, SIZE), 'NOPROTOOPT');
      assert.is(world.errno('sock_setsockopt', listenFd, 0, name, VALUE, 4), 'NOPROTOOPT');
    });
  });
}

onBoth(test, 'there is one level, and what can only be asked can’t be set: NOPROTOOPT', (world) => {
  const fd = open(world);
  for (const level of [1, 6, 41, 0xffff, 2 ** 32 - 1]) {
    assert.is(world.errno('sock_getsockopt', fd, level, TYPE, VALUE, SIZE), 'NOPROTOOPT');
    assert.is(world.errno('sock_setsockopt', fd, level, REUSEADDR, VALUE, 4), 'NOPROTOOPT');
  }
  for (const name of [TYPE, ERROR, ACCEPTCONN]) {
    assert.is(setOption(world, fd, name, 1), 'NOPROTOOPT');
  }
});

onBoth(
  test,
  'a descriptor that is closed or absurd is BADF, a stream NOTSOCK',
  (world) => {
    for (const [fd, errno] of [
      [99, 'BADF'],
      [2 ** 31, 'BADF'],
      [2 ** 32 - 1, 'BADF'],
      [0, 'NOTSOCK'],
    ] as const) {
      assert.is(getOption(world, fd, TYPE), errno);
      assert.is(setOption(world, fd, REUSEADDR, 1), errno);
    }
  },
  { stdio: ['socket', 'none', 'none'] },
);

/** A connection that was reset: its error shows whether a call has taken it. */
function wounded(world: TestWorld): number {
  const { fd, peer } = world.connect(NONBLOCK);
  peer.reset();
  world.peers.settle();
  world.caller.view.setUint32(SIZE, 4, true);
  return fd;
}

for (const pointer of [END - 3, END, 2 ** 31, 2 ** 32 - 4, 2 ** 32 - 1]) {
  onBoth(test, `a pointer to ${pointer} is FAULT, and nothing has happened`, (world) => {
    const fd = wounded(world);
    changesOnly(world, [], () => {
      assert.is(world.errno('sock_getsockopt', fd, 0, ERROR, pointer, SIZE), 'FAULT');
      assert.is(world.errno('sock_getsockopt', fd, 0, ERROR, VALUE, pointer), 'FAULT');
      assert.is(world.errno('sock_setsockopt', fd, 0, REUSEADDR, pointer, 4), 'FAULT');
    });
    assert.is(getOption(world, fd, ERROR), CONNRESET, 'the error is still there');
    assert.is(getOption(world, fd, REUSEADDR), 1);
  });
}

onBoth(test, 'sizes that no value has are INVAL or FAULT, and nothing has happened', (world) => {
  const fd = wounded(world);
  for (const roomBytes of [2 ** 31, 2 ** 32 - 1]) {
    world.caller.view.setUint32(SIZE, roomBytes, true);
    changesOnly(world, [], () => {
      assert.is(world.errno('sock_getsockopt', fd, 0, ERROR, VALUE, SIZE), 'INVAL');
    });
  }
  for (const [name, sizeBytes, errno] of [
    [REUSEADDR, 0, 'INVAL'],
    [REUSEADDR, 3, 'INVAL'],
    [LINGER, 4, 'INVAL'],
    [LINGER, 7, 'INVAL'],
    [REUSEADDR, END, 'FAULT'],
    [REUSEADDR, 2 ** 31, 'FAULT'],
    [SNDBUF, 2 ** 32 - 1, 'FAULT'],
  ] as const) {
    assert.is(world.errno('sock_setsockopt', fd, 0, name, VALUE, sizeBytes), errno);
  }
  assert.is(getOption(world, fd, ERROR), CONNRESET);
});

onBoth(test, 'a listener that was closed in a drain keeps its face', (world) => {
  const { sandbox } = world.caller;
  world.connect();
  sandbox.drain.begin();
  assert.is(world.errno('sched_yield'), 'SUCCESS', 'the drain steps on');
  const { listenFd } = world;
  assert.ok(sandbox.descriptors.get(listenFd)?.isRetired);
  assert.is(getOption(world, listenFd, TYPE), STREAM);
  assert.is(getOption(world, listenFd, ACCEPTCONN), 1);
  assert.is(getOption(world, listenFd, ERROR), 0);
  assert.is(getOption(world, listenFd, SNDBUF), 'INVAL');
  assert.is(setOption(world, listenFd, SNDBUF, 9000), 'INVAL');
  assert.is(connectTo(world, listenFd, world.address), 'ISCONN');
});

test.run();
