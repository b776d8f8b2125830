// poll_oneoff over the native kernel. Most rows poll twice: a short list that comes for the first
// time is waited for without a set, the same list again with one, and both must answer alike.

import * as assert from 'uvu/assert';
import { errnoName } from '../../host/base/errno.ts';
import { Counter, Reason } from '../../host/wasi/control-block.ts';
import { GuestExit } from '../../host/wasi/guest-exit.ts';
import { Event, EventType, Subscription } from '../../host/wasi/layout.ts';
import { suite } from '../support/suite.ts';
import { SENTINEL } from './caller.ts';
import { type TestWorld, withWorld } from './world.ts';

const test = suite('poll_oneoff (native)');

const LIST = 8192;
const EVENTS = 40_000;
const COUNT = 512;
const { FD_READ, FD_WRITE } = EventType;

type Wanted =
  | { readonly read: number }
  | { readonly write: number }
  | { readonly clock: number; readonly ns: bigint; readonly isInstant?: boolean };

/** Writes a list; the userdata of subscription `i` is 100 + i. */
function setList(world: TestWorld, wanted: readonly Wanted[], pointer = LIST): void {
  wanted.forEach((item, index) => {
    const at = pointer + index * Subscription.BYTES;
    const userdata = 100n + BigInt(index);
    if ('read' in item) world.caller.setFdSubscription(at, FD_READ, item.read, userdata);
    else if ('write' in item) world.caller.setFdSubscription(at, FD_WRITE, item.write, userdata);
    else {
      const isInstant = item.isInstant ?? false;
      world.caller.setClockSubscription(at, {
        id: item.clock,
        timeoutNs: item.ns,
        isInstant,
        userdata,
      });
    }
  });
}

/** Polls. @returns the events as `index:errno` with `!` for hung up, or the errno of the call */
function poll(
  world: TestWorld,
  wanted: readonly Wanted[],
  pointer = LIST,
  events = EVENTS,
): string {
  setList(world, wanted, pointer);
  const errno = world.errno('poll_oneoff', pointer, events, wanted.length, COUNT);
  if (errno !== 'SUCCESS') return errno;
  const texts: string[] = [];
  for (let index = 0; index < world.caller.u32(COUNT); index++) {
    const event = world.caller.event(events + index * Event.BYTES);
    const at = Number(event.userdata) - 100;
    const isClock = 'clock' in (wanted[at] as Wanted);
    assert.is(
      event.type,
      isClock ? EventType.CLOCK : 'read' in (wanted[at] as Wanted) ? FD_READ : FD_WRITE,
    );
    assert.is(event.nbytes, event.error === 0 && !isClock ? 1n : 0n);
    texts.push(
      `${at}${event.error === 0 ? '' : `:${errnoName(event.error)}`}${event.flags === 1 ? '!' : ''}`,
    );
  }
  return texts.join(' ');
}

/** Polls with the same list three times: first unregistered, then registering, then registered. */
function pollAll(world: TestWorld, wanted: readonly Wanted[]): string {
  const first = poll(world, wanted);
  assert.is(poll(world, wanted), first, 'the second poll differs');
  assert.is(poll(world, wanted), first, 'the third poll differs');
  return first;
}

const NOW: Wanted = { clock: 1, ns: 0n };
const SOON: Wanted = { clock: 1, ns: 3_000_000n };

test(
  'a listener with a connection is readable, without one it is not',
  withWorld((world) => {
    assert.is(pollAll(world, [{ read: world.listenFd }, NOW]), '1');
    world.peers.connect(world.address);
    world.peers.settle();
    assert.is(pollAll(world, [{ read: world.listenFd }]), '0');
  }),
);

test(
  'data, the end of the peer, and a reset make a connection readable',
  withWorld((world) => {
    const { fd, peer } = world.connect();
    assert.is(pollAll(world, [{ read: fd }, SOON]), '1');
    peer.send('x');
    world.peers.settle();
    assert.is(pollAll(world, [{ read: fd }, SOON]), '0');
    assert.is(world.recv(fd), 'x');
    assert.is(pollAll(world, [{ read: fd }, NOW]), '1');
    peer.endSending();
    world.peers.settle();
    assert.is(pollAll(world, [{ read: fd }, SOON]), '0');
    const other = world.connect();
    other.peer.reset();
    world.peers.settle();
    assert.is(pollAll(world, [{ read: other.fd }]), '0!');
    assert.is(world.recv(other.fd), '[CONNRESET]', 'poll must not take the error');
  }),
);

