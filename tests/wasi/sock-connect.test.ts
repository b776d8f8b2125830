// sock_connect: both versions of addresses, blocking and not, every errno, and what is checked
// before anything happens. On both kernels.

import * as assert from 'uvu/assert';
import type { Address } from '../../host/kernel/address.ts';
import { makeSimKernel } from '../contract/sim-peers.ts';
import { suite } from '../support/suite.ts';
import {
  ADDRESS,
  ADDRESS_BYTES,
  changesOnly,
  connectTo,
  framed,
  getOption,
  LOOPBACK,
  onBoth,
  open,
  putAddress,
  putBytes,
} from './outgoing.ts';
import { EventType, NONBLOCK, SHUT_READ } from './spec.ts';
import { Family, Option } from './wasmedge-spec.ts';
import { RESULT, type TestWorld, withWorld } from './world.ts';

const test = suite('sock_connect');

const END = 4 * 65_536;
const CONNREFUSED = 14;
const TIMEDOUT = 73;

/** Where no one listens any more. */
function deaf(world: TestWorld): Address {
  const listener = world.peers.listen('ipv4', 1);
  listener.close();
  return listener.address;
}

/** Polls for writing. @returns the flags of the event */
function waitWritable(world: TestWorld, fd: number): number {
  const { caller } = world;
  caller.setFdSubscription(8192, EventType.FD_WRITE, fd, 7n);
  assert.is(world.errno('poll_oneoff', 8192, 9000, 1, RESULT), 'SUCCESS');
  assert.equal([caller.u32(RESULT), caller.event(9000).error], [1, 0]);
  return caller.event(9000).flags;
}

// ---- connections that come about ---------------------------------------------------------------

for (const family of ['ipv4', 'ipv6'] as const) {
  for (const version of [1, 2] as const) {
    onBoth(
      test,
      `${family}, version ${version}: a blocking socket is connected on return`,
      (world) => {
        const listener = world.peers.listen(family, 4);
        const fd = open(world, family);
        const port = putAddress(world, listener.address, version);
        changesOnly(world, [], () => {
          assert.is(world.errno('sock_connect', fd, ADDRESS, port), 'SUCCESS');
        });
        const peer = listener.accept();
        assert.is(world.send(fd, 'hello'), 5);
        world.peers.settle();
        assert.is(peer.receive().text, 'hello');
        peer.send('and back');
        world.peers.settle();
        assert.is(world.recv(fd), 'and back');
        assert.is(connectTo(world, fd, listener.address, version), 'ISCONN');
      },
    );

    onBoth(
      test,
      `${family}, version ${version}: a non-blocking one is on its way first`,
      (world) => {
        const listener = world.peers.listen(family, 4);
        const fd = open(world, family, NONBLOCK);
        assert.is(connectTo(world, fd, listener.address, version), 'INPROGRESS');
        assert.is(waitWritable(world, fd), 0);
        assert.is(getOption(world, fd, Option.ERROR), 0);
        assert.is(connectTo(world, fd, listener.address, version), 'SUCCESS', 'the first question');
        assert.is(connectTo(world, fd, listener.address, version), 'ISCONN');
        listener.accept().send('data');
        world.peers.settle();
        assert.is(world.recv(fd), 'data');
      },
    );
  }
}

onBoth(test, 'a unix socket is connected at once, blocking or not', (world) => {
  for (const flags of [0, NONBLOCK]) {
    const listener = world.peers.listen('unix', 4);
    allow(world, listener.address);
    const fd = open(world, 'unix', flags);
    assert.is(connectTo(world, fd, listener.address), 'SUCCESS');
    listener.accept().send('data');
    world.peers.settle();
    assert.is(world.recv(fd), 'data');
  }
});

onBoth(test, 'an IPv6 socket reaches IPv4 by a mapped address', (world) => {
  const listener = world.peers.listen('ipv4', 4);
  if (listener.address.family === 'unix') throw new Error('not asked for');
  const { port } = listener.address;
  const fd = open(world, 'ipv6');
  const mapped = { family: 'ipv6', host: '::ffff:127.0.0.1', port } as const;
  assert.is(connectTo(world, fd, mapped), 'SUCCESS');
  assert.ok(listener.accept().isConnected());
});

