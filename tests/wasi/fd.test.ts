import * as assert from 'uvu/assert';
import { Fdstat } from '../../host/wasi/layout.ts';
import { suite } from '../support/suite.ts';
import { SENTINEL } from './caller.ts';
import { BUFFER, IOVECS, RESULT, withWorld } from './world.ts';

const test = suite('descriptors');

/** File type, flags and rights (low word), with the bytes after them untouched. */
const FDSTATS = [
  { title: 'a listener can accept', open: 'listener', type: 6, rights: 0x28200000 + 0x8 + 0x2 },
  {
    title: 'a connection can be shut down',
    open: 'stream',
    type: 6,
    rights: 0x18200000 + 0x8 + 0x42,
  },
  { title: 'a pipe has no file type', open: 'stdio', type: 0, rights: 0x8200000 + 0x8 + 0x42 },
] as const;

for (const { title, open, type, rights } of FDSTATS) {
  test(
    `fd_fdstat_get: ${title}`,
    withWorld(
      (world) => {
        const { caller, listenFd } = world;
        const fds = { listener: listenFd, stream: world.connect(0).fd, stdio: 0 };
        caller.clear();
        assert.is(world.errno('fd_fdstat_get', fds[open], 640), 'SUCCESS');
        assert.is(caller.bytes[640], type);
        assert.is(caller.view.getUint16(640 + Fdstat.FLAGS, true), 0);
        assert.is(caller.u32(640 + Fdstat.RIGHTS_BASE), rights);
        assert.is(caller.bytes[639], SENTINEL);
        assert.is(caller.bytes[640 + Fdstat.BYTES], SENTINEL);
      },
      { stdio: ['pipe', 'none', 'none'] },
    ),
  );
}

test(
  'NONBLOCK can be set and taken back, other flags are NOTSUP, other bits INVAL',
  withWorld((world) => {
    const { caller, listenFd } = world;
    assert.is(world.errno('fd_fdstat_set_flags', listenFd, 4), 'SUCCESS');
    caller.call('fd_fdstat_get', listenFd, 640);
    assert.is(caller.view.getUint16(640 + Fdstat.FLAGS, true), 4);
    assert.is(world.errno('fd_fdstat_set_flags', listenFd, 1), 'NOTSUP');
    assert.is(world.errno('fd_fdstat_set_flags', listenFd, 32), 'INVAL');
    assert.is(world.errno('fd_fdstat_set_flags', listenFd, 0), 'SUCCESS');
    caller.call('fd_fdstat_get', listenFd, 640);
    assert.is(caller.view.getUint16(640 + Fdstat.FLAGS, true), 0);
  }),
);

test(
  'a closed number is BADF, and the next connection gets the lowest free one',
  withWorld((world) => {
    const first = world.connect();
    const second = world.connect();
    assert.is(second.fd, first.fd + 1);
    assert.is(world.errno('fd_close', first.fd), 'SUCCESS');
    assert.is(world.errno('fd_close', first.fd), 'BADF');
    assert.is(world.recv(first.fd), '[BADF]');
    assert.is(world.connect().fd, first.fd);
  }),
);

test(
  'fd_renumber moves a descriptor onto an open one, which it closes',
  withWorld((world) => {
    const first = world.connect();
    const second = world.connect();
    second.peer.send('moved');
    world.peers.settle();
    assert.is(world.errno('fd_renumber', second.fd, first.fd), 'SUCCESS');
    assert.is(world.recv(first.fd), 'moved');
    assert.is(world.recv(second.fd), '[BADF]');
    world.peers.settle();
    assert.is(first.peer.receive().then, 'end');
    assert.is(second.peer.receive().then, 'open');
  }),
);

