// poll(2) as guests have it: what is asked for stays, what is answered, and how long it waits.

import * as assert from 'uvu/assert';
import { Errno } from '../../host/base/errno.ts';
import { suite } from '../support/suite.ts';
import { READ, WRITE, type Answer } from './support/poll-abi.ts';
import { Posix, ready } from './support/posix.ts';

const [IN, PRI, OUT, ERR, HUP, NVAL, RDNORM, WRNORM] = [1, 2, 4, 8, 0x10, 0x20, 0x40, 0x100];
const POLLFD_BYTES = 8;

const test = suite('poll (guest)');

test('an entry becomes a subscription for each direction it asks for', () => {
  const { posix, poll } = start();
  poll([entry(5, IN), entry(6, OUT), entry(7, IN | OUT), entry(8, RDNORM), entry(9, WRNORM)], 0);
  assert.equal(watched(posix), [
    [5, READ],
    [6, WRITE],
    [7, READ],
    [7, WRITE],
    [8, READ],
    [9, WRITE],
  ]);
});

test('what is ready is in revents, and the request stays as it was', () => {
  const { posix, poll } = start();
  posix.answer = ready([5, 7]);
  const result = poll([entry(5, IN), entry(6, IN), entry(7, IN | OUT)], -1);
  assert.equal(result.entries, [entry(5, IN, IN), entry(6, IN), entry(7, IN | OUT, IN | OUT)]);
  assert.is(result.count, 2);
});

test('revents of an earlier call are forgotten', () => {
  const { poll } = start();
  const { entries, count } = poll([entry(5, IN, IN | HUP), entry(-1, IN, IN)], 0);
  assert.equal(entries, [entry(5, IN, 0), entry(-1, IN, 0)]);
  assert.is(count, 0);
});

test('an entry with a negative descriptor is skipped', () => {
  const { posix, poll } = start();
  posix.answer = ready([5]);
  const { entries, count } = poll([entry(-1, IN | OUT), entry(5, IN), entry(-7, OUT)], -1);
  assert.equal(watched(posix), [[5, READ]]);
  assert.equal(entries, [entry(-1, IN | OUT), entry(5, IN, IN), entry(-7, OUT)]);
  assert.is(count, 1);
});

for (const events of [0, PRI, HUP | ERR]) {
  test(`an entry that asks for ${events}, neither reading nor writing, is skipped`, () => {
    const { posix, poll } = start();
    assert.equal(poll([entry(5, events)], 0).entries, [entry(5, events)]);
    assert.equal(watched(posix), []);
  });
}

test('only bits that were asked for are answered', () => {
  const { posix, poll } = start();
  posix.answer = ready([5, 6]);
  const { entries } = poll([entry(5, RDNORM | PRI), entry(6, IN | RDNORM)], -1);
  assert.equal(entries, [entry(5, RDNORM | PRI, RDNORM), entry(6, IN | RDNORM, IN | RDNORM)]);
});

for (const [how, bits] of [
  [{ hasHungUp: true }, IN | HUP],
  [{ error: Errno.BADF }, NVAL],
  [{ error: Errno.PIPE }, HUP],
  [{ error: Errno.NOTSUP }, ERR],
] as const) {
  test(`an event with ${JSON.stringify(how)} is answered as ${bits}`, () => {
    const { posix, poll } = start();
    posix.answer = ready([5], how);
    assert.equal(poll([entry(5, IN)], -1), { count: 1, entries: [entry(5, IN, bits)] });
  });
}

test('two entries with one descriptor are both answered', () => {
  const { posix, poll } = start();
  posix.answer = ready([5]);
  const { entries, count } = poll([entry(5, IN), entry(5, IN)], -1);
  assert.equal([count, entries], [2, [entry(5, IN, IN), entry(5, IN, IN)]]);
});

test('below 0 it waits without a clock, and otherwise so many milliseconds', () => {
  const { posix, poll } = start();
  posix.answer = ready([5]);
  for (const timeoutMs of [-1, -2147483648, 0, 7, 2147483647]) poll([entry(5, IN)], timeoutMs);
  assert.equal(posix.polls.map(clockOf), [undefined, undefined, 0n, 7_000_000n, 2147483647000000n]);
});

test('with nothing to wait for it still waits', () => {
  const { posix, poll } = start();
  assert.is(poll([], 50).count, 0);
  assert.is(clockOf(posix.lastPoll), 50_000_000n);
  // For ever: the host's own answer to an empty list would be INVAL.
  poll([entry(-1, IN)], -1);
  assert.is(clockOf(posix.lastPoll), 2n ** 63n - 1n);
});

