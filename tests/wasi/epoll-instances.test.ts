// An epoll instance among the other descriptors: what the other functions make of it, and what becomes
// of what it watches when that is closed, renumbered or drained. On both kernels.

import * as assert from 'uvu/assert';
import { Reason } from '../../host/wasi/control-block.ts';
import { handleIndex } from '../../host/kernel/kernel.ts';
import { suite } from '../support/suite.ts';
import { PAGE_BYTES } from './caller.ts';
import { onBoth } from './epoller.ts';
import { Fdstat, NONBLOCK, Right } from './spec.ts';
import { BUFFER, IOVECS, RESULT, RESULT2 } from './world.ts';

const test = suite('epoll instances');

const END = 4 * PAGE_BYTES;

// ---- an instance to the other functions ----------------------------------------------------------

onBoth(
  test,
  'an instance is of no file type, and has neither to read nor to write',
  (world, epoller) => {
    const epfd = epoller.create();
    assert.is(world.errno('fd_fdstat_get', epfd, 640), 'SUCCESS');
    const { view } = world.caller;
    assert.is(view.getUint8(640 + Fdstat.FILETYPE), 0);
    assert.is(view.getUint16(640 + Fdstat.FLAGS, true), 0);
    assert.is(
      view.getBigUint64(640 + Fdstat.RIGHTS_BASE, true),
      BigInt(Right.FD_FDSTAT_SET_FLAGS | Right.FD_FILESTAT_GET),
    );
    assert.is(world.errno('fd_fdstat_set_flags', epfd, NONBLOCK), 'SUCCESS');
    assert.is(world.errno('fd_filestat_get', epfd, 640), 'SUCCESS');
    assert.is(view.getUint8(640 + 16), 0);
    world.caller.setIovecs(IOVECS, [BUFFER, 4]);
    assert.is(world.errno('fd_read', epfd, IOVECS, 1, RESULT), 'INVAL');
    assert.is(world.errno('fd_write', epfd, IOVECS, 1, RESULT), 'INVAL');
    assert.is(world.errno('fd_read', epfd, IOVECS, 1, END), 'FAULT');
    assert.is(world.errno('sock_recv', epfd, IOVECS, 1, 0, RESULT, RESULT2), 'NOTSOCK');
    assert.is(world.errno('sock_send', epfd, IOVECS, 1, 0, RESULT), 'NOTSOCK');
    assert.is(world.errno('sock_accept', epfd, 0, RESULT), 'NOTSOCK');
    assert.is(world.errno('sock_shutdown', epfd, 3), 'NOTSOCK');
    assert.is(world.errno('fd_prestat_get', epfd, RESULT), 'BADF');
  },
);

onBoth(test, 'an instance in poll_oneoff is an event with NOTSUP', (world, epoller) => {
  const epfd = epoller.create();
  epoller.add(epfd, world.readable());
  world.caller.setFdSubscription(8192, 1, epfd, 5n);
  assert.is(world.errno('poll_oneoff', 8192, 9000, 1, RESULT), 'SUCCESS');
  assert.equal(world.caller.event(9000), {
    userdata: 5n,
    error: 58,
    type: 1,
    nbytes: 0n,
    flags: 0,
  });
  assert.is(epoller.wait(epfd).split(':')[1], 'IN');
});

onBoth(test, 'a closed instance is BADF, and what it watched stays open', (world, epoller) => {
  const { fd, peer } = world.connect();
  const epfd = epoller.create();
  epoller.add(epfd, fd);
  world.closeFd(epfd);
  assert.is(epoller.wait(epfd), 'BADF');
  assert.is(epoller.ctl(epfd, 'DEL', fd), 'BADF');
  peer.send('data');
  world.peers.settle();
  assert.is(world.recv(fd), 'data');
  assert.is(epoller.create(), epfd);
  assert.is(epoller.ctl(epfd, 'DEL', fd), 'NOENT');
});

onBoth(
  test,
  'an instance is renumbered, and one in whose place it comes is closed',
  (world, epoller) => {
    const fd = world.readable();
    const [first, second] = [epoller.create(), epoller.create()];
    epoller.add(first, fd, 'IN', 1);
    epoller.add(second, fd, 'IN', 2);
    assert.is(world.errno('fd_renumber', first, second), 'SUCCESS');
    assert.is(epoller.wait(second), '1:IN');
    assert.is(epoller.wait(first), 'BADF');
    assert.is(world.errno('fd_renumber', second, fd), 'SUCCESS');
    assert.is(epoller.wait(fd), '', 'the connection is closed, and its number the instance');
  },
);

// ---- closing, renumbering, draining what is watched ----------------------------------------------