test(
  'fd_renumber onto itself changes nothing; from or to a closed number is BADF',
  withWorld((world) => {
    const { fd, peer } = world.connect();
    assert.is(world.errno('fd_renumber', fd, fd), 'SUCCESS');
    peer.send('x');
    world.peers.settle();
    assert.is(world.recv(fd), 'x');
    for (const bad of [99, 2 ** 31, 2 ** 32 - 1]) {
      assert.is(world.errno('fd_renumber', fd, bad), 'BADF');
      assert.is(world.errno('fd_renumber', bad, fd), 'BADF');
    }
    assert.is(world.errno('fd_renumber', 99, 99), 'BADF');
  }),
);

test(
  'the search for directories ends at once: a listener, like a closed number, is BADF',
  withWorld((world) => {
    assert.is(world.errno('fd_prestat_get', world.listenFd, 640), 'BADF');
    assert.is(world.errno('fd_prestat_get', 99, 640), 'BADF');
    assert.is(world.errno('fd_prestat_dir_name', world.listenFd, 640, 8), 'BADF');
  }),
);

test(
  'fd_write reaches standard output in full, from several buffers, a pipe full of it and more',
  withWorld(
    (world) => {
      const { caller, peers } = world;
      caller.setText(BUFFER, 'hello, ');
      caller.setText(BUFFER + 100, 'world');
      caller.setIovecs(IOVECS, [BUFFER, 7], [0, 0], [BUFFER + 100, 5]);
      assert.is(world.errno('fd_write', 0, IOVECS, 3, RESULT), 'SUCCESS');
      assert.is(caller.u32(RESULT), 12);
      assert.is(peers.stdio(1).receive(), 'hello, world');
    },
    { stdio: ['none', 'pipe', 'none'] },
  ),
);

test(
  'a non-blocking standard output takes what there is room for, then answers AGAIN',
  withWorld(
    (world) => {
      const { caller } = world;
      assert.is(world.errno('fd_fdstat_set_flags', 0, 4), 'SUCCESS');
      caller.setIovecs(IOVECS, [0, 200_000]);
      assert.is(world.errno('fd_write', 0, IOVECS, 1, RESULT), 'SUCCESS');
      const taken = caller.u32(RESULT);
      assert.ok(taken > 0 && taken < 200_000);
      assert.is(world.errno('fd_write', 0, IOVECS, 1, RESULT), 'AGAIN');
      assert.is(world.peers.stdio(1).receive().length, taken);
      assert.is(world.errno('fd_write', 0, IOVECS, 1, RESULT), 'SUCCESS');
    },
    { stdio: ['none', 'pipe', 'none'] },
  ),
);

test(
  'fd_read of standard input gives what is there, then the end',
  withWorld(
    (world) => {
      const { caller, peers } = world;
      peers.stdio(0).send('line\n');
      caller.setIovecs(IOVECS, [BUFFER, 100]);
      assert.is(world.errno('fd_read', 0, IOVECS, 1, RESULT), 'SUCCESS');
      assert.is(caller.text(BUFFER, caller.u32(RESULT)), 'line\n');
      peers.stdio(0).close();
      assert.is(world.errno('fd_read', 0, IOVECS, 1, RESULT), 'SUCCESS');
      assert.is(caller.u32(RESULT), 0);
    },
    { stdio: ['pipe', 'none', 'none'] },
  ),
);

test(
  'fd_read and fd_write on a socket receive and send',
  withWorld((world) => {
    const { caller } = world;
    const { fd, peer } = world.connect();
    peer.send('ping');
    world.peers.settle();
    caller.setIovecs(IOVECS, [BUFFER, 2], [BUFFER + 50, 100]);
    assert.is(world.errno('fd_read', fd, IOVECS, 2, RESULT), 'SUCCESS');
    assert.is(caller.u32(RESULT), 4);
    assert.is(caller.text(BUFFER, 2) + caller.text(BUFFER + 50, 2), 'ping');
    caller.setIovecs(IOVECS, [BUFFER, 2]);
    assert.is(world.errno('fd_write', fd, IOVECS, 1, RESULT), 'SUCCESS');
    world.peers.settle();
    assert.is(peer.receive().text, 'pi');
  }),
);

test.run();
