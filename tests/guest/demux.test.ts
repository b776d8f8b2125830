// What every demux must do, by the same program on each: readiness is never lost and never spun on,
// whatever mechanism is below. At rest the guest sleeps: a wait for ever ends the test's turn. It is
// one contract, every row of it run on each, and so one file.

import * as assert from 'uvu/assert';
import { Errno } from '../../host/base/errno.ts';
import { suite } from '../support/suite.ts';
import { FakeHost, WouldWaitForEver } from './support/fake-host.ts';
import type { FakeListener, FakeSocket } from './support/fake-socket.ts';
import {
  connect,
  LISTENER,
  moduleBytes,
  ONLY_FOR_EVENTS,
  startGuest,
  startServer,
  type Guest,
} from './support/guest.ts';
import { withMemoryLimit } from './support/memory-limit.ts';
import { runRandom } from './support/random-run.ts';

const NS_PER_MS = 1_000_000n;
const SEEDS = 25;
const RETRY_MS = 100n;

const DEMUXES = ['early-epoll', 'epoll-edge', 'epoll-level', 'poll', 'poll-oneoff', 'select'];

for (const demux of DEMUXES) {
  const bytes = moduleBytes(`demux-${demux}.reactor.wasm`);
  const start = (args: readonly string[] = []) => startServer(args, bytes);
  const isEpoll = demux.startsWith('epoll');

  const test = suite(`demux ${demux} (guest)`);

  test('any mix of short reads, short writes and refusals gives every byte once, in order', () => {
    for (let seed = 0; seed < SEEDS; seed++) runRandom(seed, bytes);
  });

  test('after an echo the guest sleeps', () => {
    const { guest, listener } = start();
    const socket = connect(listener, 5);
    socket.peerSends('Hello');
    guest.settle();
    assert.is(socket.takeReceivedText(), 'Uryyb');
    assertSleeps(guest);
  });

  test('a message is answered in the turn that found it', () => {
    const { guest, listener } = start();
    const socket = connect(listener, 5);
    guest.settle();
    socket.peerSends('Hello');
    guest.turn(-1);
    assert.is(socket.takeReceivedText(), 'Uryyb');
  });

  test('a turn that left something says so, and the next one does not sleep', () => {
    const { guest, listener } = start(['--ring-bytes', '16']);
    const socket = connect(listener, 5);
    guest.settle();
    socket.peerSends('a'.repeat(40));
    for (let piece = 1; piece <= 2; piece++) {
      assert.is(guest.turn(-1), 0);
      assert.is(socket.takeReceivedText(), 'n'.repeat(16));
    }
    guest.turn(-1);
    assert.is(socket.takeReceivedText(), 'n'.repeat(8));
    guest.settle();
    assertSleeps(guest);
  });

  test('a busy connection is read once a turn, so that the others have theirs', () => {
    const { guest, listener } = start();
    const [busy, other] = [connect(listener, 5), connect(listener, 6)];
    guest.settle();
    const before = busy.recvCount;
    for (let piece = 0; piece < 50; piece++) busy.peerSends('abc');
    guest.turn(-1);
    other.peerSends('xyz');
    guest.turn(-1);
    assert.is(busy.recvCount - before, 2);
    assert.is(other.takeReceivedText(), 'klm');
    guest.settle();
    assert.is(busy.takeReceivedText(), 'nop'.repeat(50));
  });

  test('short writes go on until all is sent', () => {
    const { guest, listener } = start();
    const socket = connect(listener, 5);
    socket.sendBytesMax = 3;
    socket.peerSends('a'.repeat(100));
    guest.settle();
    assert.is(socket.takeReceivedText(), 'n'.repeat(100));
    assertSleeps(guest);
  });

  test('a full send buffer is waited for asleep, and its room is found', () => {
    const { guest, listener } = start(['--ring-bytes', '64']);
    const socket = connect(listener, 5);
    socket.sendRoomBytes = 10;
    socket.peerSends('a'.repeat(200));
    guest.settle();
    assertSleeps(guest);
    const { recvCount } = socket;
    for (let sentBytes = 10; sentBytes < 200; sentBytes += 10) {
      socket.sendRoomBytes = 10;
      guest.settle();
      assertSleeps(guest);
      assert.is(socket.takeReceived().length, sentBytes === 10 ? 20 : 10);
    }
    assert.ok(socket.recvCount > recvCount);
  });

  test('a peer that has finished behind a full send buffer is waited for asleep', () => {
    const { guest, listener } = start();
    const socket = connect(listener, 5);
    guest.settle();
    socket.sendRoomBytes = 0;
    socket.peerSends('abc');
    socket.peerFinishes();
    guest.settle();
    assertSleeps(guest);
    assert.not.ok(socket.isClosed);
    socket.sendRoomBytes = Infinity;
    guest.settle();
    assert.is(socket.takeReceivedText(), 'nop');
    assert.ok(socket.isClosed);
    assertSleeps(guest);
  });

  for (const errno of [Errno.CONNRESET, Errno.TIMEDOUT]) {
    test(`errno ${errno} behind bytes closes after they were answered`, () => {
      const { guest, listener } = start();
      const socket = connect(listener, 5);
      socket.peerSends('abc');
      socket.peerCauses(errno);
      guest.settle();
      assert.is(socket.takeReceivedText(), 'nop');
      assert.ok(socket.isClosed);
      assertSleeps(guest);
    });
  }

  test('INTR of recv and of send is tried again', () => {
    const { guest, listener } = start();
    const socket = connect(listener, 5);
    guest.settle();
    socket.peerCauses(Errno.INTR);
    socket.peerSends('abc');
    socket.sendErrors.push(Errno.INTR, Errno.INTR);
    guest.settle();
    assert.is(socket.takeReceivedText(), 'nop');
  });

  test('a flood of connections is taken batch by batch, and none is stranded', () => {
    const { guest, listener } = start();
    const sockets = Array.from({ length: 150 }, (_, i) => connect(listener, 100 + i));
    for (const socket of sockets) socket.peerSends('abc');
    assert.equal([guest.turn(-1), listener.queuedCount], [0, 86]);
    assert.equal([guest.turn(-1), listener.queuedCount], [0, 22]);
    guest.settle();
    assert.ok(sockets.every((socket) => socket.takeReceivedText() === 'nop'));
    assertSleeps(guest);
  });

  test('more connections are ready at once than a wait reports', () => {
    const { guest, listener } = start();
    const sockets = Array.from({ length: 500 }, (_, i) => connect(listener, 100 + i));
    guest.settle();
    for (const socket of sockets) socket.peerSends('abc');
    guest.settle();
    assert.ok(sockets.every((socket) => socket.takeReceivedText() === 'nop'));
    assertSleeps(guest);
  });

  test('connections left in the queue without descriptors are taken after a close', () => {
    const { guest, listener } = start();
    listener.descriptorsLeft = 5;
    const sockets = Array.from({ length: 12 }, (_, i) => connect(listener, 100 + i));
    guest.settle();
    assert.is(listener.queuedCount, 7);
    // Suspended: another arrival wakes nobody.
    sockets.push(connect(listener, 200));
    const { acceptCount } = listener;
    assertSleeps(guest);
    assert.is(listener.acceptCount, acceptCount);
    for (const socket of sockets) {
      socket.peerSends('abc');
      socket.peerFinishes();
      guest.settle();
      assert.is(socket.takeReceivedText(), 'nop');
    }
    assert.is(listener.queuedCount, 0);
  });

  test('with no connection to close, the listener is tried again after a moment', () => {
    const { guest, host, listener } = start();
    listener.exhaustion = Errno.MFILE;
    const socket = connect(listener, 5);
    guest.turn(-1);
    listener.exhaustion = null;
    const before = host.nowNs;
    guest.turn(-1);
    assert.is(host.nowNs - before, RETRY_MS * NS_PER_MS);
    socket.peerSends('abc');
    guest.settle();
    assert.is(socket.takeReceivedText(), 'nop');
  });

  test('a descriptor number that is used again is another connection', () => {
    const { guest, listener } = start();
    for (let i = 0; i < 200; i++) {
      const socket = connect(listener, 5 + (i % 3));
      if (i % 2 === 0) guest.settle();
      socket.peerSends('abc');
      // Left ready for writing, and sometimes closed by a reset.
      if (i % 5 === 0) socket.peerCauses(Errno.CONNRESET);
      else socket.peerFinishes();
      guest.settle();
      assert.is(socket.takeReceivedText(), 'nop');
      assert.ok(socket.isClosed);
    }
    assertSleeps(guest);
  });

  test('connections end in any order, and those that are left are served', () => {
    const { guest, listener } = start();
    const sockets = Array.from({ length: 300 }, (_, i) => connect(listener, 100 + i));
    guest.settle();
    const [ending, staying] = [sockets.filter(isThird), sockets.filter((one) => !isThird(one))];
    for (const socket of [...ending].reverse()) socket.peerFinishes();
    for (const socket of staying) socket.peerSends('abc');
    guest.settle();
    assert.ok(ending.every(({ isClosed }) => isClosed));
    assert.ok(staying.every((socket) => socket.takeReceivedText() === 'nop'));
    assertSleeps(guest);
  });

  test('connections that come and go take no more memory', () => {
    const { guest, listener } = start();
    const rounds = (count: number): void => {
      for (let i = 0; i < count; i++) {
        const socket = connect(listener, 5 + (i % 7));
        socket.peerSends('abc');
        socket.peerFinishes();
        guest.settle();
      }
    };
    rounds(20);
    const { byteLength } = guest.memory.buffer;
    rounds(1_000);
    assert.is(guest.memory.buffer.byteLength, byteLength);
  });

  test('a turn waits as long as it is told, and no less', () => {
    const { guest, host } = start();
    const before = host.nowNs;
    assert.is(guest.turn(250), ONLY_FOR_EVENTS);
    assert.is(host.nowNs - before, 250n * NS_PER_MS);
    guest.turn(0);
    assert.is(host.nowNs - before, 250n * NS_PER_MS);
  });

  test('a wait for a deadline is not shorter, by however little', () => {
    const { guest, host, listener } = start(['--idle-ms', '10']);
    const socket = connect(listener, 5);
    guest.settle();
    host.nowNs += 1n;
    const turns = turnsUntil(guest, () => socket.isClosed);
    // One that waits, and closes. Cut to whole milliseconds it would come back early, and again.
    assert.is(turns, 1);
  });

  test('an interrupted wait returns, and nothing is lost', () => {
    const { guest, host, listener } = start();
    const socket = connect(listener, 5);
    guest.settle();
    socket.peerSends('abc');
    host.isInterrupted = true;
    guest.turn(-1);
    guest.settle();
    assert.is(socket.takeReceivedText(), 'nop');
    assertSleeps(guest);
  });

  test('connections without memory for their bytes wait asleep, and lose none', () => {
    const { guest, listener } = startLimited(bytes);
    const sockets = Array.from({ length: 40 }, (_, i) => connect(listener, 100 + i));
    guest.settle();
    for (const socket of sockets) {
      socket.sendRoomBytes = 0;
      socket.peerSends('a'.repeat(100));
    }
    guest.settle();
    assertSleeps(guest);
    const holding = sockets.filter(({ sendCount }) => sendCount > 0);
    assert.ok(holding.length > 0 && holding.length < sockets.length, `${holding.length} hold`);
    for (const socket of sockets) socket.sendRoomBytes = Infinity;
    guest.settle();
    for (const socket of sockets) assert.is(socket.takeReceivedText(), 'n'.repeat(100));
    assertSleeps(guest);
  });

  test('connections that memory has no room for stay in the queue, until one closes', () => {
    const { guest, listener } = startLimited(bytes, ['--ring-bytes', '16']);
    const sockets = Array.from({ length: 1_900 }, (_, i) => connect(listener, 100 + (i % 900)));
    // select has no bit for more descriptors than these.
    const limited = sockets.slice(0, 900);
    guest.settle();
    const served = sockets.length - listener.queuedCount;
    assert.ok(served > 100, `${served} connections`);
    limited[7]?.peerFinishes();
    guest.settle();
    assert.ok(limited[7]?.isClosed);
    limited[8]?.peerSends('abc');
    guest.settle();
    assert.is(limited[8]?.takeReceivedText(), 'nop');
    assertSleeps(guest);
  });

  test('several listeners are served', () => {
    const host = new FakeHost();
    const listeners = [host.listen(3), host.listen(4), host.listen(5)];
    const guest = startGuest(host, bytes);
    const sockets = listeners.map((listener, i) => connect(listener, 10 + i));
    for (const socket of sockets) socket.peerSends('abc');
    guest.settle();
    assert.ok(sockets.every((socket) => socket.takeReceivedText() === 'nop'));
    assertSleeps(guest);
  });

  if (isEpoll) {
    test.skip(
      'a descriptor that is not open closes that connection and no other',
      'epoll forgets a closed descriptor, and says nothing',
    );
  } else {
    test('a descriptor that is not open closes that connection and no other', () => {
      const { guest, host, listener } = start();
      const [, good] = [connect(listener, 5), connect(listener, 6)];
      guest.settle();
      host.revoke(5);
      good.peerSends('abc');
      guest.settle();
      assert.is(good.takeReceivedText(), 'nop');
      assertSleeps(guest);
    });

    test('an answer without events to a wait for ever ends the turn with PROTO', () => {
      const { guest, host } = start();
      host.scripts.push(() => ({ events: [] }));
      assert.is(guest.turn(-1), -Errno.PROTO);
    });
  }

  if (isEpoll) {
    for (const [what, bits, userdata] of [
      ['a slot that does not exist', 1, 5000n],
      ['a slot that is closed', 1, (1n << 32n) | 1n],
      ['nothing of what can be asked for', 4, 1n << 32n],
    ] as const) {
      test(`an event of ${what} ends the turn with PROTO`, () => {
        const { guest, host } = start();
        host.epoll.scripts.push((view, events) => {
          view.setUint32(events, bits, true);
          view.setBigUint64(events + 24, userdata, true);
          return { errno: 0, count: 1 };
        });
        assert.is(guest.turn(-1), -Errno.PROTO);
      });
    }

    for (const count of [0, 129, -1]) {
      test(`an answer of ${count} events to a wait for ever ends the turn`, () => {
        const { guest, host } = start();
        host.epoll.scripts.push(() => ({ errno: 0, count }));
        assert.ok(guest.turn(-1) < 0);
      });
    }

    for (const bits of [16, 32]) {
      test(`a report of ${bits}, an error or a hang-up alone, lets the next call answer why`, () => {
        const { guest, host, listener } = start();
        const socket = connect(listener, 5);
        guest.settle();
        socket.peerCauses(Errno.CONNRESET);
        host.epoll.scripts.push((view, events) => {
          view.setUint32(events, bits, true);
          view.setBigUint64(events + 24, (1n << 32n) | 1n, true);
          return { errno: 0, count: 1 };
        });
        guest.turn(-1);
        assert.ok(socket.isClosed);
      });
    }

    test('a connection that cannot be registered is closed, and no other', () => {
      const { guest, host, listener } = start();
      const good = connect(listener, 5);
      guest.settle();
      host.epoll.controlErrors.push(Errno.NOSPC);
      const bad = connect(listener, 6);
      guest.settle();
      good.peerSends('abc');
      guest.settle();
      assert.ok(bad.isClosed);
      assert.is(good.takeReceivedText(), 'nop');
    });
  }

  test.run();
}

function isThird({ fd }: FakeSocket): boolean {
  return fd % 3 === 0;
}

/** With nothing to do the guest waits for ever: whatever it keeps or watches is no reason to wake. */
function assertSleeps(guest: Guest): void {
  assert.throws(
    () => {
      guest.turn(-1);
    },
    (error: unknown) => error instanceof WouldWaitForEver,
  );
}

function turnsUntil(guest: Guest, isDone: () => boolean): number {
  for (let turns = 1; turns < 100; turns++) {
    guest.turn(-1);
    if (isDone()) return turns;
  }
  throw new Error('not done in 100 turns');
}

/** A guest that may not have more memory than it starts with. */
function startLimited(
  bytes: Uint8Array,
  args: readonly string[] = [],
): { guest: Guest; listener: FakeListener } {
  const host = new FakeHost();
  host.arguments = ['--ring-bytes', '2048', ...args];
  const listener = host.listen(LISTENER);
  return { guest: startGuest(host, withMemoryLimit(bytes, 1)), listener };
}
