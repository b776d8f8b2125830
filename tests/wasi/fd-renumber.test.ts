// fd_renumber and fd_close: every kind of descriptor onto every other, what becomes of both, and
// that the process is left with no descriptor more or fewer than that.

import { readdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import type { StdioKinds } from '../contract/peers.ts';
import { suite } from '../support/suite.ts';
import { Fdstat, NONBLOCK } from './spec.ts';
import { BUFFER, type TestWorld, withWorld } from './world.ts';

const test = suite('fd_renumber');

/** A descriptor with something to read, and how its far end looks once it is closed. */
interface Moved {
  readonly title: string;
  /** @returns its fd, and what reading from it gives */
  readonly make: (world: TestWorld) => { readonly fd: number; readonly isClosed?: () => boolean };
  readonly text: string;
}

const STDIO: StdioKinds = ['file', 'socket', 'pipe'];
const FILE = 0;
const SOCKET = 1;
const PIPE = 2;

function connection(world: TestWorld, family: 'ipv4' | 'unix'): ReturnType<Moved['make']> {
  const { fd, peer } = world.connect(NONBLOCK, world.listen(family));
  peer.send('data');
  world.peers.settle();
  return { fd, isClosed: () => peer.receive().then !== 'open' };
}

const KINDS: readonly Moved[] = [
  { title: 'a listener', make: (world) => world.listen('ipv4'), text: '[NOTCONN]' },
  { title: 'a connection', make: (world) => connection(world, 'ipv4'), text: 'data' },
  { title: 'a unix connection', make: (world) => connection(world, 'unix'), text: 'data' },
  { title: 'a file', make: () => ({ fd: FILE }), text: 'the text of a file' },
  {
    title: 'a socket as a standard stream',
    make: (world) => {
      world.peers.stdio(SOCKET).send('data');
      return { fd: SOCKET };
    },
    text: 'data',
  },
  { title: 'a pipe as output', make: () => ({ fd: PIPE }), text: '[BADF]' },
];

function openCount(): number {
  return readdirSync('/proc/self/fd').length;
}

function fdstat(world: TestWorld, fd: number): Buffer {
  assert.is(world.errno('fd_fdstat_get', fd, BUFFER), 'SUCCESS');
  return Buffer.from(world.caller.bytes.slice(BUFFER, BUFFER + Fdstat.BYTES));
}

for (const from of KINDS) {
  for (const to of KINDS) {
    if (from === to && from.title !== 'a connection') continue;
    test(
      `${from.title} onto ${to.title}`,
      withWorld(
        (world) => {
          const moved = from.make(world);
          const target = to.make(world);
          assert.not(target.isClosed?.() ?? false);
          const stat = fdstat(world, moved.fd);
          const before = openCount();
          assert.is(world.errno('fd_renumber', moved.fd, target.fd), 'SUCCESS');
          assert.is(openCount(), before - 1);
          world.peers.settle();
          assert.ok(target.isClosed?.() ?? true);
          assert.is(world.errno('fd_fdstat_get', moved.fd, BUFFER), 'BADF');
          assert.ok(fdstat(world, target.fd).equals(stat));
          assert.is(world.read(target.fd), from.text);
          world.closeFd(target.fd);
          assert.is(openCount(), before - 2);
          world.peers.settle();
          assert.ok(moved.isClosed?.() ?? true);
        },
        { stdio: STDIO },
      ),
    );
  }

  test(
    `${from.title} onto itself, and what is refused, changes nothing`,
    withWorld(
      (world) => {
        const { fd, isClosed } = from.make(world);
        const stat = fdstat(world, fd);
        const before = openCount();
        assert.is(world.errno('fd_renumber', fd, fd), 'SUCCESS');
        for (const closed of [99, 1023, 1024, 2 ** 20, 2 ** 31, 2 ** 32 - 1]) {
          assert.is(world.errno('fd_renumber', fd, closed), 'BADF');
          assert.is(world.errno('fd_renumber', closed, fd), 'BADF');
          assert.is(world.errno('fd_renumber', closed, closed), 'BADF');
        }
        assert.is(openCount(), before);
        assert.not(isClosed?.() ?? false);
        assert.ok(fdstat(world, fd).equals(stat));
        assert.is(world.read(fd), from.text);
      },
      { stdio: STDIO },
    ),
  );
}

test(
  'a number that was freed by renumbering is the next one to be given',
  withWorld((world) => {
    const [first, second] = [world.connect(), world.connect()];
    assert.is(world.errno('fd_renumber', first.fd, second.fd), 'SUCCESS');
    assert.is(world.connect().fd, first.fd);
    assert.is(world.connect().fd, second.fd + 1);
  }),
);

test(
  'a connection that takes the number of a listener is one',
  withWorld((world) => {
    const fd = world.readable();
    assert.is(world.errno('fd_renumber', fd, world.listenFd), 'SUCCESS');
    assert.is(world.errno('sock_accept', world.listenFd, 0, BUFFER), 'INVAL');
    assert.is(world.recv(world.listenFd), 'data');
    assert.is(world.send(world.listenFd, 'answer'), 6);
  }),
);

test(
  'a listener that takes the number of a connection is one',
  withWorld((world) => {
    const { fd } = world.connect();
    assert.is(world.errno('fd_renumber', world.listenFd, fd), 'SUCCESS');
    world.peers.connect(world.address);
    world.peers.settle();
    assert.is(world.accept(NONBLOCK, fd), world.listenFd);
  }),
);

test(
  'a thousand connections that come and go leave no descriptor',
  withWorld((world) => {
    const before = openCount();
    for (let time = 0; time < 1000; time++) {
      const { fd, peer } = world.connect();
      if (time % 2 === 0) assert.is(world.errno('fd_renumber', fd, fd), 'SUCCESS');
      peer.close();
      world.closeFd(fd);
    }
    assert.is(openCount(), before);
  }),
);

test.run();
