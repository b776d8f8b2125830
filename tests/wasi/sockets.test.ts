import * as assert from 'uvu/assert';
import { Counter } from '../../host/wasi/control-block.ts';
import { suite } from '../support/suite.ts';
import { SENTINEL } from './caller.ts';
import { BUFFER, IOVECS, RESULT, RESULT2, withWorld } from './world.ts';

const test = suite('sock_* (native)');

test(
  'a non-blocking listener without a connection answers AGAIN',
  withWorld((world) => {
    world.errno('fd_fdstat_set_flags', world.listenFd, 4);
    assert.is(world.errno('sock_accept', world.listenFd, 0, RESULT), 'AGAIN');
    assert.is(world.caller.u32(RESULT), 0xa5a5a5a5);
  }),
);

test(
  'a blocking listener waits for a connection',
  withWorld((world) => {
    world.peers.later({ act: 'connect', address: world.address });
    assert.is(world.errno('sock_accept', world.listenFd, 0, RESULT), 'SUCCESS');
    assert.is(world.caller.u32(RESULT), world.listenFd + 1);
  }),
);

test(
  'an accepted connection has the flags of the call',
  withWorld((world) => {
    const { caller } = world;
    for (const flags of [0, 4]) {
      const { fd } = world.connect(flags);
      caller.call('fd_fdstat_get', fd, 640);
      assert.is(caller.view.getUint16(642, true), flags);
    }
  }),
);

test(
  'a result pointer outside the memory is FAULT before the connection is taken',
  withWorld((world) => {
    world.peers.connect(world.address);
    world.peers.settle();
    const end = world.caller.bytes.length;
    for (const pointer of [end - 3, end, 2 ** 31, 2 ** 32 - 1]) {
      assert.is(world.errno('sock_accept', world.listenFd, 4, pointer), 'FAULT');
    }
    assert.is(world.errno('sock_accept', world.listenFd, 4, end - 4), 'SUCCESS');
  }),
);

test(
  'a result pointer outside the memory is FAULT before a byte is received',
  withWorld((world) => {
    const { fd, peer } = world.connect();
    peer.send('kept');
    world.peers.settle();
    const end = world.caller.bytes.length;
    world.caller.setIovecs(IOVECS, [BUFFER, 10]);
    assert.is(world.errno('sock_recv', fd, IOVECS, 1, 0, end - 3, RESULT2), 'FAULT');
    assert.is(world.errno('sock_recv', fd, IOVECS, 1, 0, RESULT, end - 1), 'FAULT');
    assert.is(world.errno('sock_recv', fd, end - 7, 1, 0, RESULT, RESULT2), 'FAULT');
    assert.is(world.errno('sock_recv', fd, IOVECS, 2 ** 29, 0, RESULT, RESULT2), 'FAULT');
    assert.is(world.errno('sock_recv', fd, IOVECS, 2 ** 32 - 1, 0, RESULT, RESULT2), 'FAULT');
    world.caller.setIovecs(IOVECS, [BUFFER, 2], [end - 4, 5]);
    assert.is(world.errno('sock_recv', fd, IOVECS, 2, 0, RESULT, RESULT2), 'FAULT');
    world.caller.setIovecs(IOVECS, [2 ** 32 - 1, 2]);
    assert.is(world.errno('sock_recv', fd, IOVECS, 1, 0, RESULT, RESULT2), 'FAULT');
    assert.is(world.recv(fd), 'kept');
  }),
);

