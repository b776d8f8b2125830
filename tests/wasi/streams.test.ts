// Standard streams of every kind, and sending: what is read and written, blocking and not, and how
// a stop ends what blocks.

import * as assert from 'uvu/assert';
import { Counter, Reason } from '../../host/wasi/control-block.ts';
import { GuestExit } from '../../host/wasi/guest-exit.ts';
import { FILE_TEXT } from '../contract/peers.ts';
import { suite } from '../support/suite.ts';
import { NONBLOCK, RECV_WAITALL, SHUT_WRITE } from './spec.ts';
import { BUFFER, IOVECS, RESULT, RESULT2, withWorld } from './world.ts';

const test = suite('streams, and sending');

const INPUT = (kind: 'pipe' | 'socket' | 'file' | 'null' | 'directory') =>
  ({ stdio: [kind, 'none', 'none'] }) as const;
const OUTPUT = (kind: 'pipe' | 'socket' | 'null') => ({ stdio: ['none', kind, 'none'] }) as const;

// ---- reading -----------------------------------------------------------------------------------

for (const kind of ['pipe', 'socket'] as const) {
  test(
    `a ${kind} as input gives what is there, in pieces, then the end, again and again`,
    withWorld((world) => {
      world.peers.stdio(0).send('a line\n');
      assert.is(world.read(0, 3), 'a l');
      assert.is(world.read(0), 'ine\n');
      world.peers.stdio(0).send('last');
      world.peers.stdio(0).close();
      assert.is(world.read(0), 'last');
      assert.is(world.read(0), '');
      assert.is(world.read(0), '');
    }, INPUT(kind)),
  );

  test(
    `a ${kind} as input with nothing to read: NONBLOCK answers AGAIN`,
    withWorld((world) => {
      assert.is(world.errno('fd_fdstat_set_flags', 0, NONBLOCK), 'SUCCESS');
      assert.is(world.read(0), '[AGAIN]');
      world.peers.stdio(0).send('data');
      assert.is(world.read(0), 'data');
      assert.is(world.read(0), '[AGAIN]');
    }, INPUT(kind)),
  );

  test(
    `a ${kind} as input blocks until something comes: data, then the end`,
    withWorld((world) => {
      for (const act of [
        () => world.peers.stdio(0).send('later'),
        () => world.peers.stdio(0).close(),
      ]) {
        world.watched.beforeNextWait(act);
        assert.equal(
          world.watched.during(() => void world.read(0)),
          ['waitFew'],
        );
      }
      assert.is(world.read(0), '');
    }, INPUT(kind)),
  );
}

test(
  'a blocked read waits on when a wake is not for the guest',
  withWorld((world) => {
    world.kernel.wake();
    world.watched.beforeNextWait(() =>
      world.watched.beforeNextWait(() => world.peers.stdio(0).send('later')),
    );
    assert.is(world.read(0), 'later');
  }, INPUT('pipe')),
);

for (const lengthBytes of [1, 5, 1000]) {
  test(
    `a file as input is read to its end in pieces of ${lengthBytes}`,
    withWorld((world) => {
      let text = '';
      for (
        let piece = world.read(0, lengthBytes);
        piece !== '';
        piece = world.read(0, lengthBytes)
      ) {
        assert.ok(piece.length <= lengthBytes);
        text += piece;
      }
      assert.is(text, FILE_TEXT);
      assert.is(world.read(0, lengthBytes), '');
    }, INPUT('file')),
  );
}

test(
  '/dev/null is at its end at once',
  withWorld((world) => assert.is(world.read(0), ''), INPUT('null')),
);

test(
  'a directory as input is ISDIR, and stays open',
  withWorld((world) => {
    for (let time = 0; time < 2; time++) assert.is(world.read(0), '[ISDIR]');
    assert.is(world.errno('fd_close', 0), 'SUCCESS');
  }, INPUT('directory')),
);

test(
  'reading no byte from a stream is 0 bytes at once',
  withWorld((world) => {
    assert.is(world.read(0, 0), '');
    assert.is(world.errno('fd_read', 0, IOVECS, 0, RESULT), 'SUCCESS');
    assert.is(world.caller.u32(RESULT), 0);
  }, INPUT('pipe')),
);

