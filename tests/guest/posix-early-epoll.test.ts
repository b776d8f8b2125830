// bind_event and get_events as guests have them: bound once, got again and again, a part at a time.

import * as assert from 'uvu/assert';
import { Errno } from '../../host/base/errno.ts';
import { suite } from '../support/suite.ts';
import { READ, WRITE } from './support/poll-abi.ts';
import { Posix, ready } from './support/posix.ts';

const [IN, PRI, OUT, ERR, HUP] = [1, 2, 4, 8, 0x10];
const NULL = 0;

const test = suite('bind_event and get_events (guest)');

test('what was bound is waited for by every call, and given back with the id that was bound', () => {
  const { posix, bind, get } = start([5, 6]);
  assert.is(bind(5, IN, 500), 0);
  assert.is(bind(6, IN | OUT, 600), 0);
  posix.answer = ready([6]);
  for (let i = 0; i < 2; i++) assert.equal(get(8), { count: 1, events: [[600, IN | OUT]] });
  assert.equal(watched(posix), [
    [5, READ],
    [6, READ],
    [6, WRITE],
  ]);
});

test('binding again replaces what was bound', () => {
  const { posix, bind, get } = start([5]);
  bind(5, IN, 1);
  bind(5, OUT, 2);
  posix.answer = ready([5]);
  assert.equal(get(8).events, [[2, OUT]]);
});

test('an event without bits unbinds, and so does none', () => {
  const { posix, bind, get } = start([5, 6, 7]);
  for (const fd of [5, 6, 7]) bind(fd, IN, fd);
  assert.is(bind(5, 0, 5), 0);
  assert.is(posix.functions.bindEvent(6, NULL), 0);
  posix.answer = ready([7]);
  assert.equal(get(8).events, [[7, IN]]);
  assert.equal(watched(posix), [[7, READ]]);
});

test('unbinding what is not bound changes nothing', () => {
  const { bind } = start([]);
  assert.is(bind(5, 0, 5), 0);
});

test('more than is wanted is given by the next calls, each in its turn', () => {
  const { posix, bind, get } = start([5, 6, 7, 8, 9]);
  for (const fd of [5, 6, 7, 8, 9]) bind(fd, IN, fd);
  posix.answer = ready([5, 6, 7, 8, 9]);
  const given = [get(2), get(2), get(2)].flatMap(({ events }) => events.map(([id]) => id));
  assert.equal(given, [5, 6, 7, 8, 9, 5]);
});

test('a hang-up and an error are given, though they cannot be asked for', () => {
  const { posix, bind, get } = start([5]);
  bind(5, IN, 5);
  posix.answer = ready([5], { hasHungUp: true });
  assert.equal(get(8).events, [[5, IN | HUP]]);
  posix.answer = ready([5], { error: Errno.BADF });
  assert.equal(get(8).events, [[5, ERR]]);
});

test('the time is kept exactly: NULL for ever, zeroes not at all', () => {
  const { posix, bind, get } = start([5]);
  bind(5, IN, 5);
  posix.answer = ready([5]);
  get(1);
  get(1, [0, 0]);
  get(1, [1, 2]);
  assert.equal(
    posix.polls.map((list) => list.find(({ tag }) => tag === 0)?.timeoutNs),
    [undefined, 0n, 1_000_002_000n],
  );
});

test('the time runs out with no event', () => {
  const { bind, get } = start([5]);
  bind(5, IN, 5);
  assert.equal(get(8, [0, 5]), { count: 0, events: [] });
});

test('a descriptor that is not open is BADF, and nothing is bound', () => {
  const { posix, bind, get } = start([]);
  assert.is(bind(5, IN, 5), -Errno.BADF);
  get(1, [0, 0]);
  assert.equal(watched(posix), []);
});

for (const bits of [PRI, IN | ERR, 0x8000_0000]) {
  test(`bits ${bits} cannot be bound: INVAL`, () => {
    assert.is(start([5]).bind(5, bits, 5), -Errno.INVAL);
  });
}

test('a count that is not above 0, and a time below 0, are INVAL', () => {
  const { posix, get } = start([]);
  assert.is(get(0, [0, 0]).count, -Errno.INVAL);
  assert.is(get(-1, [0, 0]).count, -Errno.INVAL);
  assert.is(get(1, [-1, 0]).count, -Errno.INVAL);
  assert.is(get(1, [0, -1]).count, -Errno.INVAL);
  assert.is(posix.polls.length, 0);
});

test('an errno of poll_oneoff is the answer', () => {
  const { posix, get } = start([]);
  posix.answer = () => Errno.INTR;
  assert.is(get(1).count, -Errno.INTR);
});

for (const [what, userdata, type] of [
  ['a direction that was not bound', 0n, WRITE],
  ['a binding that does not exist', 1n, READ],
] as const) {
  test(`${what} is answered by PROTO`, () => {
    const { posix, bind, get } = start([5]);
    bind(5, IN, 5);
    posix.answer = () => ({ events: [{ userdata, type }] });
    assert.is(get(1).count, -Errno.PROTO);
  });
}

test('thousands are bound and unbound in any order, and a call takes no memory', () => {
  const fds = Array.from({ length: 3_000 }, (_, i) => 3 + ((i * 7) % 3_000));
  const { posix, bind, get } = start(fds);
  for (const fd of fds) assert.is(bind(fd, IN, fd), 0);
  for (const fd of fds.slice(0, 2_998)) assert.is(bind(fd, 0, 0), 0);
  const left = fds.slice(2_998);
  posix.answer = ready(fds);
  get(8);
  const { byteLength } = posix.functions.memory.buffer;
  for (let i = 0; i < 20; i++) {
    assert.equal(
      get(8)
        .events.map(([id]) => id)
        .sort(),
      [...left].sort(),
    );
  }
  assert.is(new Set(posix.listAddresses).size, 1);
  assert.is(posix.functions.memory.buffer.byteLength, byteLength);
});

function start(open: readonly number[]) {
  const posix = new Posix();
  for (const fd of open) posix.open.add(fd);
  const [event, time, events] = [posix.scratch, posix.scratch + 16, posix.scratch + 32];
  const bind = (fd: number, bits: number, id: number): number => {
    posix.view.setUint32(event, id, true);
    posix.view.setUint32(event + 4, bits, true);
    return posix.functions.bindEvent(fd, event);
  };
  const get = (maxnr: number, duration?: readonly [number, number]) => {
    posix.view.setInt32(time, duration?.[0] ?? 0, true);
    posix.view.setInt32(time + 4, duration?.[1] ?? 0, true);
    const count = posix.functions.getEvents(events, maxnr, duration === undefined ? NULL : time);
    const given = Array.from({ length: Math.max(count, 0) }, (_, i) => [
      posix.view.getUint32(events + 8 * i, true),
      posix.view.getUint32(events + 8 * i + 4, true),
    ]);
    return { count, events: given };
  };
  return { posix, bind, get };
}

function watched({ lastPoll }: Posix): number[][] {
  return lastPoll.filter(({ tag }) => tag !== 0).map(({ fd, tag }) => [fd, tag]);
}

test.run();
