// The programs that do not turn: each is one module, a command, of a few kilobytes, with the imports
// that it needs and without a garbage collector.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { builder, type Compilation, exportsOf, importsOf } from './support/builder.ts';
import { moduleBytes } from './support/guest.ts';

const SIZE_BYTES_MAX = 9216;

const ALL = ['args_get', 'args_sizes_get', 'fd_write', 'proc_exit'];
/** To make a connection without blocking. */
const CONNECT = [
  ...['fd_fdstat_set_flags', 'poll_oneoff'],
  ...['sock_connect', 'sock_getsockopt', 'sock_open'],
];
const SERVE = ['fd_close', 'fd_fdstat_get', 'sock_accept', 'sock_recv', 'sock_send'];

/** What each imports of preview1 with WasmEdge's additions, and of WASIX. */
const PROGRAMS = [
  { name: 'blocking-echo', preview1: SERVE, wasix: [] },
  {
    name: 'rst-client',
    preview1: [...CONNECT, 'fd_close', 'sock_send', 'sock_setsockopt'],
    wasix: [],
  },
  {
    name: 'stdin-client',
    preview1: [...CONNECT, 'fd_fdstat_get', 'fd_read', 'sock_shutdown'],
    wasix: [],
  },
  {
    name: 'trigger-demo',
    preview1: [...CONNECT, ...SERVE, 'clock_time_get'],
    wasix: ['epoll_create', 'epoll_ctl', 'epoll_wait'],
  },
];

const test = suite('modules that do not turn (guest)');

for (const { name, preview1, wasix } of PROGRAMS) {
  const bytes = moduleBytes(`${name}.wasm`);

  test(`${name} is one command of at most ${SIZE_BYTES_MAX} bytes`, () => {
    assert.ok(bytes.length <= SIZE_BYTES_MAX, `${bytes.length} bytes`);
    assert.equal(exportsOf(bytes), ['_start', 'memory']);
    assert.is(builder.modulesOf(name).length, 1);
  });

  test(`${name} imports what it needs, and no other`, () => {
    const wanted = [...ALL, ...preview1].map((each) => `wasi_snapshot_preview1.${each}`);
    assert.equal(
      importsOf(bytes),
      [...wanted, ...wasix.map((each) => `wasix_32v1.${each}`)].sort(),
    );
  });

  test(`${name}, built without a collector, is the same bytes when built for one`, async () => {
    const [command] = builder.modulesOf(name) as [Compilation];
    const other = await builder.compile(command, ['--runtime', 'incremental']);
    assert.ok(Buffer.from(other).equals(bytes), `${other.length} bytes, not ${bytes.length}`);
  });
}

test.run();