test('a clock that is reported beside a descriptor takes no place of one', () => {
  const { posix, poll } = start();
  posix.answer = ([first, second, clock]) => ({
    events: [
      { userdata: clock?.userdata ?? 0n, type: 0 },
      { userdata: first?.userdata ?? 0n, type: READ },
      { userdata: second?.userdata ?? 0n, type: READ },
    ],
  });
  const { count, entries } = poll([entry(5, IN), entry(6, IN)], 0);
  assert.equal([count, entries], [2, [entry(5, IN, IN), entry(6, IN, IN)]]);
});

for (const errno of [Errno.INTR, Errno.NOMEM]) {
  test(`errno ${errno} of poll_oneoff is the answer, and revents are 0`, () => {
    const { posix, poll } = start();
    posix.answer = () => errno;
    assert.equal(poll([entry(5, IN, IN)], -1), { count: -errno, entries: [entry(5, IN, 0)] });
  });
}

const NONSENSE: Record<string, Answer> = {
  'no event': { events: [] },
  'more events than subscriptions': { events: [{ userdata: 0n, type: READ }], count: 3 },
  'an entry that does not exist': { events: [{ userdata: 1n, type: READ }] },
  'a direction that was not asked for': { events: [{ userdata: 0n, type: WRITE }] },
  'a type that does not exist': { events: [{ userdata: 0n, type: 3 }] },
  'a clock that was not asked for': { events: [{ userdata: 2n ** 64n - 1n, type: 0 }] },
};

for (const [what, answer] of Object.entries(NONSENSE)) {
  test(`${what} is answered by PROTO, and revents are 0`, () => {
    const { posix, poll } = start();
    posix.answer = () => answer;
    assert.equal(poll([entry(5, IN)], -1), { count: -Errno.PROTO, entries: [entry(5, IN, 0)] });
  });
}

test('the same request is the same list at the same place, and takes no memory', () => {
  const { posix, poll } = start();
  const entries = Array.from({ length: 5_000 }, (_, i) => entry(5 + i, IN));
  poll(entries, 0);
  const [before, pages] = [posix.lastPoll, posix.functions.memory.buffer.byteLength];
  for (let i = 0; i < 20; i++) poll(entries, 0);
  assert.equal(posix.lastPoll, before);
  assert.is(new Set(posix.listAddresses).size, 1);
  assert.is(posix.functions.memory.buffer.byteLength, pages);
});

test('a list that no memory is left for is answered by NOMEM', () => {
  const { poll } = start();
  // The module may have 64 pages: room for a list of 4 MiB is not among them.
  const entries = Array.from({ length: 30_000 }, (_, i) => entry(5 + i, IN | OUT, IN));
  const { count, entries: after } = poll(entries, 0);
  assert.is(count, -Errno.NOMEM);
  assert.ok(after.every(({ revents }) => revents === 0));
});

interface Entry {
  readonly fd: number;
  readonly events: number;
  readonly revents: number;
}

function entry(fd: number, events: number, revents = 0): Entry {
  return { fd, events, revents };
}

function start(): {
  posix: Posix;
  poll: (entries: readonly Entry[], timeoutMs: number) => { count: number; entries: Entry[] };
} {
  const posix = new Posix();
  const poll = (entries: readonly Entry[], timeoutMs: number) => {
    for (const [i, { fd, events, revents }] of entries.entries()) {
      const at = posix.scratch + POLLFD_BYTES * i;
      posix.view.setInt32(at, fd, true);
      posix.view.setInt16(at + 4, events, true);
      posix.view.setInt16(at + 6, revents, true);
    }
    const count = posix.functions.poll(posix.scratch, entries.length, timeoutMs);
    return { count, entries: entries.map((_, i) => entryAt(posix, posix.scratch + 8 * i)) };
  };
  return { posix, poll };
}

function entryAt({ view }: Posix, at: number): Entry {
  return entry(view.getInt32(at, true), view.getInt16(at + 4, true), view.getInt16(at + 6, true));
}

function watched({ lastPoll }: Posix): number[][] {
  return lastPoll.filter(({ tag }) => tag !== 0).map(({ fd, tag }) => [fd, tag]);
}

function clockOf(list: Posix['lastPoll']): bigint | undefined {
  return list.find(({ tag }) => tag === 0)?.timeoutNs;
}

test.run();
