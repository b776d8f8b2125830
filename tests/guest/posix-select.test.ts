// select(2) as guests have it: NULL sets and times, sets that are overwritten, and the count.

import * as assert from 'uvu/assert';
import { Errno } from '../../host/base/errno.ts';
import { suite } from '../support/suite.ts';
import { READ, WRITE, type Answer } from './support/poll-abi.ts';
import { Posix, ready } from './support/posix.ts';

const FD_SETSIZE = 1024;
const SET_BYTES = 128;
const NULL = 0;

type Fds = readonly number[];

const test = suite('select (guest)');

test('a descriptor can be put into a set, asked for, and taken out', () => {
  const { posix, sets } = start();
  const { functions } = posix;
  functions.FD_ZERO(sets.read);
  for (const fd of [0, 31, 32, 1023]) functions.FD_SET(fd, sets.read);
  functions.FD_CLR(31, sets.read);
  assert.equal(sets.get(sets.read), [0, 32, 1023]);
  assert.equal(
    [0, 31, 32, 33, 1023].map((fd) => functions.FD_ISSET(fd, sets.read)),
    [1, 0, 1, 0, 1],
  );
});

for (const fd of [-1, FD_SETSIZE, 2 ** 31 - 1]) {
  test(`descriptor ${fd} has no bit: the guest traps and nothing beside the set is written`, () => {
    const { posix, sets } = start();
    const around = posix.view.buffer.slice(posix.scratch);
    for (const name of ['FD_SET', 'FD_CLR', 'FD_ISSET'] as const) {
      assert.throws(() => posix.functions[name](fd, sets.read), /unreachable/);
    }
    assert.equal(new Uint8Array(posix.view.buffer.slice(posix.scratch)), new Uint8Array(around));
  });
}

test('the sets are overwritten by what is ready, and the bits are counted', () => {
  const { posix, select } = start();
  posix.answer = ready([0, 40, 1023]);
  assert.equal(select(FD_SETSIZE, { read: [0, 4, 40, 1023], write: [40, 41], except: [] }), {
    count: 4,
    read: [0, 40, 1023],
    write: [40],
    except: [],
  });
  assert.equal(watched(posix), [
    [0, READ],
    [4, READ],
    [40, READ],
    [1023, READ],
    [40, WRITE],
    [41, WRITE],
  ]);
});

test('sets may be NULL', () => {
  const { posix, sets } = start();
  posix.answer = ready([5]);
  sets.set(sets.write, [5]);
  assert.is(posix.functions.select(6, NULL, sets.write, NULL, NULL), 1);
  assert.equal(sets.get(sets.write), [5]);
});

test('nothing ready in time leaves empty sets', () => {
  const { select } = start();
  const result = select(FD_SETSIZE, { read: [3], write: [4], except: [] }, [0, 0]);
  assert.equal(result, { count: 0, read: [], write: [], except: [] });
});

test('descriptors from maxfd on are not looked at, and stay in the sets', () => {
  const { posix, select } = start();
  posix.answer = ready([3]);
  const result = select(35, { read: [3, 34, 35, 63, 64], write: [70], except: [100] });
  assert.equal(result, { count: 1, read: [3, 35, 63, 64], write: [70], except: [100] });
  assert.equal(watched(posix), [
    [3, READ],
    [34, READ],
  ]);
});

test('the set of exceptions comes back empty', () => {
  const { posix, select } = start();
  posix.answer = ready([3]);
  posix.open.add(3).add(9);
  const result = select(10, { read: [3], write: [], except: [3, 9] });
  assert.equal(result, { count: 1, read: [3], write: [], except: [] });
});

test('time NULL waits for ever, and any other exactly that long', () => {
  const { posix, select } = start();
  posix.answer = ready([3]);
  const times = [undefined, [0, 0], [0, 1], [2, 500_000], [0, 1_500_000]] as const;
  for (const time of times) select(4, { read: [3], write: [], except: [] }, time);
  assert.equal(
    posix.polls.map((list) => list.find(({ tag }) => tag === 0)?.timeoutNs),
    [undefined, 0n, 1_000n, 2_500_000_000n, 1_500_000_000n],
  );
});

test('the time is not written to', () => {
  const { posix, select, sets } = start();
  select(4, { read: [3], write: [], except: [] }, [7, 8]);
  assert.equal(
    [posix.view.getInt32(sets.time, true), posix.view.getInt32(sets.time + 4, true)],
    [7, 8],
  );
});

test('no set at all is a sleep', () => {
  const { posix, sets } = start();
  sets.setTime([0, 1000]);
  assert.is(posix.functions.select(0, NULL, NULL, NULL, sets.time), 0);
  assert.equal(
    posix.lastPoll.map(({ tag, timeoutNs }) => [tag, timeoutNs]),
    [[0, 1_000_000n]],
  );
});