onBoth(test, 'the address of no host leads to the machine itself', (world) => {
  for (const [family, host, to] of [
    ['ipv4', '0.0.0.0', 'ipv4'],
    ['ipv6', '::', 'ipv6'],
    ['ipv6', '::ffff:0.0.0.0', 'ipv4'],
  ] as const) {
    const listener = world.peers.listen(to, 4);
    if (listener.address.family === 'unix') throw new Error('not asked for');
    const fd = open(world, family);
    assert.is(connectTo(world, fd, { family, host, port: listener.address.port }), 'SUCCESS', host);
    assert.ok(listener.accept().isConnected());
  }
});

// ---- and those that do not ---------------------------------------------------------------------

onBoth(test, 'where no one listens a blocking socket is refused, and may try again', (world) => {
  const nowhere = deaf(world);
  const listener = world.peers.listen('ipv4', 4);
  const fd = open(world);
  assert.is(connectTo(world, fd, nowhere), 'CONNREFUSED');
  assert.is(connectTo(world, fd, nowhere), 'CONNREFUSED');
  assert.is(getOption(world, fd, Option.ERROR), 0, 'connect has told it');
  assert.is(connectTo(world, fd, listener.address), 'SUCCESS');
  assert.ok(listener.accept().isConnected());
});

onBoth(test, 'a non-blocking one learns it from ERROR, once', (world) => {
  const fd = open(world, 'ipv4', NONBLOCK);
  assert.is(connectTo(world, fd, deaf(world)), 'INPROGRESS');
  assert.is(waitWritable(world, fd), 1, 'HANGUP');
  assert.equal(
    [getOption(world, fd, Option.ERROR), getOption(world, fd, Option.ERROR)],
    [CONNREFUSED, 0],
  );
});

onBoth(test, 'or by asking again', (world) => {
  const nowhere = deaf(world);
  const fd = open(world, 'ipv4', NONBLOCK);
  assert.is(connectTo(world, fd, nowhere), 'INPROGRESS');
  world.peers.settle();
  assert.is(connectTo(world, fd, nowhere), 'CONNREFUSED');
});

/** A listener that answers no one more: its queue holds one. */
function full(world: TestWorld): Address {
  const { address } = world.peers.listen('ipv4', 0);
  assert.is(connectTo(world, open(world), address), 'SUCCESS');
  return address;
}

onBoth(test, 'one that is on its way is ALREADY, and neither readable nor writable', (world) => {
  const { caller } = world;
  const address = full(world);
  const fd = open(world, 'ipv4', NONBLOCK);
  assert.is(connectTo(world, fd, address), 'INPROGRESS');
  assert.is(connectTo(world, fd, address), 'ALREADY');
  assert.is(world.recv(fd), '[AGAIN]');
  assert.is(world.send(fd, 'early'), 'AGAIN');
  caller.setFdSubscription(8192, EventType.FD_WRITE, fd, 7n);
  caller.setFdSubscription(8192 + 48, EventType.FD_READ, fd, 8n);
  caller.setClockSubscription(8192 + 96, { id: 1, timeoutNs: 0n, userdata: 9n });
  assert.is(world.errno('poll_oneoff', 8192, 9000, 3, RESULT), 'SUCCESS');
  assert.equal([caller.u32(RESULT), caller.event(9000).userdata], [1, 9n]);
});

onBoth(test, 'a blocking one waits until the listener takes it, whatever wakes it', (world) => {
  const listener = world.peers.listen('ipv4', 4);
  world.kernel.wake();
  assert.is(connectTo(world, open(world), listener.address), 'SUCCESS');
});

