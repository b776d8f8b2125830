// The lists of buffers of sock_recv, fd_read, sock_send and fd_write: which bytes are moved where,
// in which order, how many, and that no other byte changes.

import * as assert from 'uvu/assert';
import { Counter } from '../../host/wasi/control-block.ts';
import { suite } from '../support/suite.ts';
import { RECV_PEEK, RECV_WAITALL } from './spec.ts';
import { RESULT, RESULT2, type TestWorld, withWorld } from './world.ts';

const test = suite('lists of buffers');

type Buffers = readonly (readonly [pointer: number, lengthBytes: number])[];

/** Where lists lie: room for more than a thousand. */
const LIST = 100_000;
/** Where buffers lie. A buffer that begins at END is at the end of the memory. */
const FROM = 4096;
const END = -1;

/** Every letter differs from its neighbours, so that a shift shows. */
const TEXT = Array.from({ length: 2000 }, (_, at) => String.fromCharCode(97 + (at % 23))).join('');

const at = (...buffers: Buffers): Buffers =>
  buffers.map(([offset, length]) => [offset === END ? END : FROM + offset, length]);
const bytes = (count: number, step: number): Buffers =>
  Array.from({ length: count }, (_, index) => [FROM + index * step, 1]);

const LISTS: readonly (readonly [title: string, buffers: Buffers])[] = [
  ['no buffer', []],
  ['one buffer', at([0, 10])],
  ['one buffer that is larger than what there is', at([0, 3000])],
  ['one buffer of a byte', at([5, 1])],
  ['three buffers', at([0, 3], [100, 2], [50, 9])],
  ['three buffers side by side', at([0, 3], [3, 5], [8, 2])],
  ['buffers from high to low', at([60, 4], [40, 4], [20, 4])],
  ['empty buffers before, between and after', at([9, 0], [0, 3], [7, 0], [7, 0], [30, 4], [40, 0])],
  ['one buffer among empty ones', at([0, 0], [50, 6], [0, 0])],
  ['only empty buffers', at([0, 0], [50, 0])],
  ['empty buffers at the end of the memory', at([END, 0], [0, 4], [END, 0])],
  ['the same buffer twice', at([0, 4], [0, 4])],
  ['buffers that overlap', at([0, 6], [3, 6], [1, 2])],
  ['1,023 buffers', bytes(1023, 2)],
  ['1,024 buffers', bytes(1024, 2)],
  ['1,025 buffers, of which 1,024 are used', bytes(1025, 2)],
  ['1,100 buffers, of which 1,024 are used', bytes(1100, 1)],
  [
    '1,024 buffers, half of them empty',
    bytes(1024, 2).map(([p, n], i) => [p, i % 2 === 0 ? n : 0]),
  ],
];

function load(world: TestWorld, buffers: Buffers): void {
  const end = world.caller.bytes.length;
  buffers.forEach(([pointer, length], index) =>
    world.caller.setIovecs(LIST + index * 8, [pointer === END ? end : pointer, length]),
  );
}

/** As much of `buffers` as is used. */
function used(buffers: Buffers): Buffers {
  return buffers.slice(0, 1024).filter(([, length]) => length > 0);
}

function sum(buffers: Buffers): number {
  return used(buffers).reduce((total, [, length]) => total + length, 0);
}

const RECEIVERS: readonly (readonly [name: string, flags: number])[] = [
  ['sock_recv', 0],
  ['sock_recv', RECV_PEEK],
  ['sock_recv', RECV_WAITALL],
  ['fd_read', 0],
];