test(
  'reading a stream into several buffers fills at least the first that is not empty',
  withWorld((world) => {
    const { caller } = world;
    world.peers.stdio(0).send('abcdef');
    caller.setIovecs(IOVECS, [BUFFER, 0], [BUFFER, 4], [BUFFER + 4, 4]);
    assert.is(world.errno('fd_read', 0, IOVECS, 3, RESULT), 'SUCCESS');
    const count = caller.u32(RESULT);
    assert.ok(count >= 4);
    assert.is(caller.text(BUFFER, count), 'abcdef'.slice(0, count));
    assert.is(count === 6 ? '' : world.read(0), 'abcdef'.slice(count));
  }, INPUT('pipe')),
);

// ---- writing -----------------------------------------------------------------------------------

test(
  'several buffers reach standard output in order',
  withWorld((world) => {
    const { caller } = world;
    caller.setText(BUFFER, 'hello, ');
    caller.setText(BUFFER + 100, 'world');
    caller.setIovecs(IOVECS, [BUFFER, 7], [0, 0], [BUFFER + 100, 5]);
    assert.is(world.errno('fd_write', 0, IOVECS, 3, RESULT), 'SUCCESS');
    assert.is(caller.u32(RESULT), 12);
    assert.is(world.peers.stdio(1).receive(), 'hello, world');
  }, OUTPUT('pipe')),
);

for (const kind of ['pipe', 'socket'] as const) {
  test(
    `a ${kind} as output blocks until everything is written`,
    withWorld((world) => {
      world.caller.memory.grow(12);
      let text = '';
      const take = (): void => {
        text += world.peers.stdio(1).receive();
        world.watched.beforeNextWait(take);
      };
      world.watched.beforeNextWait(take);
      const all = world.caller.bytes.length;
      world.caller.setIovecs(IOVECS, [0, all]);
      const expected = world.caller.text(0, all);
      assert.is(world.errno('fd_write', 0, IOVECS, 1, RESULT), 'SUCCESS');
      assert.is(world.caller.u32(RESULT), all);
      take();
      assert.ok(text === expected);
    }, OUTPUT(kind)),
  );

  test(
    `a full ${kind} as output takes what there is room for, then NONBLOCK answers AGAIN`,
    withWorld((world) => {
      const { caller } = world;
      caller.memory.grow(12);
      assert.is(world.errno('fd_fdstat_set_flags', 0, NONBLOCK), 'SUCCESS');
      caller.setIovecs(IOVECS, [0, caller.bytes.length]);
      assert.is(world.errno('fd_write', 0, IOVECS, 1, RESULT), 'SUCCESS');
      const taken = caller.u32(RESULT);
      assert.ok(taken > 0 && taken < caller.bytes.length);
      assert.is(world.errno('fd_write', 0, IOVECS, 1, RESULT), 'AGAIN');
      assert.is(caller.u32(RESULT), taken);
      assert.is(world.peers.stdio(1).receive().length, taken);
      assert.is(world.write(0, 'more'), 4);
    }, OUTPUT(kind)),
  );

  test(
    `a ${kind} as output whose reader is gone is PIPE, and raises no signal`,
    withWorld((world) => {
      assert.is(world.write(0, 'data'), 4);
      world.peers.stdio(1).receive();
      world.peers.stdio(1).close();
      for (let time = 0; time < 2; time++) assert.is(world.write(0, 'data'), 'PIPE');
    }, OUTPUT(kind)),
  );
}

test(
  '/dev/null takes everything',
  withWorld((world) => assert.is(world.write(0, 'x'.repeat(50_000)), 50_000), OUTPUT('null')),
);

// ---- sending -----------------------------------------------------------------------------------