test(
  'what is refused: flags that do not exist, descriptors that are no socket or not open',
  withWorld(
    (world) => {
      const { fd } = world.connect();
      const { listenFd } = world;
      world.caller.setIovecs(IOVECS, [BUFFER, 1]);
      const rows: readonly (readonly [string, string, number, ...number[]])[] = [
        ['BADF', 'sock_accept', 99, 0, RESULT],
        ['BADF', 'sock_accept', 2 ** 31, 0, RESULT],
        ['BADF', 'sock_accept', 2 ** 32 - 1, 0, RESULT],
        ['NOTSOCK', 'sock_accept', 0, 0, RESULT],
        ['INVAL', 'sock_accept', fd, 0, RESULT],
        ['INVAL', 'sock_accept', listenFd, 1, RESULT],
        ['INVAL', 'sock_accept', listenFd, 0xffff, RESULT],
        ['BADF', 'sock_recv', 99, IOVECS, 1, 0, RESULT, RESULT2],
        ['NOTSOCK', 'sock_recv', 0, IOVECS, 1, 0, RESULT, RESULT2],
        ['INVAL', 'sock_recv', fd, IOVECS, 1, 4, RESULT, RESULT2],
        ['INVAL', 'sock_recv', fd, IOVECS, 1, 0x8000, RESULT, RESULT2],
        ['NOTCONN', 'sock_recv', listenFd, IOVECS, 1, 0, RESULT, RESULT2],
        ['BADF', 'sock_send', 99, IOVECS, 1, 0, RESULT],
        ['NOTSOCK', 'sock_send', 0, IOVECS, 1, 0, RESULT],
        ['INVAL', 'sock_send', fd, IOVECS, 1, 1, RESULT],
        ['PIPE', 'sock_send', listenFd, IOVECS, 1, 0, RESULT],
        ['BADF', 'sock_shutdown', 99, 3],
        ['NOTSOCK', 'sock_shutdown', 0, 3],
        ['INVAL', 'sock_shutdown', fd, 0],
        ['INVAL', 'sock_shutdown', fd, 4],
        ['INVAL', 'sock_shutdown', fd, 255],
      ];
      for (const [expected, name, ...parameters] of rows) {
        assert.is(world.errno(name, ...parameters), expected, `${name}(${parameters.join(', ')})`);
      }
    },
    { stdio: ['pipe', 'none', 'none'] },
  ),
);

test(
  'several buffers are filled in order, and no byte outside them is written',
  withWorld((world) => {
    const { caller } = world;
    const { fd, peer } = world.connect();
    peer.send('abcdefgh');
    world.peers.settle();
    const count = caller.setIovecs(
      IOVECS,
      [BUFFER, 3],
      [BUFFER + 500, 0],
      [BUFFER + 10, 2],
      [BUFFER + 20, 9],
    );
    assert.is(world.errno('sock_recv', fd, IOVECS, count, 0, RESULT, RESULT2), 'SUCCESS');
    assert.is(caller.u32(RESULT), 8);
    assert.is(caller.view.getUint16(RESULT2, true), 0);
    assert.is(
      caller.text(BUFFER, 3) + caller.text(BUFFER + 10, 2) + caller.text(BUFFER + 20, 3),
      'abcdefgh',
    );
    for (const at of [BUFFER - 1, BUFFER + 3, BUFFER + 12, BUFFER + 23, RESULT2 + 2]) {
      assert.is(caller.bytes[at], SENTINEL, `the byte at ${at}`);
    }
  }),
);

test(
  'of more than 1,024 buffers the first 1,024 are used',
  withWorld((world) => {
    const { caller } = world;
    const { fd, peer } = world.connect();
    for (let at = 0; at < 1100; at++) caller.setIovecs(60_000 + at * 8, [BUFFER + at, 1]);
    caller.setText(BUFFER, 'x'.repeat(1100));
    assert.is(world.errno('sock_send', fd, 60_000, 1100, 0, RESULT), 'SUCCESS');
    assert.is(caller.u32(RESULT), 1024);
    world.peers.settle();
    assert.is(peer.receive().text.length, 1024);
  }),
);

test(
  'PEEK leaves the bytes where they are',
  withWorld((world) => {
    const { fd, peer } = world.connect();
    peer.send('peeked');
    world.peers.settle();
    assert.is(world.recv(fd, 3, 1), 'pee');
    assert.is(world.recv(fd, 100), 'peeked');
    assert.is(world.recv(fd, 100, 1), '[AGAIN]');
  }),
);

test(
  'WAITALL fills every buffer, over as many arrivals as it takes',
  withWorld((world) => {
    world.peers.later({ act: 'connect', address: world.address });
    assert.is(world.errno('sock_accept', world.listenFd, 0, RESULT), 'SUCCESS');
    const fd = world.caller.u32(RESULT);
    world.peers.later({ act: 'send', text: 'first ' });
    world.peers.later({ act: 'send', text: 'second' });
    assert.is(world.recv(fd, 12, 2), 'first second');
  }),
);

