// Every function that takes a descriptor, on every kind of descriptor; what each is said to be; and
// numbers that are not open.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { type KindOfDescriptor, KINDS } from './kinds.ts';
import { Fdstat, NONBLOCK } from './spec.ts';
import { BUFFER, IOVECS, RESULT, RESULT2, type TestWorld, withWorld } from './world.ts';

const test = suite('descriptors of every kind');

type Call = (world: TestWorld, fd: number) => string;

const CALLS: Readonly<Record<string, Call>> = {
  sock_accept: (world, fd) => world.errno('sock_accept', fd, 0, RESULT),
  sock_recv: (world, fd) => world.errno('sock_recv', fd, IOVECS, 1, 0, RESULT, RESULT2),
  sock_send: (world, fd) => world.errno('sock_send', fd, IOVECS, 1, 0, RESULT),
  sock_shutdown: (world, fd) => world.errno('sock_shutdown', fd, 2),
  fd_read: (world, fd) => world.errno('fd_read', fd, IOVECS, 1, RESULT),
  fd_write: (world, fd) => world.errno('fd_write', fd, IOVECS, 1, RESULT),
  fd_fdstat_get: (world, fd) => world.errno('fd_fdstat_get', fd, BUFFER),
  fd_fdstat_set_flags: (world, fd) => world.errno('fd_fdstat_set_flags', fd, NONBLOCK),
  fd_filestat_get: (world, fd) => world.errno('fd_filestat_get', fd, BUFFER),
  fd_prestat_get: (world, fd) => world.errno('fd_prestat_get', fd, BUFFER),
  fd_prestat_dir_name: (world, fd) => world.errno('fd_prestat_dir_name', fd, BUFFER, 8),
  fd_renumber: (world, fd) => world.errno('fd_renumber', fd, fd),
  fd_seek: (world, fd) => world.errno('fd_seek', fd, 0n, 1, RESULT),
  fd_close: (world, fd) => world.errno('fd_close', fd),
};

/** What each answers: a column for each of {@link KINDS}; `-` is SUCCESS. */
const ANSWERS = `
                       listeners       connections  pipes           socket  file    folder  null
  sock_accept          AGAIN   AGAIN   INVAL INVAL  NOTSOCK NOTSOCK NOTSOCK NOTSOCK NOTSOCK NOTSOCK
  sock_recv            NOTCONN NOTCONN AGAIN AGAIN  NOTSOCK NOTSOCK NOTSOCK NOTSOCK NOTSOCK NOTSOCK
  sock_send            PIPE    PIPE    -     -      NOTSOCK NOTSOCK NOTSOCK NOTSOCK NOTSOCK NOTSOCK
  sock_shutdown        -       -       -     -      NOTSOCK NOTSOCK NOTSOCK NOTSOCK NOTSOCK NOTSOCK
  fd_read              NOTCONN NOTCONN AGAIN AGAIN  AGAIN   BADF    AGAIN   -       ISDIR   -
  fd_write             PIPE    PIPE    -     -      BADF    -       -       BADF    BADF    -
  fd_fdstat_get        -       -       -     -      -       -       -       -       -       -
  fd_fdstat_set_flags  -       -       -     -      -       -       -       -       -       -
  fd_filestat_get      -       -       -     -      -       -       -       -       -       -
  fd_prestat_get       BADF    BADF    BADF  BADF   BADF    BADF    BADF    BADF    BADF    BADF
  fd_prestat_dir_name  BADF    BADF    BADF  BADF   BADF    BADF    BADF    BADF    BADF    BADF
  fd_renumber          -       -       -     -      -       -       -       -       -       -
  fd_seek              SPIPE   SPIPE   SPIPE SPIPE  SPIPE   SPIPE   SPIPE   SPIPE   SPIPE   SPIPE
  fd_close             -       -       -     -      -       -       -       -       -       -`;

for (const line of ANSWERS.trim().split('\n').slice(1)) {
  const [name = '', ...errnos] = line.trim().split(/ +/);
  const call = CALLS[name] as Call;
  for (const [index, kind] of KINDS.entries()) {
    const errno = errnos[index] === '-' ? 'SUCCESS' : `${errnos[index]}`;
    test(
      `${name} of ${kind.title}: ${errno}`,
      inWorldOf(kind, (world, fd) => {
        world.caller.clear();
        world.caller.setIovecs(IOVECS, [BUFFER, 4]);
        const before = Buffer.from(world.caller.bytes.slice());
        assert.is(call(world, fd), errno);
        if (errno !== 'SUCCESS') assert.ok(Buffer.from(world.caller.bytes).equals(before));
      }),
    );
  }

  for (const fd of [99, 2 ** 20, 2 ** 31, 2 ** 32 - 1]) {
    test(
      `${name} of the closed number ${fd}: BADF`,
      withWorld((world) => {
        world.caller.setIovecs(IOVECS, [BUFFER, 4]);
        const before = Buffer.from(world.caller.bytes.slice());
        assert.is(call(world, fd), 'BADF');
        assert.ok(Buffer.from(world.caller.bytes).equals(before));
      }),
    );
  }
}