test(
  'a half-closed peer is not hung up, and can be written to',
  withWorld((world) => {
    const { fd, peer } = world.connect();
    peer.endSending();
    world.peers.settle();
    assert.is(pollAll(world, [{ read: fd }, { write: fd }]), '0 1');
  }),
);

test(
  'a socket closed in both directions is hung up, for every subscription',
  withWorld((world) => {
    const { fd, peer } = world.connect();
    peer.endSending();
    world.errno('sock_shutdown', fd, 2);
    world.peers.settle();
    assert.is(pollAll(world, [{ write: fd }, { read: fd }]), '0! 1!');
  }),
);

test(
  'read and write, and the same subscription twice, are answered each, in guest order',
  withWorld((world) => {
    const { fd, peer } = world.connect();
    peer.send('x');
    world.peers.settle();
    assert.is(
      pollAll(world, [{ write: fd }, { read: fd }, { write: fd }, { read: fd }]),
      '0 1 2 3',
    );
  }),
);

test(
  'a bad descriptor is the error of its own event, and what is ready is reported with it',
  withWorld((world) => {
    const { fd } = world.connect();
    assert.is(pollAll(world, [{ read: 99 }]), '0:BADF');
    assert.is(pollAll(world, [{ read: fd }, { read: 99 }, { write: fd }, SOON]), '1:BADF 2');
    assert.is(pollAll(world, [{ read: 2 ** 31 }, { write: 2 ** 32 - 1 }]), '0:BADF 1:BADF');
  }),
);

test(
  'a file and /dev/null are always ready, a directory is NOTSUP',
  withWorld(
    (world) => {
      assert.is(pollAll(world, [{ read: 0 }, SOON]), '0');
      assert.is(pollAll(world, [{ read: 1 }, SOON]), '0:NOTSUP');
      assert.is(pollAll(world, [{ write: 2 }, SOON]), '0');
    },
    { stdio: ['file', 'directory', 'null'] },
  ),
);

test(
  'a pipe is readable when it holds something, and hung up when its writer is gone',
  withWorld(
    (world) => {
      assert.is(pollAll(world, [{ read: 0 }, SOON]), '1');
      world.peers.stdio(0).send('x');
      assert.is(pollAll(world, [{ read: 0 }, SOON]), '0');
      world.peers.stdio(0).close();
      assert.is(pollAll(world, [{ read: 0 }]), '0!');
    },
    { stdio: ['pipe', 'none', 'none'] },
  ),
);

test(
  'every clock that is due is reported, the others are not',
  withWorld((world) => {
    const far: Wanted = { clock: 1, ns: 3_600_000_000_000n };
    assert.is(pollAll(world, [NOW, far, { clock: 0, ns: 0n }]), '0 2');
    assert.is(pollAll(world, [far, SOON]), '1');
  }),
);

test(
  'an instant in the past is due at once, on either clock',
  withWorld((world) => {
    const past = [0, 1].map((clock) => ({ clock, ns: 1n, isInstant: true }));
    assert.is(pollAll(world, past), '0 1');
  }),
);

for (const [name, clock] of [
  ['realtime', 0],
  ['monotonic', 1],
] as const) {
  for (const isInstant of [false, true]) {
    test(
      `a wait of 0.3 ms to ${isInstant ? 'an instant' : 'a duration'} of the ${name} clock is never early`,
      withWorld((world) => {
        const read = (): bigint => {
          world.caller.call('clock_time_get', clock, 0n, 640);
          return world.caller.view.getBigUint64(640, true);
        };
        for (let round = 0; round < 20; round++) {
          const begin = read();
          const ns = isInstant ? begin + 300_000n : 300_000n;
          assert.is(poll(world, [{ clock, ns, isInstant }]), '0');
          assert.ok(read() - begin >= 300_000n);
        }
      }),
    );
  }
}

test(
  'the longest timeout does not end a wait',
  withWorld((world) => {
    world.peers.later({ act: 'connect', address: world.address });
    const longest = { clock: 1, ns: 2n ** 64n - 1n };
    assert.is(
      poll(world, [longest, { ...longest, isInstant: true }, { read: world.listenFd }]),
      '2',
    );
  }),
);