for (const name of ['sock_send', 'fd_write'] as const) {
  const more = name === 'sock_send' ? [0, RESULT] : [RESULT];

  test(
    `${name} blocks until the system has taken every byte`,
    withWorld((world) => {
      const { caller } = world;
      caller.memory.grow(60);
      const fd = world.connectLater();
      world.later({ act: 'drain' });
      // More than any socket buffers hold: the whole memory, three times over.
      const all = caller.bytes.length;
      const count = caller.setIovecs(IOVECS, [0, all], [0, all], [0, all]);
      assert.is(world.errno(name, fd, IOVECS, count, ...more), 'SUCCESS');
      assert.is(caller.u32(RESULT), 3 * all);
      assert.is(caller.control.counters[Counter.SENT_BYTES], 3 * all);
    }),
  );

  test(
    `${name} with NONBLOCK takes what there is room for, then answers AGAIN, and goes on`,
    withWorld((world) => {
      const { caller } = world;
      caller.memory.grow(60);
      const { fd, peer } = world.connect();
      const all = caller.bytes.length;
      caller.setIovecs(IOVECS, [0, all], [0, all], [0, all]);
      assert.is(world.errno(name, fd, IOVECS, 3, ...more), 'SUCCESS');
      const taken = caller.u32(RESULT);
      assert.ok(taken > 0 && taken < 3 * all);
      const filled = world.fill(fd);
      assert.is(world.errno(name, fd, IOVECS, 1, ...more), 'AGAIN');
      assert.is(peer.receive().text.length, taken + filled);
      world.peers.settle();
      assert.is(world.send(fd, 'more'), 4);
    }),
  );
}

test(
  'sending no byte is 0 bytes at once, also after a reset or an end',
  withWorld((world) => {
    const { fd, peer } = world.connect(0);
    assert.is(world.send(fd, ''), 0);
    peer.reset();
    world.peers.settle();
    assert.is(world.send(fd, ''), 0);
    assert.is(world.send(fd, 'x'), 'CONNRESET');
    const other = world.connect(0);
    assert.is(world.errno('sock_shutdown', other.fd, SHUT_WRITE), 'SUCCESS');
    assert.is(world.send(other.fd, ''), 0);
    assert.is(world.send(other.fd, 'x'), 'PIPE');
  }),
);

test(
  'a blocking send waits on when a wake is not for the guest',
  withWorld((world) => {
    const { caller } = world;
    caller.memory.grow(60);
    const fd = world.connectLater();
    world.kernel.wake();
    world.later({ act: 'drain' });
    const all = caller.bytes.length;
    const count = caller.setIovecs(IOVECS, [0, all], [0, all], [0, all]);
    assert.is(world.errno('sock_send', fd, IOVECS, count, 0, RESULT), 'SUCCESS');
    assert.is(caller.u32(RESULT), 3 * all);
  }),
);

// ---- the supervisor's word ----------------------------------------------------------------------

const BLOCKING: readonly (readonly [name: string, ...parameters: number[]])[] = [
  ['sock_accept', 0, RESULT],
  ['sock_recv', IOVECS, 1, 0, RESULT, RESULT2],
  ['sock_recv', IOVECS, 1, RECV_WAITALL, RESULT, RESULT2],
  ['fd_read', IOVECS, 1, RESULT],
  ['sock_send', IOVECS, 1, 0, RESULT],
  ['fd_write', IOVECS, 1, RESULT],
];

for (const [name, ...parameters] of BLOCKING) {
  test(
    `a stop ends ${name}(fd, ${parameters.join(', ')}) where it blocks`,
    withWorld((world) => {
      const { caller, watched } = world;
      const { fd } = world.connect();
      if (name.endsWith('send') || name.endsWith('write')) world.fill(fd);
      assert.is(world.errno('fd_fdstat_set_flags', fd, 0), 'SUCCESS');
      caller.setIovecs(IOVECS, [BUFFER, 8]);
      watched.beforeNextWait(() => {
        caller.control.ask(Reason.STOP);
        world.kernel.wake();
      });
      assert.throws(
        () => caller.call(name, name === 'sock_accept' ? world.listenFd : fd, ...parameters),
        (error: unknown) => error instanceof GuestExit,
      );
    }),
  );
}

test.run();
