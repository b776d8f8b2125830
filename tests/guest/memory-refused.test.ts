// A guest whose memory may not grow: it leaves connections in the queue or makes them wait, closes
// one at most, and never traps. The limit is set as the host sets it: in the module's bytes. And what a
// guest begins with, which most never have to grow.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { FakeHost, READ, WRITE } from './support/fake-host.ts';
import { withMemoryLimit } from './support/memory-limit.ts';
import {
  connect,
  LISTENER,
  moduleBytes,
  startGuest,
  startServer,
  type Guest,
} from './support/guest.ts';
import type { FakeListener } from './support/fake-socket.ts';

const RING_BYTES = 16_384;
const NS_PER_MS = 1_000_000n;

const test = suite('memory refused (guest)');

test('connections that have no room stay in the queue, and one that closes admits the next', () => {
  const { guest, host, listener } = startLimited(1);
  const sockets = Array.from({ length: 5_000 }, (_, i) => connect(listener, 100 + i));
  guest.settle();
  const served = 5_000 - listener.queuedCount;
  assert.ok(served > 50 && served < 1_000, `${served} connections`);
  assert.equal(host.watchedFor(LISTENER), []);
  const { acceptCount } = listener;
  sockets[7]?.peerFinishes();
  guest.settle();
  assert.is(listener.queuedCount, 5_000 - served - 1);
  assert.is(listener.acceptCount, acceptCount + 1);
});

test('connections that have no room for their bytes wait for those before them, losing none', () => {
  // Room for the core and two rings.
  const { guest, listener } = startLimited(1);
  const sockets = Array.from({ length: 8 }, (_, i) => connect(listener, 100 + i));
  guest.settle();
  for (const socket of sockets) {
    socket.sendRoomBytes = 0;
    socket.peerSends('a'.repeat(100));
  }
  guest.settle();
  const readBefore = sockets.filter(({ recvCount }) => recvCount > 0).length;
  assert.ok(readBefore > 0 && readBefore < 8, `${readBefore} were read`);
  for (const socket of sockets) socket.sendRoomBytes = Infinity;
  guest.settle();
  for (const socket of sockets) assert.is(socket.takeReceivedText(), 'n'.repeat(100));
});

test('a connection that waits for memory is watched for nothing', () => {
  const { guest, host, listener } = startLimited(1);
  const sockets = Array.from({ length: 8 }, (_, i) => connect(listener, 100 + i));
  guest.settle();
  for (const socket of sockets) {
    socket.sendRoomBytes = 0;
    socket.peerSends('abc');
  }
  guest.settle();
  const interests = sockets.map(({ fd }) => JSON.stringify(host.watchedFor(fd)));
  assert.equal(new Set(interests), new Set([JSON.stringify([READ, WRITE]), '[]']));
});

test('those that wait are read when one that holds memory is closed', () => {
  const { guest, listener } = startLimited(1);
  const sockets = Array.from({ length: 8 }, (_, i) => connect(listener, 100 + i));
  guest.settle();
  for (const socket of sockets) {
    socket.sendRoomBytes = 0;
    socket.peerSends('abc');
  }
  guest.settle();
  const waiting = sockets.filter(({ recvCount }) => recvCount === 0);
  for (const socket of sockets.filter(({ recvCount }) => recvCount > 0)) {
    socket.sendErrors.push(64);
  }
  for (const socket of waiting) socket.sendRoomBytes = Infinity;
  guest.settle();
  for (const socket of waiting) assert.is(socket.takeReceivedText(), 'nop');
});

test('one that waits for memory and is closed meanwhile is out of the queue', () => {
  const { guest, host, listener } = startLimited(1, String(RING_BYTES), ['--idle-ms', '1000']);
  const sockets = Array.from({ length: 8 }, (_, i) => connect(listener, 100 + i));
  guest.settle();
  for (const socket of sockets) {
    socket.sendRoomBytes = 0;
    socket.peerSends('abc');
  }
  guest.settle();
  const holding = sockets.filter(({ recvCount }) => recvCount > 0);
  host.nowNs += 600n * NS_PER_MS;
  for (const socket of holding) socket.sendRoomBytes = 1;
  guest.settle();
  host.nowNs += 600n * NS_PER_MS;
  guest.turn(0);
  // Those that only waited are closed; those that still hold bytes end after them.
  assert.equal(
    sockets.filter(({ isClosed }) => !isClosed),
    holding,
  );
  const late = connect(listener, 200);
  late.peerSends('abc');
  for (const socket of holding) socket.sendRoomBytes = Infinity;
  guest.settle();
  for (const socket of [...holding, late]) assert.ok(socket.takeReceivedText().endsWith('p'));
});

test('a connection whose bytes find no memory, with none to come back, is closed', () => {
  const { guest, listener } = startLimited(1, String(1 << 20));
  const sockets = [connect(listener, 5), connect(listener, 6)];
  sockets[0]?.peerSends('abc');
  guest.settle();
  assert.equal(
    sockets.map(({ isClosed }) => isClosed),
    [true, false],
  );
});

test('write interest without memory for it takes the place of read interest', () => {
  const { guest, host, listener } = startLimited(1, '16');
  // As many as there is room for: but for the listener's, no place is left for a subscription.
  for (let i = 0; i < 5_000; i++) connect(listener, 100 + i);
  guest.settle();
  const sockets = host.openSockets;
  for (const socket of sockets) {
    socket.sendRoomBytes = 0;
    socket.peerSends('abcdefgh');
  }
  guest.settle();
  const interests = sockets.map(({ fd }) => JSON.stringify(host.watchedFor(fd)));
  assert.equal([...new Set(interests)].sort(), ['[1,2]', '[2]']);
  for (const socket of sockets) socket.sendRoomBytes = Infinity;
  guest.settle();
  for (const socket of sockets) {
    assert.is(socket.takeReceivedText(), 'nopqrstu');
    assert.equal(host.watchedFor(socket.fd), [READ]);
  }
});

test('a memory does not grow for 5,000 connections, of which twenty wait to send', () => {
  const { guest, listener } = startServer();
  const { byteLength } = guest.memory.buffer;
  const sockets = Array.from({ length: 5_000 }, (_, i) => connect(listener, 100 + i));
  guest.settle();
  for (const socket of sockets.slice(0, 20)) {
    socket.sendRoomBytes = 0;
    socket.peerSends('a'.repeat(100));
  }
  guest.settle();
  assert.is(listener.queuedCount, 0);
  assert.is(guest.memory.buffer.byteLength, byteLength);
});

/** A guest that may have `pages` of memory. */
function startLimited(
  pages: number,
  ringBytes = String(RING_BYTES),
  args: readonly string[] = [],
): { guest: Guest; host: FakeHost; listener: FakeListener } {
  const host = new FakeHost();
  host.arguments = ['--ring-bytes', ringBytes, ...args];
  const listener = host.listen(LISTENER);
  const bytes = withMemoryLimit(moduleBytes('rot13-echo.reactor.wasm'), pages);
  return { guest: startGuest(host, bytes), host, listener };
}

test.run();
