// The contract of a turn, on a host that answers what the test says: how long it waits, what it
// passes to poll_oneoff, what it returns, and that no answer of a host makes it spin.

import * as assert from 'uvu/assert';
import { Errno } from '../../host/base/errno.ts';
import { suite } from '../support/suite.ts';
import {
  CLOCK,
  FakeHost,
  READ,
  TRUTH,
  WouldWaitForEver,
  WRITE,
  type Answer,
} from './support/fake-host.ts';
import { connect, LISTENER, ONLY_FOR_EVENTS, runCommand, startServer } from './support/guest.ts';

const NS_PER_MS = 1_000_000n;

const test = suite('turn (guest)');

test('a turn of 0 ms does not wait, and has nothing to do but for events', () => {
  const { guest, host } = startServer();
  assert.is(guest.turn(0), ONLY_FOR_EVENTS);
  assert.equal(
    host.lastPoll.map(({ tag, fd, timeoutNs }) => [tag, fd, timeoutNs]),
    [
      [READ, LISTENER, 0n],
      [CLOCK, -1, 0n],
    ],
  );
});

test('a turn of -1 passes no clock', () => {
  const { guest, host } = startServer();
  assert.throws(
    () => guest.turn(-1),
    (error: unknown) => error instanceof WouldWaitForEver,
  );
  assert.equal(tags(host), [READ]);
});

test('a turn waits no longer than it is told, and reports the time as up', () => {
  const { guest, host } = startServer();
  assert.is(guest.turn(250), ONLY_FOR_EVENTS);
  assert.is(host.lastPoll.at(-1)?.timeoutNs, 250n * NS_PER_MS);
});

test('without deadlines the clock is never read', () => {
  const { guest, host, listener } = startServer();
  connect(listener, 5).peerSends('abc');
  guest.settle();
  assert.is(host.callCount('clock_time_get'), 0);
});

test('with a deadline a turn of -1 waits until it', () => {
  const { guest, host, listener } = startServer(['--idle-ms', '300']);
  connect(listener, 5);
  assert.is(guest.turn(-1), 300);
  host.nowNs += 100n * NS_PER_MS + 1n;
  guest.turn(-1);
  assert.is(host.lastPoll.at(-1)?.timeoutNs, 200n * NS_PER_MS - 1n);
});

test('the time until the next call is rounded up, and is 0 for a deadline that has passed', () => {
  const { guest, host, listener } = startServer(['--idle-ms', '300']);
  connect(listener, 5);
  guest.turn(0);
  host.nowNs += 1n;
  assert.is(guest.turn(0), 300);
  host.nowNs += 299n * NS_PER_MS;
  assert.is(guest.turn(0), 1);
});

test('an interrupted wait returns, and nothing is lost', () => {
  const { guest, host, listener } = startServer();
  const socket = connect(listener, 5);
  guest.settle();
  socket.peerSends('abc');
  host.scripts.push(() => Errno.INTR);
  assert.is(guest.turn(-1), ONLY_FOR_EVENTS);
  guest.settle();
  assert.is(socket.takeReceivedText(), 'nop');
});

for (const [errno, name] of [
  [Errno.BADF, 'BADF'],
  [Errno.INVAL, 'INVAL'],
  [Errno.NOMEM, 'NOMEM'],
] as const) {
  test(`${name} of poll_oneoff ends the turn with that errno`, () => {
    const { guest, host } = startServer();
    host.scripts.push(() => errno);
    assert.is(guest.turn(0), -errno);
  });
}

// Each would make a loop that trusts its host spin for ever.
const nonsense: Record<string, (userdata: bigint) => Answer> = {
  'an event of zeroes': () => ({ events: [{ userdata: 0n, type: 0 }] }),
  'a success without events': () => ({ events: [] }),
  'more events than subscriptions': (userdata) => ({
    events: [{ userdata, type: READ }],
    count: 1000,
  }),
  'a slot that does not exist': (userdata) => ({
    events: [{ userdata: userdata + 5000n, type: READ }],
  }),
  'another generation of the slot': (userdata) => ({
    events: [{ userdata: userdata + (2n << 32n), type: READ }],
  }),
  'a slot that is closed': (userdata) => ({ events: [{ userdata: userdata + 1n, type: READ }] }),
  'a type that was not subscribed to': (userdata) => ({ events: [{ userdata, type: WRITE }] }),
  'a type that does not exist': (userdata) => ({ events: [{ userdata, type: 9 }] }),
  'a clock that was not asked for': () => ({ events: [{ userdata: 2n ** 64n - 1n, type: CLOCK }] }),
};

for (const [what, answer] of Object.entries(nonsense)) {
  test(`${what} ends the turn with PROTO`, () => {
    const { guest, host } = startServer();
    host.scripts.push(([listener]) => answer(listener?.userdata ?? 0n));
    assert.is(guest.turn(-1), -Errno.PROTO);
  });
}

test('an error of the clock ends the turn with that errno', () => {
  const { guest, host } = startServer();
  host.scripts.push((list) => ({
    events: [{ userdata: list.at(-1)?.userdata ?? 0n, type: CLOCK, error: Errno.NOTSUP }],
  }));
  assert.is(guest.turn(0), -Errno.NOTSUP);
});