for (const [what, maxfd, time] of [
  ['a maxfd above FD_SETSIZE', FD_SETSIZE + 1, undefined],
  ['a maxfd below 0', -1, undefined],
  ['seconds below 0', 4, [-1, 0]],
  ['microseconds below 0', 4, [0, -1]],
] as const) {
  test(`${what} is INVAL, the sets stay, and the host is not asked`, () => {
    const { posix, select } = start();
    assert.equal(select(maxfd, { read: [3], write: [1023], except: [5] }, time), {
      count: -Errno.INVAL,
      read: [3],
      write: [1023],
      except: [5],
    });
    assert.is(posix.polls.length, 0);
  });
}

test('a descriptor that is not open is BADF, and the sets stay', () => {
  const { posix, select } = start();
  posix.answer = (list) => ({
    events: list.map(({ userdata, tag, fd }) => ({ userdata, type: tag, error: fd === 4 ? 8 : 0 })),
  });
  const result = select(10, { read: [3, 4], write: [3], except: [] });
  assert.equal(result, { count: -Errno.BADF, read: [3, 4], write: [3], except: [] });
});

test('a descriptor that is not open is BADF in the set of exceptions, too', () => {
  const { posix, select } = start();
  posix.open.add(3);
  const result = select(10, { read: [], write: [], except: [3, 4] }, [0, 0]);
  assert.equal(result, { count: -Errno.BADF, read: [], write: [], except: [3, 4] });
});

test('an error of a descriptor makes it ready, so that the next call answers it', () => {
  const { posix, select } = start();
  posix.answer = ready([3], { error: Errno.NOTSUP });
  assert.equal(select(4, { read: [3], write: [], except: [] }).read, [3]);
});

for (const errno of [Errno.INTR, Errno.NOMEM]) {
  test(`errno ${errno} of poll_oneoff is the answer, and the sets stay`, () => {
    const { posix, select } = start();
    posix.answer = () => errno;
    const result = select(4, { read: [3], write: [3], except: [] });
    assert.equal(result, { count: -errno, read: [3], write: [3], except: [] });
  });
}

const NONSENSE: Record<string, Answer> = {
  'a descriptor that is in no set': { events: [{ userdata: 2n, type: READ }] },
  'a descriptor that is in another set': { events: [{ userdata: 3n, type: WRITE }] },
  'a descriptor above all': { events: [{ userdata: 5000n, type: READ }] },
  'no event': { events: [] },
};

for (const [what, answer] of Object.entries(NONSENSE)) {
  test(`${what} is answered by PROTO, and the sets stay`, () => {
    const { posix, select } = start();
    posix.answer = () => answer;
    const result = select(5, { read: [3], write: [4], except: [] });
    assert.equal(result, { count: -Errno.PROTO, read: [3], write: [4], except: [] });
  });
}

interface Sets {
  readonly read: Fds;
  readonly write: Fds;
  readonly except: Fds;
}

function start() {
  const posix = new Posix();
  const [read, write, except, time] = [0, 1, 2, 3].map((i) => posix.scratch + 64 + SET_BYTES * i);
  if (!read || !write || !except || !time) throw new Error('no room');
  const sets = {
    read,
    write,
    except,
    time,
    set(at: number, fds: Fds): void {
      posix.functions.FD_ZERO(at);
      for (const fd of fds) posix.functions.FD_SET(fd, at);
    },
    get(at: number): number[] {
      const every = Array.from({ length: FD_SETSIZE }, (_, fd) => fd);
      return every.filter((fd) => posix.functions.FD_ISSET(fd, at) === 1);
    },
    setTime([seconds, microseconds]: readonly [number, number]): void {
      posix.view.setInt32(time, seconds, true);
      posix.view.setInt32(time + 4, microseconds, true);
    },
  };
  const select = (maxfd: number, fds: Sets, duration?: readonly [number, number]) => {
    sets.set(read, fds.read);
    sets.set(write, fds.write);
    sets.set(except, fds.except);
    if (duration !== undefined) sets.setTime(duration);
    const count = posix.functions.select(
      maxfd,
      read,
      write,
      except,
      duration === undefined ? NULL : time,
    );
    return { count, read: sets.get(read), write: sets.get(write), except: sets.get(except) };
  };
  return { posix, sets, select };
}

function watched({ lastPoll }: Posix): number[][] {
  return lastPoll.filter(({ tag }) => tag !== 0).map(({ fd, tag }) => [fd, tag]);
}

test.run();