test(
  'WAITALL ends early when the peer ends its side',
  withWorld((world) => {
    const { fd, peer } = world.connect(0);
    peer.send('all of it');
    peer.endSending();
    world.peers.settle();
    assert.is(world.recv(fd, 100, 2), 'all of it');
    assert.is(world.recv(fd, 100, 2), '');
  }),
);

test(
  'no bytes asked for is 0 bytes at once, also of a blocking socket',
  withWorld((world) => {
    const { fd } = world.connect(0);
    assert.is(world.recv(fd, 0), '');
    assert.is(world.errno('sock_recv', fd, IOVECS, 0, 0, RESULT, RESULT2), 'SUCCESS');
    assert.is(world.errno('sock_send', fd, IOVECS, 0, 0, RESULT), 'SUCCESS');
    assert.is(world.caller.u32(RESULT), 0);
  }),
);

test(
  'a blocking send returns when the system has taken every byte',
  withWorld((world) => {
    const { caller } = world;
    caller.memory.grow(60);
    world.peers.later({ act: 'connect', address: world.address });
    assert.is(world.errno('sock_accept', world.listenFd, 0, RESULT), 'SUCCESS');
    const fd = caller.u32(RESULT);
    world.peers.later({ act: 'drain' });
    // More than any socket buffers hold: every page of the memory, three times over.
    const all = caller.bytes.length;
    const count = caller.setIovecs(IOVECS, [0, all], [0, all], [0, all]);
    assert.is(world.errno('sock_send', fd, IOVECS, count, 0, RESULT), 'SUCCESS');
    assert.is(caller.u32(RESULT), 3 * all);
    assert.is(caller.control.counters[Counter.SENT_BYTES], 3 * all);
  }),
);

test(
  'a reset is told once, after the data before it, and then the end',
  withWorld((world) => {
    const { fd, peer } = world.connect();
    peer.send('last words');
    world.peers.settle();
    peer.reset();
    world.peers.settle();
    assert.is(world.recv(fd), 'last words');
    assert.is(world.recv(fd), '[CONNRESET]');
    assert.is(world.recv(fd), '');
    assert.is(world.send(fd, 'x'), 'PIPE');
  }),
);

test(
  'a half-closed peer still gets its answer',
  withWorld((world) => {
    const { fd, peer } = world.connect();
    peer.send('question');
    peer.endSending();
    world.peers.settle();
    assert.is(world.recv(fd), 'question');
    assert.is(world.recv(fd), '');
    assert.is(world.send(fd, 'answer'), 6);
    assert.is(world.errno('sock_shutdown', fd, 2), 'SUCCESS');
    assert.is(world.send(fd, 'x'), 'PIPE');
    world.peers.settle();
    assert.equal(peer.receive(), { text: 'answer', then: 'end' });
  }),
);

test(
  'a memory that grew between two calls is seen by the second',
  withWorld((world) => {
    const { caller } = world;
    const { fd, peer } = world.connect();
    const end = caller.bytes.length;
    peer.send('beyond');
    world.peers.settle();
    caller.setIovecs(IOVECS, [end + 100, 10]);
    assert.is(world.errno('sock_recv', fd, IOVECS, 1, 0, RESULT, RESULT2), 'FAULT');
    caller.memory.grow(1);
    assert.is(world.errno('sock_recv', fd, IOVECS, 1, 0, RESULT, RESULT2), 'SUCCESS');
    assert.is(caller.text(end + 100, 6), 'beyond');
  }),
);

test(
  'without descriptors accept answers MFILE, and the connection stays queued',
  withWorld((world) => {
    world.errno('fd_fdstat_set_flags', world.listenFd, 4);
    const peer = world.peers.connect(world.address);
    world.peers.settle();
    const giveBack = world.peers.exhaustDescriptors();
    assert.is(world.errno('sock_accept', world.listenFd, 4, RESULT), 'MFILE');
    giveBack(1);
    assert.is(world.errno('sock_accept', world.listenFd, 4, RESULT), 'SUCCESS');
    giveBack(100_000);
    assert.ok(peer.isConnected());
  }),
);

test.run();