for (const [title, buffers] of LISTS) {
  for (const [name, flags] of RECEIVERS) {
    test(
      `${name}${flags === 0 ? '' : ` with flags ${flags}`}: ${title}`,
      withWorld((world) => {
        const { caller } = world;
        const { fd, peer } = world.connect();
        peer.send(TEXT);
        world.peers.settle();
        load(world, buffers);
        const after = Buffer.from(caller.memory.buffer.slice(0));
        const count = Math.min(sum(buffers), TEXT.length);
        let rest = TEXT.slice(0, count);
        for (const [pointer, length] of used(buffers)) {
          after.write(rest.slice(0, length), pointer, 'latin1');
          rest = rest.slice(length);
        }
        after.writeUInt32LE(count, RESULT);
        const more = name === 'fd_read' ? [RESULT] : [flags, RESULT, RESULT2];
        if (name !== 'fd_read') after.writeUInt16LE(0, RESULT2);
        assert.is(world.errno(name, fd, LIST, buffers.length, ...more), 'SUCCESS');
        assert.is(caller.u32(RESULT), count);
        assert.ok(Buffer.from(caller.memory.buffer).equals(after));
        const isPeek = flags === RECV_PEEK;
        assert.is(
          world.recv(fd, 3),
          TEXT.slice(isPeek ? 0 : count, isPeek ? 3 : count + 3) || '[AGAIN]',
        );
      }),
    );
  }

  for (const name of ['sock_send', 'fd_write']) {
    test(
      `${name}: ${title}`,
      withWorld((world) => {
        const { caller } = world;
        const { fd, peer } = world.connect();
        caller.setText(FROM, `${TEXT}${TEXT}`);
        load(world, buffers);
        const after = Buffer.from(caller.memory.buffer.slice(0));
        const texts = used(buffers).map(([pointer, length]) => caller.text(pointer, length));
        after.writeUInt32LE(sum(buffers), RESULT);
        const more = name === 'fd_write' ? [RESULT] : [0, RESULT];
        assert.is(world.errno(name, fd, LIST, buffers.length, ...more), 'SUCCESS');
        assert.ok(Buffer.from(caller.memory.buffer).equals(after));
        world.peers.settle();
        assert.is(peer.receive().text, texts.join(''));
      }),
    );
  }
}

// ---- lists that are refused --------------------------------------------------------------------

const REFUSED: readonly (readonly [
  title: string,
  list: (end: number) => Buffers,
  count?: number,
])[] = [
  ['a buffer that leaves the memory by a byte', (end) => [[end - 9, 10]]],
  [
    'the last of three leaves the memory',
    (end) => [
      [FROM, 1],
      [FROM, 0],
      [end - 1, 2],
    ],
  ],
  ['a buffer at 2^32 - 1', () => [[2 ** 32 - 1, 2]]],
  ['a buffer whose end is 2^32', () => [[2 ** 32 - 16, 16]]],
  ['a buffer at 2^31', () => [[2 ** 31, 1]]],
  ['a buffer of 2^32 - 1 bytes', () => [[FROM, 2 ** 32 - 1]]],
  ['a buffer of 2^31 bytes', () => [[FROM, 2 ** 31]]],
  ['an empty buffer beyond the end', (end) => [[end + 1, 0]]],
  [
    'an empty buffer beyond the end, behind another',
    (end) => [
      [FROM, 4],
      [end + 1, 0],
    ],
  ],
  ['2^29 buffers, whose bytes wrap to 0', () => bytes(1024, 1), 2 ** 29],
  ['2^32 - 1 buffers', () => bytes(1024, 1), 2 ** 32 - 1],
  ['2^31 buffers', () => bytes(1024, 1), 2 ** 31],
];

const CALLS: readonly (readonly [name: string, more: readonly number[]])[] = [
  ['sock_recv', [0, RESULT, RESULT2]],
  ['fd_read', [RESULT]],
  ['sock_send', [0, RESULT]],
  ['fd_write', [RESULT]],
];

for (const [title, list, count] of REFUSED) {
  for (const [name, more] of CALLS) {
    test(
      `${name}: ${title}: FAULT, and nothing is moved`,
      withWorld((world) => {
        const { caller } = world;
        const { fd, peer } = world.connect();
        peer.send('kept');
        world.peers.settle();
        const buffers = list(caller.bytes.length);
        load(world, buffers);
        const before = Buffer.from(caller.memory.buffer.slice(0));
        assert.is(world.errno(name, fd, LIST, count ?? buffers.length, ...more), 'FAULT');
        assert.ok(Buffer.from(caller.memory.buffer).equals(before));
        world.peers.settle();
        assert.equal(peer.receive(), { text: '', then: 'open' });
        assert.is(world.recv(fd), 'kept');
      }),
    );
  }
}

test(
  'a list that begins where it leaves the memory is FAULT, one that ends there is not',
  withWorld((world) => {
    const { fd } = world.connect();
    const end = world.caller.bytes.length;
    world.caller.setIovecs(end - 8, [FROM, 4]);
    for (const list of [end - 7, end, 2 ** 31, 2 ** 32 - 8]) {
      assert.is(world.errno('sock_send', fd, list, 1, 0, RESULT), 'FAULT', `${list}`);
      assert.is(world.errno('sock_recv', fd, list, 1, 0, RESULT, RESULT2), 'FAULT', `${list}`);
    }
    assert.is(world.errno('sock_send', fd, end - 8, 1, 0, RESULT), 'SUCCESS');
    assert.is(world.errno('sock_send', fd, end, 0, 0, RESULT), 'SUCCESS');
  }),
);

