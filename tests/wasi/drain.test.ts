import * as assert from 'uvu/assert';
import { Outcome, Reason } from '../../host/wasi/control-block.ts';
import { GuestExit } from '../../host/wasi/guest-exit.ts';
import { suite } from '../support/suite.ts';
import { connectTo, LOOPBACK, open } from './outgoing.ts';
import { RESULT, type TestWorld, withWorld } from './world.ts';

const test = suite('draining (native)');

/** The guest calls, and its call does not return. @returns how it ended */
function leaves(world: TestWorld, name = 'sched_yield', ...parameters: number[]): number {
  assert.throws(
    () => world.caller.call(name, ...parameters),
    (error: unknown) => error instanceof GuestExit,
  );
  return world.caller.control.outcome;
}

function begin(world: TestWorld): void {
  world.caller.control.ask(Reason.DRAIN);
}

test(
  'without a connection the guest ends at its next call',
  withWorld((world) => {
    begin(world);
    assert.is(leaves(world), Outcome.DRAINED);
    assert.is(leaves(world), Outcome.DRAINED);
  }),
);

test(
  'an open connection is served to its end, and then the guest ends',
  withWorld((world) => {
    const { fd, peer } = world.connect();
    begin(world);
    peer.send('before the end');
    world.peers.settle();
    assert.is(world.recv(fd), 'before the end');
    assert.is(world.send(fd, 'answer'), 6);
    assert.is(world.errno('fd_close', fd), 'SUCCESS');
    assert.is(leaves(world), Outcome.DRAINED);
    world.peers.settle();
    assert.equal(peer.receive(), { text: 'answer', then: 'end' });
  }),
);

test(
  'a queued connection is accepted; then the listener is open, never ready, and has nothing',
  withWorld((world) => {
    const { fd } = world.connect();
    const queued = world.peers.connect(world.address);
    world.peers.settle();
    begin(world);
    assert.is(world.errno('sock_accept', world.listenFd, 4, RESULT), 'SUCCESS');
    world.errno('fd_fdstat_set_flags', world.listenFd, 4);
    assert.is(world.errno('sock_accept', world.listenFd, 4, RESULT + 4), 'AGAIN');
    assert.is(world.errno('fd_fdstat_get', world.listenFd, 640), 'SUCCESS');
    world.caller.setFdSubscription(8192, 1, world.listenFd, 1n);
    world.caller.setClockSubscription(8240, { id: 1, timeoutNs: 1000n, userdata: 2n });
    assert.is(world.errno('poll_oneoff', 8192, 9000, 2, 512), 'SUCCESS');
    assert.is(world.caller.event(9000).userdata, 2n);
    assert.is(world.errno('sock_shutdown', world.listenFd, 3), 'SUCCESS');
    assert.is(world.errno('fd_close', world.listenFd), 'SUCCESS');
    assert.is(world.errno('fd_close', fd), 'SUCCESS');
    assert.ok(queued.isConnected());
  }),
);

test(
  'a guest that is asleep in a wait is woken, and ended when nothing is open',
  withWorld((world) => {
    world.watched.beforeNextWait(() => begin(world));
    world.peers.later({ act: 'wake' });
    world.caller.setFdSubscription(8192, 1, world.listenFd, 1n);
    assert.is(leaves(world, 'poll_oneoff', 8192, 9000, 1, 512), Outcome.DRAINED);
  }),
);

test(
  'a guest that is blocked in accept is ended, too',
  withWorld((world) => {
    begin(world);
    assert.is(leaves(world, 'sock_accept', world.listenFd, 0, RESULT), Outcome.DRAINED);
  }),
);

test(
  'at half the time, connections that moved no byte get their end, the others do not',
  withWorld((world) => {
    const idle = world.connect();
    const busy = world.connect();
    begin(world);
    busy.peer.send('x');
    world.peers.settle();
    assert.is(world.recv(busy.fd), 'x');
    world.caller.control.ask(Reason.DRAIN_IDLE);
    assert.is(world.recv(idle.fd), '');
    assert.is(world.recv(busy.fd), '[AGAIN]');
    assert.is(world.send(idle.fd, 'still'), 5, 'its peer can be answered');
  }),
);

test(
  'the next time, connections that have moved no byte since get their end',
  withWorld((world) => {
    const kept = world.connect();
    const busy = world.connect();
    begin(world);
    const exchange = ({ peer, fd }: typeof kept): void => {
      peer.send('x');
      world.peers.settle();
      assert.is(world.recv(fd), 'x');
    };
    exchange(kept);
    exchange(busy);
    world.caller.control.ask(Reason.DRAIN_IDLE);
    exchange(busy);
    assert.is(world.recv(kept.fd), '[AGAIN]');
    world.caller.control.ask(Reason.DRAIN_IDLE);
    assert.is(world.recv(kept.fd), '');
    assert.is(world.recv(busy.fd), '[AGAIN]');
  }),
);

test(
  'a guest that hears of the drain and of its half at once has had no time to be busy in',
  withWorld((world) => {
    const { fd, peer } = world.connect();
    begin(world);
    world.caller.control.ask(Reason.DRAIN_IDLE);
    assert.is(world.recv(fd), '[AGAIN]');
    peer.send('x');
    world.peers.settle();
    assert.is(world.recv(fd), 'x');
  }),
);

test(
  'when the time is over the guest ends, and what was open is counted',
  withWorld((world) => {
    world.connect();
    world.connect();
    begin(world);
    world.caller.call('sched_yield');
    world.caller.control.ask(Reason.DRAIN_OVER);
    assert.is(leaves(world), Outcome.UNDRAINED);
    assert.is(world.caller.control.exitCode, 2);
  }),
);

test(
  'a connection moved to another number still counts as open',
  withWorld((world) => {
    const first = world.connect();
    const second = world.connect();
    begin(world);
    assert.is(world.errno('fd_renumber', second.fd, first.fd), 'SUCCESS');
    assert.is(world.caller.sandbox.descriptors.acceptedCount, 1);
    assert.is(world.errno('fd_close', first.fd), 'SUCCESS');
    assert.is(leaves(world), Outcome.DRAINED);
  }),
);

test(
  'connections that the guest made hold no drain, and are neither ended nor counted',
  withWorld(
    (world) => {
      const { fd } = world.connect();
      const server = world.peers.listen('ipv4', 4);
      const own = open(world, 'ipv4', 4);
      assert.is(connectTo(world, own, server.address), 'INPROGRESS');
      const peer = server.accept();
      open(world);
      begin(world);
      world.caller.call('sched_yield');
      world.caller.control.ask(Reason.DRAIN_IDLE);
      assert.is(world.recv(own), '[AGAIN]', 'it has not got its end');
      peer.send('an answer for a client');
      world.peers.settle();
      assert.is(world.recv(own), 'an answer for a client');
      assert.is(world.errno('fd_renumber', own, fd), 'SUCCESS');
      assert.is(leaves(world), Outcome.DRAINED, 'the accepted one is gone');
    },
    { allowConnect: LOOPBACK },
  ),
);

test.run();