for (const kind of KINDS) {
  test(
    `fd_fdstat_get: every byte of what is told of ${kind.title}`,
    inWorldOf(kind, (world, fd) => {
      const { caller } = world;
      for (const flags of [NONBLOCK, 0]) {
        assert.is(world.errno('fd_fdstat_set_flags', fd, flags), 'SUCCESS');
        caller.clear();
        const after = Buffer.from(caller.bytes.slice());
        after.fill(0, BUFFER, BUFFER + Fdstat.BYTES);
        after.writeUInt8(kind.fileType, BUFFER + Fdstat.FILETYPE);
        after.writeUInt16LE(flags, BUFFER + Fdstat.FLAGS);
        after.writeUInt32LE(kind.rights, BUFFER + Fdstat.RIGHTS_BASE);
        assert.is(world.errno('fd_fdstat_get', fd, BUFFER), 'SUCCESS');
        assert.ok(Buffer.from(caller.bytes).equals(after));
      }
    }),
  );

  test(
    `fd_fdstat_set_flags of ${kind.title}: other flags are NOTSUP, other bits INVAL`,
    inWorldOf(kind, (world, fd) => {
      for (const flags of [1, 2, 8, 16, 5, 31]) {
        assert.is(world.errno('fd_fdstat_set_flags', fd, flags), 'NOTSUP', `${flags}`);
      }
      for (const flags of [32, 36, 0xffff, 2 ** 31, 2 ** 32 - 1]) {
        assert.is(world.errno('fd_fdstat_set_flags', fd, flags), 'INVAL', `${flags}`);
      }
      assert.is(world.errno('fd_fdstat_get', fd, BUFFER), 'SUCCESS');
      assert.is(world.caller.view.getUint16(BUFFER + Fdstat.FLAGS, true), NONBLOCK);
    }),
  );
}

/** What is wrong with a call whose descriptor is right. */
const REFUSED: readonly (readonly [errno: string, name: string, ...parameters: number[]])[] = [
  ['INVAL', 'sock_recv', IOVECS, 1, 4, RESULT, RESULT2],
  ['INVAL', 'sock_recv', IOVECS, 1, 7, RESULT, RESULT2],
  ['INVAL', 'sock_recv', IOVECS, 1, 0x8000, RESULT, RESULT2],
  ['INVAL', 'sock_recv', IOVECS, 1, 2 ** 31, RESULT, RESULT2],
  ['FAULT', 'sock_recv', IOVECS, 1, 0, 2 ** 32 - 4, RESULT2],
  ['FAULT', 'sock_recv', IOVECS, 1, 0, 4 * 65_536 - 3, RESULT2],
  ['FAULT', 'sock_recv', IOVECS, 1, 0, RESULT, 4 * 65_536 - 1],
  ['FAULT', 'sock_recv', IOVECS, 1, 0, RESULT, 2 ** 32 - 2],
  ['FAULT', 'fd_read', IOVECS, 1, 4 * 65_536 - 3],
  ['FAULT', 'fd_read', IOVECS, 1, 2 ** 32 - 4],
  ['INVAL', 'sock_send', IOVECS, 1, 1, RESULT],
  ['INVAL', 'sock_send', IOVECS, 1, 2 ** 31, RESULT],
  ['FAULT', 'sock_send', IOVECS, 1, 0, 4 * 65_536 - 3],
  ['FAULT', 'sock_send', IOVECS, 1, 0, 2 ** 32 - 4],
  ['FAULT', 'fd_write', IOVECS, 1, 4 * 65_536 - 3],
  ['FAULT', 'fd_write', IOVECS, 1, 2 ** 32 - 4],
  ['INVAL', 'sock_shutdown', 0],
  ['INVAL', 'sock_shutdown', 4],
  ['INVAL', 'sock_shutdown', 7],
  ['INVAL', 'sock_shutdown', 255],
  ['INVAL', 'sock_shutdown', 2 ** 32 - 1],
  ['FAULT', 'fd_fdstat_get', 4 * 65_536 - 23],
  ['FAULT', 'fd_fdstat_get', 2 ** 32 - 24],
  ['FAULT', 'fd_filestat_get', 4 * 65_536 - 63],
  ['FAULT', 'fd_prestat_get', 4 * 65_536 - 7],
];

for (const [errno, name, ...parameters] of REFUSED) {
  test(
    `${name}(fd, ${parameters.join(', ')}) is ${errno}, and nothing has happened`,
    withWorld((world) => {
      const { fd, peer } = world.connect();
      peer.send('kept');
      world.peers.settle();
      world.caller.setIovecs(IOVECS, [BUFFER, 4]);
      const before = Buffer.from(world.caller.bytes.slice());
      assert.is(world.errno(name, fd, ...parameters), errno);
      assert.ok(Buffer.from(world.caller.bytes).equals(before));
      world.peers.settle();
      assert.equal(peer.receive(), { text: '', then: 'open' });
      assert.is(world.recv(fd), 'kept');
    }),
  );
}

function inWorldOf(
  kind: KindOfDescriptor,
  body: (world: TestWorld, fd: number) => void,
): () => void {
  const options = kind.stdio === undefined ? {} : { stdio: kind.stdio };
  return withWorld((world) => body(world, kind.make(world)), options);
}

test.run();