test(
  'of buffers that sum to 4 GiB as much is taken as a count can tell',
  withWorld(
    (world) => {
      const { caller } = world;
      caller.memory.grow(60);
      const all = caller.bytes.length;
      assert.is(1024 * all, 2 ** 32);
      load(
        world,
        Array.from({ length: 1024 }, () => [0, all] as const),
      );
      assert.is(world.errno('fd_write', 0, LIST, 1024, RESULT), 'SUCCESS');
      assert.is(caller.u32(RESULT), 0x7fff_f000);
    },
    { stdio: ['none', 'null', 'none'] },
  ),
);

// ---- one buffer, the plain message --------------------------------------------------------------

const PLACES = [0, 1, 2, 3, 4].flatMap((list) =>
  [0, 1, 2, 3].map((count) => [list, count] as const),
);

for (const [name, more] of CALLS) {
  test(
    `${name}: list and count may lie anywhere`,
    withWorld((world) => {
      const { caller } = world;
      const { fd, peer } = world.connect();
      const isReceived = name === 'sock_recv' || name === 'fd_read';
      for (const [list, count] of PLACES) {
        const text = TEXT.slice(list, list + 5 + count);
        if (isReceived) peer.send(text);
        else caller.setText(FROM, text);
        world.peers.settle();
        caller.setIovecs(LIST + list, [FROM, isReceived ? 100 : text.length]);
        const places = more.map((place) => (place === RESULT ? RESULT + count : place));
        assert.is(world.errno(name, fd, LIST + list, 1, ...places), 'SUCCESS');
        assert.is(caller.u32(RESULT + count), text.length);
        world.peers.settle();
        const moved = isReceived ? caller.text(FROM, text.length) : peer.receive().text;
        assert.is(moved, text, `list + ${list}, count + ${count}`);
      }
    }),
  );
}

test(
  "the flags that sock_recv gives out may be the memory's last bytes, and not beyond",
  withWorld((world) => {
    const { caller } = world;
    const { fd, peer } = world.connect();
    const end = caller.bytes.length;
    peer.send('kept');
    world.peers.settle();
    caller.setIovecs(LIST, [FROM, 4]);
    for (const out of [end - 1, end, 2 ** 31, 2 ** 32 - 1]) {
      assert.is(world.errno('sock_recv', fd, LIST, 1, 0, RESULT, out), 'FAULT', `${out}`);
    }
    assert.is(world.errno('sock_recv', fd, LIST, 1, 0, RESULT, end - 2), 'SUCCESS');
    assert.is(caller.text(FROM, 4), 'kept');
    assert.equal([...caller.bytes.slice(end - 2)], [0, 0]);
  }),
);

test(
  'where the flags of sock_recv and its count overlap, the count is whole',
  withWorld((world) => {
    const { caller } = world;
    const { fd, peer } = world.connect();
    for (const shift of [0, 1, 2, 3]) {
      peer.send(TEXT.slice(0, 0x101));
      world.peers.settle();
      caller.setIovecs(LIST, [FROM, 2000]);
      assert.is(world.errno('sock_recv', fd, LIST, 1, 0, RESULT, RESULT + shift), 'SUCCESS');
      assert.is(caller.u32(RESULT), 0x101, `${shift}`);
    }
  }),
);

test(
  'the bytes of a plain message are counted, each once',
  withWorld((world) => {
    const { caller } = world;
    const { fd, peer } = world.connect();
    const countOf = (counter: number): number => caller.control.counters[counter] as number;
    peer.send('seven..');
    world.peers.settle();
    caller.setIovecs(LIST, [FROM, 100]);
    assert.is(world.errno('sock_recv', fd, LIST, 1, 0, RESULT, RESULT2), 'SUCCESS');
    assert.is(countOf(Counter.RECEIVED_BYTES), 7);
    caller.setIovecs(LIST, [FROM, 5]);
    assert.is(world.errno('sock_send', fd, LIST, 1, 0, RESULT), 'SUCCESS');
    assert.is(countOf(Counter.SENT_BYTES), 5);
  }),
);

test.run();