onBoth(test, 'a closed descriptor is gone from every instance at once', (world, epoller) => {
  const epfds = [epoller.create(), epoller.create()];
  const fd = world.readable();
  for (const epfd of epfds) epoller.add(epfd, fd, 'IN|OUT');
  world.closeFd(fd);
  for (const epfd of epfds) {
    assert.is(epoller.wait(epfd), '');
    assert.is(epoller.ctl(epfd, 'DEL', fd), 'BADF');
  }
});

onBoth(
  test,
  'the successor under the same number is not in, and can be added',
  (world, epoller) => {
    const epfd = epoller.create();
    const first = world.connect();
    epoller.add(epfd, first.fd, 'IN', 1);
    first.peer.send('late');
    world.peers.settle();
    world.closeFd(first.fd);
    const next = world.connect();
    assert.is(next.fd, first.fd);
    assert.is(epoller.wait(epfd), '');
    assert.is(epoller.ctl(epfd, 'MOD', next.fd), 'NOENT');
    epoller.add(epfd, next.fd, 'IN', 2);
    assert.is(epoller.wait(epfd), '');
    next.peer.send('new');
    world.peers.settle();
    assert.is(epoller.wait(epfd), '2:IN');
  },
);

onBoth(
  test,
  'numbers used 3,000 times over never bring an event of their past',
  (world, epoller) => {
    const epfd = epoller.create();
    const kept = world.connect();
    epoller.add(epfd, kept.fd, 'IN', 1);
    for (let round = 0; round < 3000; round++) {
      const handle = world.kernel.dup(world.handleOf(kept.fd));
      const fd = world.caller.addStream(handle, NONBLOCK);
      epoller.add(epfd, fd, 'IN|OUT', 2);
      world.closeFd(fd);
    }
    assert.is(epoller.wait(epfd), '');
    kept.peer.send('x');
    world.peers.settle();
    assert.is(epoller.wait(epfd), '1:IN');
  },
);

onBoth(test, 'a renumbered descriptor stays watched, under its new number', (world, epoller) => {
  const epfd = epoller.create();
  const moved = world.connect();
  const gone = world.connect();
  epoller.add(epfd, moved.fd, 'IN', 1);
  epoller.add(epfd, gone.fd, 'IN|OUT', 2);
  assert.is(world.errno('fd_renumber', moved.fd, gone.fd), 'SUCCESS');
  assert.is(epoller.wait(epfd), '');
  moved.peer.send('data');
  world.peers.settle();
  assert.is(epoller.wait(epfd), '1:IN');
  assert.is(epoller.ctl(epfd, 'DEL', moved.fd), 'BADF');
  assert.is(epoller.ctl(epfd, 'ADD', gone.fd), 'EXIST');
  epoller.mod(epfd, gone.fd, 'OUT', 3);
  assert.is(epoller.wait(epfd), '3:OUT');
  epoller.del(epfd, gone.fd);
  assert.is(epoller.wait(epfd), '');
});

onBoth(test, 'a drained listener is never ready, and still answers', (world, epoller) => {
  const { fd } = world.connect();
  const epfd = epoller.create();
  epoller.add(epfd, world.listenFd, 'IN', 1);
  const queued = world.peers.connect(world.address);
  world.peers.settle();
  world.caller.control.ask(Reason.DRAIN);
  assert.is(epoller.wait(epfd), '1:IN', 'one is queued still');
  assert.is(world.errno('sock_accept', world.listenFd, NONBLOCK, RESULT), 'SUCCESS');
  assert.ok(queued.isConnected());
  assert.is(epoller.wait(epfd), '');
  epoller.mod(epfd, world.listenFd, 'IN', 2);
  assert.is(epoller.wait(epfd), '');
  epoller.del(epfd, world.listenFd);
  epoller.add(epfd, world.listenFd, 'IN', 3);
  epoller.add(epfd, fd, 'OUT', 4);
  assert.is(epoller.wait(epfd), '4:OUT');
  world.closeFd(world.listenFd);
  assert.is(epoller.ctl(epfd, 'DEL', world.listenFd), 'BADF');
});

onBoth(
  test,
  'a connection that comes in the place of a drained listener is a new one',
  (world, epoller) => {
    const epfd = epoller.create();
    const { fd: kept } = world.connect();
    const second = world.listen('ipv4');
    epoller.add(epfd, world.listenFd, 'IN', 1);
    const gone = world.handleOf(world.listenFd);
    const queued = world.peers.connect(second.address);
    world.peers.settle();
    world.caller.control.ask(Reason.DRAIN);
    assert.is(epoller.wait(epfd), '');
    const fd = world.accept(NONBLOCK, second.fd);
    assert.is(handleIndex(world.handleOf(fd)), handleIndex(gone), 'the kernel uses it again');
    assert.is(epoller.ctl(epfd, 'DEL', fd), 'NOENT');
    epoller.add(epfd, fd, 'OUT', 2);
    world.closeFd(world.listenFd);
    assert.is(epoller.wait(epfd), '2:OUT');
    world.closeFd(kept);
    queued.close();
  },
);

test.run();
