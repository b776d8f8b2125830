// The server of lines on a fake host: an answer goes out when a line is complete, and nothing is
// lost; and what select cannot watch is refused by its number.

import * as assert from 'uvu/assert';
import { Random } from '../e2e/support/random.ts';
import { suite } from '../support/suite.ts';
import { WouldWaitForEver } from './support/fake-host.ts';
import { connect, moduleBytes, rot13Byte, startServer, type Guest } from './support/guest.ts';

const FD_SETSIZE = 1024;
const SEEDS = 40;
const NEWLINE = 10;

const bytes = moduleBytes('select-rot13.reactor.wasm');
const start = (args: readonly string[] = []) => startServer(args, bytes);

const test = suite('select-rot13 (guest)');

test('a line is answered when it is complete, and not before', () => {
  const { guest, listener } = start();
  const socket = connect(listener, 5);
  for (const piece of ['Hel', 'lo', ' World']) {
    socket.peerSends(piece);
    guest.settle();
    assert.is(socket.takeReceivedText(), '');
  }
  assertSleeps(guest);
  socket.peerSends('\n');
  guest.settle();
  assert.is(socket.takeReceivedText(), 'Uryyb Jbeyq\n');
});

test('what came with the end of a line goes out with it', () => {
  const { guest, listener } = start();
  const socket = connect(listener, 5);
  socket.peerSends('one\ntwo\nthr');
  guest.settle();
  assert.is(socket.takeReceivedText(), 'bar\ngjb\ngue');
  socket.peerSends('ee');
  guest.settle();
  assert.is(socket.takeReceivedText(), '');
  socket.peerSends('\n');
  guest.settle();
  assert.is(socket.takeReceivedText(), 'rr\n');
});

test('a line that is longer than the ring is answered in pieces', () => {
  const { guest, listener } = start(['--ring-bytes', '16']);
  const socket = connect(listener, 5);
  socket.peerSends('a'.repeat(40));
  guest.settle();
  assert.is(socket.takeReceivedText(), 'n'.repeat(32));
  socket.peerSends('b\n');
  guest.settle();
  assert.is(socket.takeReceivedText(), `${'n'.repeat(8)}o\n`);
});

test('a piece that the peer takes in parts goes out whole, though the ring has room again', () => {
  const { guest, listener } = start(['--ring-bytes', '16']);
  const socket = connect(listener, 5);
  socket.sendRoomBytes = 5;
  socket.peerSends('a'.repeat(16));
  guest.settle();
  assert.is(socket.takeReceived().length, 5);
  socket.sendRoomBytes = Infinity;
  guest.settle();
  assert.is(socket.takeReceived().length, 11);
});

test('what is held when the peer finishes is answered, and then the connection is closed', () => {
  const { guest, listener } = start();
  const socket = connect(listener, 5);
  socket.sendRoomBytes = 4;
  socket.peerSends('no newline');
  guest.settle();
  socket.peerFinishes();
  guest.settle();
  assert.equal([socket.takeReceivedText(), socket.isClosed], ['ab a', false]);
  socket.sendRoomBytes = Infinity;
  guest.settle();
  assert.equal([socket.takeReceivedText(), socket.isClosed], ['rjyvar', true]);
});

test('a client that is in the middle of a line holds nobody up', () => {
  const { guest, listener } = start();
  const [halfway, other] = [connect(listener, 5), connect(listener, 6)];
  halfway.peerSends('half a li');
  guest.settle();
  for (let i = 0; i < 10; i++) other.peerSends('line\n');
  guest.settle();
  assert.is(other.takeReceivedText(), 'yvar\n'.repeat(10));
  assert.is(halfway.takeReceivedText(), '');
});

test('lines in any pieces are answered, each at the latest when it is complete', () => {
  for (let seed = 0; seed < SEEDS; seed++) runLines(seed);
});

test('a descriptor that select has no bit for is refused by its number, and the others are served', () => {
  const { guest, host, listener } = start();
  const fds = [FD_SETSIZE - 1, FD_SETSIZE, 5000, 5];
  const sockets = fds.map((fd) => connect(listener, fd));
  for (const socket of sockets) socket.peerSends('line\n');
  guest.settle();
  assert.equal(
    sockets.map((socket) => [socket.takeReceivedText(), socket.isClosed]),
    [
      ['yvar\n', false],
      ['', true],
      ['', true],
      ['yvar\n', false],
    ],
  );
  assert.is(
    host.stderr,
    'guest: descriptor 1024 is refused: select takes those below 1024\n' +
      'guest: descriptor 5000 is refused: select takes those below 1024\n',
  );
  assertSleeps(guest);
});

/** One client, lines in pieces of any size, a peer that takes as much as it likes. */
function runLines(seed: number): void {
  const random = new Random(seed, 1);
  const { guest, listener } = start(['--ring-bytes', String(16 << random.below(4))]);
  const socket = connect(listener, 5);
  const sent: number[] = [];
  const received: number[] = [];
  for (let step = 0; step < 100; step++) {
    const piece = Array.from({ length: random.magnitude(60) }, () =>
      random.chance(0.1) ? NEWLINE : random.below(256),
    );
    socket.sendRoomBytes = random.chance(0.3) ? random.below(20) : Infinity;
    socket.peerSends(Uint8Array.from(piece));
    sent.push(...piece);
    guest.settle();
    received.push(...socket.takeReceived());
    if (socket.sendRoomBytes !== Infinity) continue;
    // All that is up to the last end of a line.
    assert.ok(received.length > sent.lastIndexOf(NEWLINE), `seed ${seed}, step ${step}`);
  }
  socket.sendRoomBytes = Infinity;
  socket.peerFinishes();
  guest.settle();
  received.push(...socket.takeReceived());
  assert.equal(received, sent.map(rot13Byte), `seed ${seed}`);
  assert.ok(socket.isClosed);
}

function assertSleeps(guest: Guest): void {
  assert.throws(
    () => {
      guest.turn(-1);
    },
    (error: unknown) => error instanceof WouldWaitForEver,
  );
}

test.run();
