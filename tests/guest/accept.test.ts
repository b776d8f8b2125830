// Taking connections: in batches, over errors that are the connection's, and without a storm when
// descriptors have run out. Calls of accept are counted.

import * as assert from 'uvu/assert';
import { Errno } from '../../host/base/errno.ts';
import { suite } from '../support/suite.ts';
import { FakeHost, READ } from './support/fake-host.ts';
import type { FakeListener, FakeSocket } from './support/fake-socket.ts';
import { connect, LISTENER, ONLY_FOR_EVENTS, startGuest, startServer } from './support/guest.ts';

const ACCEPT_COUNT_MAX = 64;
const RETRY_MS = 100;
const NS_PER_MS = 1_000_000n;

const test = suite('listener (guest)');

test('the listener is made non-blocking', () => {
  assert.ok(startServer().listener.isNonBlocking);
});

test('all waiting connections are taken in one turn, up to a batch', () => {
  const { guest, listener } = startServer();
  for (let i = 0; i < ACCEPT_COUNT_MAX - 1; i++) connect(listener, 100 + i);
  assert.is(guest.turn(-1), ONLY_FOR_EVENTS);
  assert.equal([listener.queuedCount, listener.acceptCount], [0, ACCEPT_COUNT_MAX]);
});

test('a flood is taken batch by batch, and the turn says that there is more to do', () => {
  const { guest, listener } = startServer();
  for (let i = 0; i < 150; i++) connect(listener, 100 + i);
  assert.equal([guest.turn(-1), listener.queuedCount], [0, 150 - ACCEPT_COUNT_MAX]);
  assert.equal([guest.turn(-1), listener.queuedCount], [0, 150 - 2 * ACCEPT_COUNT_MAX]);
  assert.equal([guest.turn(-1), listener.queuedCount], [ONLY_FOR_EVENTS, 0]);
});

for (const name of ['CONNABORTED', 'INTR', 'PROTO', 'NETDOWN', 'HOSTUNREACH', 'PERM'] as const) {
  test(`${name} of accept is about that connection: the next one is taken`, () => {
    const { guest, listener } = startServer();
    listener.queue(Errno[name]);
    const socket = connect(listener, 5);
    socket.peerSends('abc');
    guest.settle();
    assert.is(socket.takeReceivedText(), 'nop');
  });
}

for (const name of ['INVAL', 'NOTSOCK', 'NOTCAPABLE'] as const) {
  test(`${name} of accept ends the turn with that errno`, () => {
    const { guest, listener } = startServer();
    listener.queue(Errno[name]);
    assert.is(guest.turn(-1), -Errno[name]);
  });
}

test('every listener that the host opened is served, after the directories', () => {
  const host = new FakeHost();
  host.mount(3);
  const listeners = [host.listen(4), host.listen(5)];
  const guest = startGuest(host);
  const sockets = listeners.map((listener, i) => connect(listener, 10 + i));
  for (const socket of sockets) socket.peerSends('abc');
  guest.settle();
  assert.equal(
    sockets.map((socket) => socket.takeReceivedText()),
    ['nop', 'nop'],
  );
});

for (const name of ['MFILE', 'NFILE', 'NOBUFS', 'NOMEM'] as const) {
  test(`after ${name} the listener is left alone, and connections are served on`, () => {
    const { guest, host, listener } = startServer();
    const socket = connect(listener, 5);
    guest.settle();
    listener.exhaustion = Errno[name];
    connect(listener, 6);
    guest.settle();
    assert.equal(host.watchedFor(LISTENER), []);
    const { acceptCount } = listener;
    for (let i = 0; i < 100; i++) {
      socket.peerSends('abc');
      guest.turn(0);
    }
    assert.is(listener.acceptCount, acceptCount);
    assert.is(socket.takeReceivedText(), 'nop'.repeat(100));
  });
}

test('a close admits the connections that wait, at two calls of accept at most', () => {
  const { guest, host, listener } = startServer();
  listener.descriptorsLeft = 10;
  const sockets = Array.from({ length: 60 }, (_, i) => connect(listener, 100 + i));
  guest.settle();
  assert.is(listener.queuedCount, 50);
  for (let closed = 0; closed < 50; closed++) {
    const { acceptCount } = listener;
    sockets[closed]?.peerFinishes();
    guest.settle();
    for (let i = 0; i < 10; i++) guest.turn(0);
    assert.ok(
      listener.acceptCount - acceptCount <= 2,
      `${listener.acceptCount - acceptCount} calls`,
    );
    assert.is(listener.queuedCount, 49 - closed);
  }
  for (const socket of sockets.slice(50)) socket.peerFinishes();
  guest.settle();
  assert.ok(sockets.every(({ isClosed }) => isClosed));
  assert.equal(host.watchedFor(LISTENER), [READ]);
});