test(
  'clocks that can not be waited for are errors of their own events',
  withWorld((world) => {
    assert.is(
      pollAll(world, [
        { clock: 2, ns: 0n },
        { clock: 3, ns: 0n },
      ]),
      '0:NOTSUP 1:NOTSUP',
    );
    assert.is(pollAll(world, [{ clock: 99, ns: 0n }, NOW]), '0:INVAL 1');
    setList(world, [NOW]);
    world.caller.view.setUint16(LIST + Subscription.CLOCK_FLAGS, 0xfffe, true);
    assert.is(world.errno('poll_oneoff', LIST, EVENTS, 1, COUNT), 'SUCCESS');
    assert.is(errnoName(world.caller.event(EVENTS).error), 'INVAL');
  }),
);

test(
  'no subscription, and a tag that means nothing, are INVAL',
  withWorld((world) => {
    assert.is(world.errno('poll_oneoff', LIST, EVENTS, 0, COUNT), 'INVAL');
    setList(world, [NOW, NOW]);
    world.caller.bytes[LIST + Subscription.BYTES + Subscription.TAG] = 3;
    assert.is(world.errno('poll_oneoff', LIST, EVENTS, 2, COUNT), 'INVAL');
    assert.is(poll(world, [NOW]), '0');
  }),
);

test(
  'lists and results outside the memory are FAULT, also where 32 bits would wrap',
  withWorld((world) => {
    const end = world.caller.bytes.length;
    setList(world, [NOW]);
    const rows = [
      [end - 47, EVENTS, 1, COUNT],
      [LIST, end - 31, 1, COUNT],
      [LIST, EVENTS, 1, end - 3],
      [LIST, EVENTS, 2 ** 26, COUNT],
      [LIST, EVENTS, 89_478_486, COUNT],
      [LIST, EVENTS, 2 ** 32 - 1, COUNT],
      [2 ** 32 - 48, EVENTS, 1, COUNT],
    ] as const;
    for (const row of rows) assert.is(world.errno('poll_oneoff', ...row), 'FAULT', row.join(', '));
    assert.is(world.caller.u32(COUNT), 0xa5a5a5a5);
  }),
);

test(
  'more than 65,536 subscriptions are NOMEM',
  withWorld((world) => {
    world.caller.memory.grow(56);
    assert.is(world.errno('poll_oneoff', 0, 0, 65_537, COUNT), 'NOMEM');
  }),
);

test(
  'every byte of an event is written, and none beside it',
  withWorld((world) => {
    const { caller, listenFd } = world;
    assert.is(poll(world, [{ write: world.connect().fd }, { read: listenFd }]), '0');
    const expected = new Uint8Array(Event.BYTES);
    expected[0] = 100;
    expected[10] = FD_WRITE;
    expected[16] = 1;
    assert.equal(caller.bytes.slice(EVENTS, EVENTS + Event.BYTES), expected);
    assert.is(caller.bytes[EVENTS - 1], SENTINEL);
    assert.is(caller.bytes[EVENTS + Event.BYTES], SENTINEL);
    assert.is(caller.bytes[COUNT + 4], SENTINEL);
  }),
);

test(
  'unaligned pointers are accepted',
  withWorld((world) => {
    const { fd } = world.connect();
    for (const shift of [1, 2, 3, 4, 7]) {
      const list = [{ write: fd }, NOW];
      assert.is(poll(world, list, LIST + shift, EVENTS + shift), '0 1');
      assert.is(poll(world, list, LIST + shift, EVENTS + shift), '0 1');
    }
  }),
);

test(
  'events may be written over the list',
  withWorld((world) => {
    const { fd } = world.connect();
    const list = [NOW, { write: fd }, { read: 99 }];
    for (let round = 0; round < 3; round++) assert.is(poll(world, list, LIST, LIST), '2:BADF 1 0');
  }),
);

test(
  'userdata comes back bit for bit',
  withWorld((world) => {
    const userdata = 0xfedc_ba98_7654_3210n;
    world.caller.setFdSubscription(LIST, FD_WRITE, world.connect().fd, userdata);
    assert.is(world.errno('poll_oneoff', LIST, EVENTS, 1, COUNT), 'SUCCESS');
    assert.is(world.caller.event(EVENTS).userdata, userdata);
  }),
);

