// What comes back is what was sent, each byte turned, none lost and none twice: under short reads
// and writes, refusals after readiness, full send buffers, ends and resets.

import * as assert from 'uvu/assert';
import { Errno } from '../../host/base/errno.ts';
import { suite } from '../support/suite.ts';
import { READ, WRITE } from './support/fake-host.ts';
import { connect, ONLY_FOR_EVENTS, startServer } from './support/guest.ts';
import { runRandom } from './support/random-run.ts';

const SEEDS = 60;
const NS_PER_MS = 1_000_000n;

const test = suite('rot13-echo (guest)');

test('any mix of short reads, short writes and refusals gives every byte once, in order', () => {
  let wrapped = 0;
  for (let seed = 0; seed < SEEDS; seed++) wrapped += runRandom(seed);
  // Rings that never wrap would not test the second piece.
  assert.ok(wrapped > SEEDS / 2, `wrapped in ${wrapped} connections`);
});

test('a message is read, turned and sent back in the turn that found it', () => {
  const { guest, listener } = startServer();
  const socket = connect(listener, 5);
  guest.settle();
  socket.peerSends('Hello, World 123');
  guest.turn(-1);
  assert.is(socket.takeReceivedText(), 'Uryyb, Jbeyq 123');
  assert.equal([socket.recvCount, socket.sendCount], [1, 1]);
});

test('a busy connection is read once a turn, so that the others have theirs', () => {
  const { guest, listener } = startServer();
  const sockets = [connect(listener, 5), connect(listener, 6)];
  guest.settle();
  for (let piece = 0; piece < 3; piece++) sockets.forEach((socket) => socket.peerSends('abc'));
  for (let turnCount = 1; turnCount <= 3; turnCount++) {
    guest.turn(-1);
    assert.equal(
      sockets.map(({ recvCount }) => recvCount),
      [turnCount, turnCount],
    );
  }
});

test('a message longer than the ring is answered in pieces', () => {
  const { guest, listener } = startServer(['--ring-bytes', '16']);
  const socket = connect(listener, 5);
  socket.peerSends('a'.repeat(1000));
  guest.settle();
  assert.is(socket.takeReceivedText(), 'n'.repeat(1000));
});

test('a turn that filled the ring has more to do', () => {
  const { guest, listener } = startServer(['--ring-bytes', '16']);
  const socket = connect(listener, 5);
  guest.settle();
  socket.peerSends('a'.repeat(20));
  assert.is(guest.turn(-1), 0);
  assert.is(socket.takeReceivedText(), 'n'.repeat(16));
});

test('a peer that does not read is not read from beyond the ring, and writing is waited for', () => {
  const { guest, host, listener } = startServer(['--ring-bytes', '64']);
  const socket = connect(listener, 5);
  socket.sendRoomBytes = 0;
  for (let piece = 0; piece < 20; piece++) socket.peerSends('a'.repeat(10));
  guest.settle();
  assert.equal(host.watchedFor(5), [WRITE]);
  const { recvCount, sendCount } = socket;
  for (let turnCount = 0; turnCount < 100; turnCount++) guest.turn(0);
  assert.equal([socket.recvCount, socket.sendCount], [recvCount, sendCount]);
  socket.sendRoomBytes = Infinity;
  guest.settle();
  assert.is(socket.takeReceivedText(), 'n'.repeat(200));
  assert.equal(host.watchedFor(5), [READ]);
});

test('a refused send is not tried again before the socket is writable', () => {
  const { guest, listener } = startServer();
  const socket = connect(listener, 5);
  socket.sendRoomBytes = 0;
  socket.peerSends('abc');
  guest.settle();
  socket.peerSends('def');
  guest.settle();
  assert.is(socket.sendCount, 1);
  socket.sendRoomBytes = Infinity;
  guest.settle();
  assert.is(socket.takeReceivedText(), 'nopqrs');
  assert.is(socket.sendCount, 2);
});

test('AGAIN after a readable report changes nothing', () => {
  const { guest, host, listener } = startServer();
  const socket = connect(listener, 5);
  socket.isSpuriouslyReadable = true;
  for (let turnCount = 0; turnCount < 3; turnCount++) guest.turn(0);
  socket.isSpuriouslyReadable = false;
  assert.not.ok(socket.isClosed);
  socket.peerSends('abc');
  guest.settle();
  assert.is(socket.takeReceivedText(), 'nop');
  assert.equal(host.watchedFor(5), [READ]);
});

test('INTR of recv and of send is tried again', () => {
  const { guest, listener } = startServer();
  const socket = connect(listener, 5);
  socket.peerCauses(Errno.INTR);
  socket.peerSends('abc');
  socket.sendErrors.push(Errno.INTR, Errno.INTR);
  guest.settle();
  assert.is(socket.takeReceivedText(), 'nop');
});