test('several listeners share the two calls of a close', () => {
  const host = new FakeHost();
  const listeners = [host.listen(3), host.listen(4), host.listen(5)] as const;
  const guest = startGuest(host);
  const socket = connect(listeners[0], 9);
  guest.settle();
  for (const listener of listeners) {
    listener.exhaustion = Errno.MFILE;
    connect(listener, 10 + listener.fd);
  }
  guest.settle();
  const before = acceptCountOf(listeners);
  socket.peerFinishes();
  guest.settle();
  for (let i = 0; i < 10; i++) guest.turn(0);
  assert.ok(acceptCountOf(listeners) - before <= 2);
  assert.ok(listeners.every(({ fd }) => host.watchedFor(fd).length === 0));
});

test('with no connection to close, accept is tried again each 100 ms and no more often', () => {
  const { guest, host, listener } = startServer();
  listener.exhaustion = Errno.MFILE;
  const socket = connect(listener, 5);
  const tries: number[] = [];
  for (let i = 0; i < 5; i++) {
    const result = guest.turn(-1);
    tries.push(listener.acceptCount);
    assert.ok(result === RETRY_MS || result === ONLY_FOR_EVENTS);
  }
  // A turn that tries, then one that waits for the moment of the next try.
  assert.equal(tries, [1, 1, 2, 2, 3]);
  assert.is(host.nowNs, 1_000_000n + 2n * BigInt(RETRY_MS) * NS_PER_MS);
  listener.exhaustion = null;
  socket.peerSends('abc');
  host.nowNs += BigInt(RETRY_MS) * NS_PER_MS;
  guest.turn(0);
  guest.settle();
  assert.is(socket.takeReceivedText(), 'nop');
});

test('with --accept-delay a connection stays in the queue, and the others are served meanwhile', () => {
  const { guest, host, listener } = startServer(['--accept-delay', '500']);
  const first = connect(listener, 5);
  assert.is(guest.turn(0), 500);
  const startNs = host.nowNs;
  guest.turn(-1);
  assert.equal([listener.queuedCount, host.nowNs - startNs], [0, 500n * NS_PER_MS]);
  connect(listener, 6);
  for (let i = 0; i < 4; i++) {
    host.nowNs += 100n * NS_PER_MS;
    first.peerSends('abc');
    guest.turn(0);
  }
  assert.equal([listener.queuedCount, first.takeReceivedText()], [1, 'nop'.repeat(4)]);
  assert.is(listener.acceptCount, 2);
});

test('connections that come while others are delayed are taken with them', () => {
  const { guest, host, listener } = startServer(['--accept-delay', '500']);
  connect(listener, 5);
  guest.turn(0);
  host.nowNs += 400n * NS_PER_MS;
  connect(listener, 6);
  guest.turn(-1);
  assert.is(listener.queuedCount, 0);
  guest.turn(0);
  assert.equal(host.watchedFor(LISTENER), [READ]);
});

test('a delayed listener is tried again when descriptors ran out', () => {
  const { guest, listener } = startServer(['--accept-delay', '500']);
  listener.descriptorsLeft = 1;
  const sockets = [connect(listener, 5), connect(listener, 6)];
  for (const socket of sockets) socket.peerSends('abc');
  while (sockets[0]?.recvCount === 0) guest.turn(-1);
  assert.is(listener.queuedCount, 1);
  sockets[0]?.peerFinishes();
  while (sockets[1]?.recvCount === 0) guest.turn(-1);
  assert.is(sockets[1]?.takeReceivedText(), 'nop');
});

test('connections that come and go leave nothing behind', () => {
  const { guest, host, listener } = startServer();
  const before = guest.memory.buffer.byteLength;
  for (let i = 0; i < 2_000; i++) {
    const socket: FakeSocket = connect(listener, 5 + (i % 7));
    socket.peerSends('abc');
    socket.peerFinishes();
    guest.settle();
    assert.ok(socket.isClosed);
  }
  assert.is(host.callCount('fd_close'), 2_000);
  assert.equal(host.lastPoll.length, 2);
  // A slab of the table and the first ring.
  assert.ok(guest.memory.buffer.byteLength - before <= 65_536);
});

function acceptCountOf(listeners: readonly FakeListener[]): number {
  return listeners.reduce((sum, { acceptCount }) => sum + acceptCount, 0);
}

test.run();