for (const errno of [Errno.BADF, Errno.NOTSUP]) {
  test(`errno ${errno} for a connection closes that one and no other`, () => {
    const { guest, host, listener } = startServer();
    const [bad, good] = [connect(listener, 5), connect(listener, 6)];
    guest.settle();
    good.peerSends('abc');
    host.scripts.push((list) => ({
      events: list
        .filter(({ fd }) => fd === 5 || fd === 6)
        .map(({ fd, userdata, tag }) => ({ userdata, type: tag, error: fd === 5 ? errno : 0 })),
    }));
    guest.settle();
    assert.ok(bad.isClosed);
    assert.is(good.takeReceivedText(), 'nop');
    assert.equal(host.watchedFor(5), []);
  });
}

test('an error for the listener ends the turn with that errno', () => {
  const { guest, host } = startServer();
  host.scripts.push((list) => ({
    events: [{ userdata: list[0]?.userdata ?? 0n, type: READ, error: Errno.BADF }],
  }));
  assert.is(guest.turn(-1), -Errno.BADF);
});

test('the list has the listener and one subscription for each quiet connection', () => {
  const { guest, host, listener } = startServer();
  // Hosts that hand out random descriptors exist.
  const fds = [5, 0x7fffffff, 1_234_567_890, 0xfffffffe];
  const sockets = fds.map((fd) => connect(listener, fd));
  for (const socket of sockets) socket.peerSends('abc');
  guest.settle();
  assert.equal(
    host.lastPoll.map(({ fd, tag }) => [fd, tag]),
    [[LISTENER, READ], ...fds.map((fd) => [fd, READ]), [-1, CLOCK]],
  );
  for (const socket of sockets) assert.is(socket.takeReceivedText(), 'nop');
});

test('a subscription carries the generation of its slot, so that it outlives no owner', () => {
  const { guest, host, listener } = startServer();
  connect(listener, 5);
  guest.settle();
  const userdata = host.lastPoll.filter(({ fd }) => fd !== -1).map((one) => one.userdata);
  assert.ok(userdata.every((one) => one >> 32n !== 0n));
  assert.is(new Set(userdata).size, 2);
});

test('a removed subscription is replaced by the last, and the others stay where they are', () => {
  const { guest, host, listener } = startServer();
  const sockets = [5, 6, 7, 8].map((fd) => connect(listener, fd));
  guest.settle();
  sockets[1]?.peerFinishes();
  guest.settle();
  assert.equal(
    host.lastPoll.map(({ fd }) => fd),
    [LISTENER, 5, 8, 7, -1],
  );
  sockets[3]?.peerSends('moved');
  guest.settle();
  assert.is(sockets[3]?.takeReceivedText(), 'zbirq');
});

test('an unchanged list is the same bytes at the same place', () => {
  const { guest, host, listener } = startServer();
  connect(listener, 5).peerSends('abc');
  guest.settle();
  const before = host.lastPollBytes;
  guest.turn(0);
  assert.equal(host.lastPollBytes, before);
  assert.ok(before.length > 0);
});

test('write interest appears while bytes wait for the peer, and disappears', () => {
  const { guest, host, listener } = startServer();
  const socket = connect(listener, 5);
  socket.sendRoomBytes = 2;
  socket.peerSends('abcd');
  guest.settle();
  assert.equal(host.watchedFor(5), [READ, WRITE]);
  socket.sendRoomBytes = Infinity;
  guest.settle();
  assert.equal(host.watchedFor(5), [READ]);
  assert.is(socket.takeReceivedText(), 'nopq');
});

test('a descriptor number that is used again in the same turn is another connection', () => {
  const { guest, host, listener } = startServer();
  const first = connect(listener, 5);
  guest.settle();
  const [, before] = host.lastPoll;
  first.peerFinishes();
  const second = connect(listener, 5);
  second.peerSends('abc');
  // The old connection's end comes before the new connection, in one batch.
  host.scripts.push((list) => ({
    events: [...list].reverse().map(({ userdata, tag }) => ({ userdata, type: tag })),
  }));
  guest.turn(-1);
  assert.ok(first.isClosed);
  guest.settle();
  const [, after] = host.lastPoll;
  assert.is(after?.fd, 5);
  assert.is.not(after?.userdata, before?.userdata);
  assert.is(second.takeReceivedText(), 'nop');
});

test('the command turns until a turn fails, and says with which errno', () => {
  const host = new FakeHost();
  const socket = connect(host.listen(LISTENER), 5);
  socket.peerSends('abc');
  // Accept, echo; then the host's poll_oneoff fails.
  host.scripts.push(TRUTH, TRUTH, () => Errno.CANCELED);
  assert.is(runCommand(host), 1);
  assert.is(socket.takeReceivedText(), 'nop');
  assert.is(host.stderr, 'guest: stopped, errno 11\n');
});

test('the command ends, too, when a host answers events of zeroes', () => {
  const host = new FakeHost();
  host.listen(LISTENER);
  host.scripts.push(() => ({ events: [{ userdata: 0n, type: 0 }] }));
  assert.is(runCommand(host), 1);
  assert.is(host.callCount('poll_oneoff'), 1);
  assert.is(host.stderr, `guest: stopped, errno ${Errno.PROTO}\n`);
});

function tags(host: FakeHost): number[] {
  return host.lastPoll.map(({ tag }) => tag);
}

test.run();