test('a peer that has finished sending gets everything before it is closed', () => {
  const { guest, host, listener } = startServer();
  const socket = connect(listener, 5);
  socket.sendRoomBytes = 5;
  socket.peerSends('a'.repeat(100));
  socket.peerFinishes();
  guest.settle();
  assert.not.ok(socket.isClosed);
  // Nothing more to read: reading would be reported for ever.
  assert.equal(host.watchedFor(5), [WRITE]);
  socket.sendRoomBytes = 50;
  guest.settle();
  assert.not.ok(socket.isClosed);
  socket.sendRoomBytes = Infinity;
  guest.settle();
  assert.is(socket.takeReceivedText(), 'n'.repeat(100));
  assert.ok(socket.isClosed);
});

test('a peer that only connects and finishes is closed', () => {
  const { guest, host, listener } = startServer();
  const socket = connect(listener, 5);
  socket.peerFinishes();
  guest.settle();
  assert.ok(socket.isClosed);
  assert.equal([socket.sendCount, host.callCount('fd_close')], [0, 1]);
});

for (const errno of [Errno.CONNRESET, Errno.TIMEDOUT, Errno.NOTCONN]) {
  test(`errno ${errno} of recv closes the connection quietly`, () => {
    const { guest, host, listener } = startServer();
    const socket = connect(listener, 5);
    socket.peerSends('abc');
    socket.peerCauses(errno);
    guest.settle();
    assert.is(socket.takeReceivedText(), 'nop');
    assert.ok(socket.isClosed);
    assert.equal([host.stderr, host.callCount('fd_close')], ['', 1]);
  });
}

for (const errno of [Errno.PIPE, Errno.CONNRESET]) {
  test(`errno ${errno} of send closes the connection quietly`, () => {
    const { guest, host, listener } = startServer();
    const [broken, whole] = [connect(listener, 5), connect(listener, 6)];
    broken.sendErrors.push(errno);
    for (const socket of [broken, whole]) socket.peerSends('abc');
    guest.settle();
    assert.ok(broken.isClosed);
    assert.is(whole.takeReceivedText(), 'nop');
    assert.is(host.stderr, '');
  });
}

test('a count of received bytes that cannot be closes the connection', () => {
  const { guest, host, listener } = startServer(['--ring-bytes', '16']);
  const socket = connect(listener, 5);
  socket.peerSends('abc');
  host.lie = 17;
  guest.settle();
  assert.ok(socket.isClosed);
  assert.is(socket.sendCount, 0);
});

for (const lie of [0, 4]) {
  test(`a send of 3 bytes that sent ${lie} closes the connection`, () => {
    const { guest, host, listener } = startServer();
    const socket = connect(listener, 5);
    socket.sendRoomBytes = 0;
    socket.peerSends('abc');
    guest.settle();
    socket.sendRoomBytes = Infinity;
    host.lie = lie;
    guest.settle();
    assert.ok(socket.isClosed);
    assert.is(socket.sendCount, 2);
  });
}

test('a connection without traffic is closed after --idle-ms, one with traffic is not', () => {
  const { guest, host, listener } = startServer(['--idle-ms', '1000']);
  const [idle, busy] = [connect(listener, 5), connect(listener, 6)];
  guest.settle();
  for (let i = 0; i < 3; i++) {
    host.nowNs += 600n * NS_PER_MS;
    busy.peerSends('abc');
    guest.settle();
  }
  assert.equal([idle.isClosed, busy.isClosed], [true, false]);
  // The wait ends when the second one is due.
  assert.is(guest.turn(-1), ONLY_FOR_EVENTS);
  assert.ok(busy.isClosed);
});

test('the deadline of a closed connection does not close its successor', () => {
  const { guest, host, listener } = startServer(['--idle-ms', '1000']);
  const first = connect(listener, 5);
  guest.settle();
  host.nowNs += 600n * NS_PER_MS;
  first.peerFinishes();
  guest.settle();
  assert.is(guest.turn(0), ONLY_FOR_EVENTS);
  const second = connect(listener, 5);
  guest.settle();
  host.nowNs += 600n * NS_PER_MS;
  assert.is(guest.turn(0), 400);
  assert.equal([first.isClosed, second.isClosed], [true, false]);
});

test('bytes that go out are traffic too', () => {
  const { guest, host, listener } = startServer(['--idle-ms', '1000']);
  const socket = connect(listener, 5);
  socket.sendRoomBytes = 0;
  socket.peerSends('abcdef');
  guest.settle();
  for (let i = 0; i < 3; i++) {
    host.nowNs += 900n * NS_PER_MS;
    socket.sendRoomBytes = 2;
    guest.settle();
  }
  assert.not.ok(socket.isClosed);
  assert.is(socket.takeReceivedText(), 'nopqrs');
});

test('an idle connection takes less than 300 bytes, with the lists that were outgrown', () => {
  const { guest, listener } = startServer();
  const before = guest.memory.buffer.byteLength;
  for (let i = 0; i < 10_000; i++) connect(listener, 100 + i);
  guest.settle();
  const perConnection = (guest.memory.buffer.byteLength - before) / 10_000;
  // 80 of state, 48 + 32 of subscription and event, and lists that were outgrown, for later use.
  assert.ok(perConnection < 300, `${perConnection} bytes`);
});

test.run();
