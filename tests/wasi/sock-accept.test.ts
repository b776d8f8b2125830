// sock_accept: blocking and not, flags, numbers, and what must not happen before everything has
// been checked.

import * as assert from 'uvu/assert';
import { Counter } from '../../host/wasi/control-block.ts';
import { suite } from '../support/suite.ts';
import { NONBLOCK, SHUT_READ } from './spec.ts';
import { BUFFER, RESULT, type TestWorld, withWorld } from './world.ts';

const test = suite('sock_accept');

function flagsOf(world: TestWorld, fd: number): number {
  assert.is(world.errno('fd_fdstat_get', fd, BUFFER), 'SUCCESS');
  return world.caller.view.getUint16(BUFFER + 2, true);
}

for (const family of ['ipv4', 'ipv6', 'unix'] as const) {
  test(
    `${family}: a non-blocking listener answers AGAIN until there is a connection, and after it`,
    withWorld((world) => {
      const { fd, address } = world.listen(family);
      assert.is(world.errno('fd_fdstat_set_flags', fd, NONBLOCK), 'SUCCESS');
      const before = Buffer.from(world.caller.bytes.slice());
      assert.is(world.errno('sock_accept', fd, 0, RESULT), 'AGAIN');
      assert.ok(Buffer.from(world.caller.bytes).equals(before));
      world.peers.connect(address);
      world.peers.settle();
      assert.is(world.errno('sock_accept', fd, 0, RESULT), 'SUCCESS');
      before.writeUInt32LE(fd + 1, RESULT);
      assert.ok(Buffer.from(world.caller.bytes).equals(before));
      assert.is(world.errno('sock_accept', fd, 0, RESULT), 'AGAIN');
    }),
  );

  test(
    `${family}: a blocking listener waits for a connection`,
    withWorld((world) => {
      const { fd, address } = world.listen(family);
      for (let time = 1; time <= 3; time++) {
        world.later({ act: 'connect', address });
        assert.is(world.errno('sock_accept', fd, 0, RESULT), 'SUCCESS');
        assert.is(world.caller.u32(RESULT), fd + time);
      }
    }),
  );
}

test(
  'a blocking listener waits on when a wake is not for the guest',
  withWorld((world) => {
    world.kernel.wake();
    world.later({ act: 'connect', address: world.address });
    assert.is(world.errno('sock_accept', world.listenFd, 0, RESULT), 'SUCCESS');
  }),
);

test(
  'a blocking listener takes a connection that is reset already',
  withWorld((world) => {
    world.later({ act: 'connect', address: world.address }, { act: 'reset' });
    const fd = world.accept(0);
    assert.is(world.recv(fd), '[CONNRESET]');
  }),
);

test(
  'the connection has the flags of the call, whatever those of the listener are',
  withWorld((world) => {
    for (const listenFlags of [0, NONBLOCK]) {
      world.errno('fd_fdstat_set_flags', world.listenFd, listenFlags);
      for (const flags of [0, NONBLOCK]) {
        const { fd } = world.connect(flags);
        assert.is(flagsOf(world, fd), flags);
        assert.is(flagsOf(world, world.listenFd), listenFlags);
        if (flags === NONBLOCK) assert.is(world.recv(fd), '[AGAIN]');
      }
    }
  }),
);

test(
  'connections come in their order, under the lowest free numbers',
  withWorld((world) => {
    const peers = ['first', 'second', 'third'].map((text) => {
      const peer = world.peers.connect(world.address);
      peer.send(text);
      world.peers.settle();
      return peer;
    });
    const fds = peers.map(() => world.accept());
    assert.equal(
      fds,
      [1, 2, 3].map((step) => world.listenFd + step),
    );
    assert.equal(
      fds.map((fd) => world.recv(fd)),
      ['first', 'second', 'third'],
    );
    world.closeFd(fds[1]!);
    world.closeFd(fds[0]!);
    assert.equal(
      [world.connect().fd, world.connect().fd, world.connect().fd],
      [fds[0]!, fds[1]!, fds[2]! + 1],
    );
  }),
);

for (const flags of [1, 2, 8, 16, 5, 0xffff, 2 ** 31, 2 ** 32 - 1]) {
  test(
    `the flags ${flags} are INVAL, and the connection stays`,
    withWorld((world) => {
      const peer = world.peers.connect(world.address);
      world.peers.settle();
      assert.is(world.errno('sock_accept', world.listenFd, flags, RESULT), 'INVAL');
      peer.send('kept');
      world.peers.settle();
      assert.is(world.recv(world.accept()), 'kept');
    }),
  );
}

for (const [title, pointer] of [
  ['a byte beyond the end', (end: number) => end - 3],
  ['at the end', (end: number) => end],
  ['at 2^31', () => 2 ** 31],
  ['at 2^32 - 4', () => 2 ** 32 - 4],
  ['at 2^32 - 1', () => 2 ** 32 - 1],
] as const) {
  test(
    `a result ${title} is FAULT, and the connection stays`,
    withWorld((world) => {
      const peer = world.peers.connect(world.address);
      world.peers.settle();
      const at = pointer(world.caller.bytes.length);
      assert.is(world.errno('sock_accept', world.listenFd, 0, at), 'FAULT');
      peer.send('kept');
      world.peers.settle();
      assert.is(world.recv(world.accept()), 'kept');
    }),
  );
}

test(
  'the result may lie at the very end, and at any address',
  withWorld((world) => {
    const end = world.caller.bytes.length;
    for (const pointer of [end - 4, end - 9, 1, 0]) {
      world.peers.connect(world.address);
      world.peers.settle();
      assert.is(world.errno('sock_accept', world.listenFd, 0, pointer), 'SUCCESS');
      assert.ok(world.caller.u32(pointer) > world.listenFd);
    }
  }),
);

test(
  'a listener that was shut is INVAL at once, also when it blocks',
  withWorld((world) => {
    assert.is(world.errno('sock_shutdown', world.listenFd, SHUT_READ), 'SUCCESS');
    assert.is(world.errno('sock_accept', world.listenFd, 0, RESULT), 'INVAL');
  }),
);

test(
  'at the most descriptors that the guest may have: MFILE, and the connection stays',
  withWorld(
    (world) => {
      const { fd } = world.connect();
      const peer = world.peers.connect(world.address);
      world.peers.settle();
      for (let time = 0; time < 2; time++) {
        assert.is(world.errno('sock_accept', world.listenFd, 0, RESULT), 'MFILE');
      }
      assert.is(world.caller.control.counters[Counter.ACCEPTS_REFUSED], 2);
      world.closeFd(fd);
      peer.send('kept');
      world.peers.settle();
      assert.is(world.recv(world.accept()), 'kept');
    },
    { fdCountMax: 2 },
  ),
);

test(
  'when the process has no descriptor left: MFILE, and the connection stays',
  withWorld((world) => {
    const peer = world.peers.connect(world.address);
    world.peers.settle();
    const giveBack = world.peers.exhaustDescriptors();
    assert.is(world.errno('sock_accept', world.listenFd, 0, RESULT), 'MFILE');
    giveBack(1);
    assert.is(world.errno('sock_accept', world.listenFd, 0, RESULT), 'SUCCESS');
    giveBack(100_000);
    assert.ok(peer.isConnected());
  }),
);

test.run();