// On the real kernel this would take as long.
test(
  'a listener that never answers is TIMEDOUT, after two minutes (sim)',
  withWorld(
    (world) => {
      const { caller } = world;
      const address = full(world);
      const [asked, blocking] = [open(world, 'ipv4', NONBLOCK), open(world, 'ipv4', NONBLOCK)];
      for (const fd of [asked, blocking]) assert.is(connectTo(world, fd, address), 'INPROGRESS');
      const begunNs = caller.sandbox.monotonicNs();
      caller.setFdSubscription(8192, EventType.FD_WRITE, asked, 7n);
      do {
        caller.setClockSubscription(8192 + 48, { id: 1, timeoutNs: 5n * 10n ** 9n, userdata: 8n });
        assert.is(world.errno('poll_oneoff', 8192, 9000, 2, RESULT), 'SUCCESS');
      } while (caller.event(9000).userdata !== 7n);
      assert.ok(caller.sandbox.monotonicNs() - begunNs > 120e9);
      assert.is(getOption(world, asked, Option.ERROR), TIMEDOUT);
      assert.is(world.errno('fd_fdstat_set_flags', blocking, 0), 'SUCCESS');
      assert.is(connectTo(world, blocking, address), 'TIMEDOUT');
    },
    { makeKernel: makeSimKernel, allowConnect: LOOPBACK },
  ),
);

onBoth(test, 'unix: NOENT where there is no path, CONNREFUSED where no one listens', (world) => {
  const address = world.peers.freeAddress('unix');
  allow(world, address);
  assert.is(connectTo(world, open(world, 'unix'), address), 'NOENT');
  const listener = world.peers.listen('unix', 1);
  allow(world, listener.address);
  listener.close();
  assert.is(connectTo(world, open(world, 'unix'), listener.address), 'CONNREFUSED');
});

onBoth(test, 'unix: a full queue is AGAIN, also for a socket that blocks', (world) => {
  const { address } = world.peers.listen('unix', 0);
  allow(world, address);
  assert.is(connectTo(world, open(world, 'unix'), address), 'SUCCESS');
  assert.is(connectTo(world, open(world, 'unix'), address), 'AGAIN');
});

onBoth(test, 'a socket of one family is INVAL or AFNOSUPPORT for addresses of another', (world) => {
  const { address } = world.peers.listen('ipv4', 4);
  const { address: address6 } = world.peers.listen('ipv6', 4);
  // Linux looks at an address' length first: a short path would be INVAL.
  const path = { family: 'unix', path: '/a/path/that/is/long/enough' } as const;
  allow(world, path);
  assert.is(connectTo(world, open(world, 'ipv6'), address), 'INVAL');
  assert.is(connectTo(world, open(world, 'ipv4'), address6), 'AFNOSUPPORT');
  assert.is(connectTo(world, open(world, 'unix'), address), 'INVAL');
  assert.is(connectTo(world, open(world, 'ipv4'), path), 'AFNOSUPPORT');
});

// ---- sockets that can't be connected -----------------------------------------------------------

onBoth(
  test,
  'an accepted connection is ISCONN, and so is a listener, open, shut or drained',
  (world) => {
    const { address } = world.peers.listen('ipv4', 4);
    assert.is(connectTo(world, world.connect().fd, address), 'ISCONN');
    assert.is(connectTo(world, world.listenFd, address), 'ISCONN');
    assert.is(world.errno('sock_shutdown', world.listenFd, SHUT_READ), 'SUCCESS');
    assert.is(connectTo(world, world.listenFd, address), 'ISCONN');
    assert.is(connectTo(world, world.listen('unix').fd, address), 'ISCONN');
  },
);

onBoth(
  test,
  'a descriptor that is closed or absurd is BADF, a stream NOTSOCK',
  (world) => {
    const { address } = world.peers.listen('ipv4', 4);
    for (const fd of [99, 2 ** 31, 2 ** 32 - 1]) assert.is(connectTo(world, fd, address), 'BADF');
    assert.is(connectTo(world, 0, address), 'NOTSOCK');
  },
  { stdio: ['pipe', 'none', 'none'] },
);

// ---- bad arguments -----------------------------------------------------------------------------