test(
  'a new connection under the number of a closed one is waited for, though the list is the same',
  withWorld((world) => {
    const first = world.connect();
    const list = [{ read: first.fd }, SOON];
    assert.is(pollAll(world, list), '1');
    world.errno('fd_close', first.fd);
    const second = world.connect();
    assert.is(second.fd, first.fd);
    second.peer.send('x');
    world.peers.settle();
    assert.is(pollAll(world, list), '0');
  }),
);

test(
  'renumbering under an unchanged list is seen',
  withWorld((world) => {
    const first = world.connect();
    const second = world.connect();
    const list = [{ read: first.fd }, SOON];
    assert.is(pollAll(world, list), '1');
    second.peer.send('x');
    world.peers.settle();
    assert.is(pollAll(world, list), '1');
    world.errno('fd_renumber', second.fd, first.fd);
    assert.is(pollAll(world, list), '0');
  }),
);

test(
  'read, then write, then read again: what is no longer asked for is not reported',
  withWorld((world) => {
    const { fd, peer } = world.connect();
    assert.is(pollAll(world, [{ read: fd }, SOON]), '1');
    assert.is(pollAll(world, [{ write: fd }, SOON]), '0');
    assert.is(pollAll(world, [{ read: fd }, SOON]), '1');
    peer.send('x');
    world.peers.settle();
    assert.is(pollAll(world, [{ read: fd }, SOON]), '0');
    assert.is(pollAll(world, [{ clock: 1, ns: 1000n }]), '0');
  }),
);

test(
  'a ready socket that is no longer in the list does not end a wait',
  withWorld((world) => {
    const ready = world.connect();
    const quiet = world.connect();
    assert.is(pollAll(world, [{ read: ready.fd }, { read: quiet.fd }, SOON]), '2');
    ready.peer.send('x');
    world.peers.settle();
    // In the set still, since read interest is dropped lazily: it must be found out and dropped.
    assert.is(pollAll(world, [{ read: quiet.fd }, SOON]), '1');
    assert.is(pollAll(world, [{ read: quiet.fd }, NOW]), '1');
  }),
);

test(
  'more sockets than a short list has are all waited for, and only those that are ready reported',
  withWorld((world) => {
    const all = Array.from({ length: 12 }, () => world.connect());
    const list = [...all.map(({ fd }) => ({ read: fd })), SOON];
    assert.is(pollAll(world, list), '12');
    for (const index of [3, 7]) all[index]?.peer.send('x');
    world.peers.settle();
    const reported = poll(world, list).split(' ').sort().join(' ');
    assert.is(reported, '3 7');
  }),
);

test(
  'a list that changes only in its clock is the same list',
  withWorld((world) => {
    const { fd } = world.connect();
    for (const ns of [1000n, 2000n, 3000n, 0n, 1000n]) {
      assert.is(poll(world, [{ read: fd }, { clock: 1, ns }]), '1');
    }
  }),
);

test(
  'a stop ends a wait by leaving the guest, and every later call leaves it again',
  withWorld((world) => {
    const { caller } = world;
    setList(world, [{ read: world.listenFd }]);
    caller.control.ask(Reason.STOP);
    const leave = (): void => void caller.call('poll_oneoff', LIST, EVENTS, 1, COUNT);
    assert.throws(leave, (error: unknown) => error instanceof GuestExit);
    assert.throws(leave, (error: unknown) => error instanceof GuestExit);
    assert.throws(
      () => caller.call('sched_yield'),
      (error: unknown) => error instanceof GuestExit,
    );
  }),
);

test(
  'a wake without a reason is not seen by a guest that runs _start',
  withWorld((world) => {
    world.peers.later({ act: 'wake' });
    assert.is(poll(world, [{ read: world.listenFd }, { clock: 1, ns: 50_000_000n }]), '1');
  }),
);

test(
  'a wake without a reason is INTR to a guest that is called turn by turn',
  withWorld(
    (world) => {
      world.peers.later({ act: 'wake' });
      assert.is(poll(world, [{ read: world.listenFd }]), 'INTR');
      assert.is(poll(world, [{ read: world.listenFd }, NOW]), '1');
    },
    { isInterruptible: true },
  ),
);

test(
  'calls and events are counted',
  withWorld((world) => {
    const { counters } = world.caller.control;
    poll(world, [NOW, NOW]);
    poll(world, [NOW]);
    assert.is(counters[Counter.POLLS], 2);
    assert.is(counters[Counter.EVENTS], 3);
  }),
);

test.run();