/** What stands at `ADDRESS`, and what it is. */
const BAD: readonly (readonly [errno: string, title: string, put: (world: TestWorld) => void])[] = [
  ...[0, 1, 3, 5, 8, 15, 17, 127, 129, 110, 1000].map(
    (lengthBytes) =>
      [
        'INVAL',
        `an address of ${lengthBytes} bytes`,
        (world: TestWorld) => putBytes(world, [127, 0, 0, 1], lengthBytes),
      ] as const,
  ),
  ...[0, 4, 10, 0x0100, 0xffff].map(
    (family) =>
      [
        'AFNOSUPPORT',
        `the family ${family}`,
        (world: TestWorld) => putBytes(world, framed(family, [127, 0, 0, 1])),
      ] as const,
  ),
  ['INVAL', 'an empty path', (world) => putBytes(world, framed(Family.UNIX, []))],
  ['INVAL', 'an abstract path', (world) => putBytes(world, framed(Family.UNIX, [0, 47, 97]))],
  ['INVAL', 'a path that is no UTF-8', (world) => putBytes(world, framed(Family.UNIX, [47, 255]))],
  ...[2 ** 31, 2 ** 32 - 1].map(
    (lengthBytes) =>
      [
        'FAULT',
        `an address of ${lengthBytes} bytes`,
        (world: TestWorld) => putBytes(world, [127, 0, 0, 1], lengthBytes),
      ] as const,
  ),
  ...[END - 3, END, 2 ** 31, 2 ** 32 - 4, 2 ** 32 - 1].map(
    (pointer) =>
      [
        'FAULT',
        `the bytes of an address at ${pointer}`,
        (world: TestWorld) => {
          putBytes(world, [127, 0, 0, 1]);
          world.caller.view.setUint32(ADDRESS, pointer, true);
        },
      ] as const,
  ),
];

for (const [errno, title, put] of BAD) {
  onBoth(test, `${title} is ${errno}, and nothing has happened`, (world) => {
    const listener = world.peers.listen('ipv4', 4);
    if (listener.address.family === 'unix') throw new Error('not asked for');
    const { port } = listener.address;
    const fd = open(world, 'ipv4', NONBLOCK);
    put(world);
    changesOnly(world, [], () => assert.is(world.errno('sock_connect', fd, ADDRESS, port), errno));
    assert.is(connectTo(world, fd, listener.address), 'INPROGRESS', 'it is as it was');
  });
}

for (const pointer of [END - 7, END, 2 ** 31, 2 ** 32 - 8, 2 ** 32 - 1]) {
  onBoth(test, `an address at ${pointer} is FAULT, and nothing has happened`, (world) => {
    const { address } = world.peers.listen('ipv4', 4);
    const fd = open(world, 'ipv4', NONBLOCK);
    changesOnly(world, [], () => assert.is(world.errno('sock_connect', fd, pointer, 80), 'FAULT'));
    assert.is(connectTo(world, fd, address), 'INPROGRESS', 'it is as it was');
  });
}

for (const port of [65_536, 2 ** 31, 2 ** 32 - 1]) {
  onBoth(test, `the port ${port} is INVAL`, (world) => {
    for (const bytes of [[127, 0, 0, 1], framed(Family.INET4, [127, 0, 0, 1])]) {
      putBytes(world, bytes);
      assert.is(world.errno('sock_connect', open(world), ADDRESS, port), 'INVAL');
    }
  });
}

onBoth(test, 'the address may lie at the very end, and at any address', (world) => {
  const { caller } = world;
  const { address } = world.peers.listen('ipv4', 8);
  if (address.family === 'unix') throw new Error('not asked for');
  for (const [pointer, bytes] of [
    [END - 8, 1],
    [1, END - 4],
    [3, ADDRESS_BYTES],
  ] as const) {
    caller.bytes.set([127, 0, 0, 1], bytes);
    caller.view.setUint32(pointer, bytes, true);
    caller.view.setUint32(pointer + 4, 4, true);
    assert.is(world.errno('sock_connect', open(world), pointer, address.port), 'SUCCESS');
  }
});

test.run();

/** Lets the guest connect to a path, too: it is known only when the world is there. */
function allow(world: TestWorld, address: Address): void {
  if (address.family !== 'unix') throw new Error('the loopback is allowed');
  world.caller.allow(`unix:${address.path}`);
}
