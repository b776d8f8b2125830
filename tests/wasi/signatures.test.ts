// The tables of signatures against the functions: every import exists, writes just what the table
// says, and answers what docs/wasi-coverage.md says.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { GuestMemory } from '../../host/wasi/memory.ts';
import { IMPORT_TABLES } from '../../host/wasi/import-tables.ts';
import { CallRegions } from '../../host/wasi/regions.ts';
import { SIGNATURES } from '../../host/wasi/signatures.ts';
import { ALL_SIGNATURES } from '../support/functions.ts';
import { suite } from '../support/suite.ts';
import { SENTINEL } from './caller.ts';
import { ADDRESS, open, putAddress } from './outgoing.ts';
import { IOVECS, type TestWorld, withWorld } from './world.ts';

const test = suite('signatures');
const page = readFileSync(new URL('../../docs/wasi-coverage.md', import.meta.url), 'utf8');

test('there are the 46 functions of preview1, each once, and the page names them all', () => {
  const names = new Set(SIGNATURES.map(({ name }) => name));
  assert.is(SIGNATURES.length, 46);
  assert.is(names.size, 46);
});

test('the page names every function of every table, and each import module', () => {
  for (const [module, signatures] of Object.entries(IMPORT_TABLES)) {
    assert.ok(page.includes(`\`${module}\``), `the page lacks ${module}`);
    for (const { name } of signatures) {
      assert.ok(page.includes(`\`${name}\``), `the page lacks ${name}`);
    }
  }
});

test(
  'what is not built answers what the page says, for an open descriptor; BADF for a closed one',
  withWorld((world) => {
    const rows = [...page.matchAll(/^\| `(\w+)` +\| ([A-Z]+) +\|$/gm)];
    assert.is(rows.length, 22);
    for (const [, name = '', errno = ''] of rows) {
      assert.is(world.errno(name, ...parametersOf(name, world.listenFd)), errno, name);
      assert.is(world.errno(name, ...parametersOf(name, 99)), 'BADF', name);
    }
    assert.is(world.errno('proc_raise', 2), 'NOSYS');
  }),
);

const SOCKET_PATH = join(mkdtempSync(join(tmpdir(), 'pollux-')), 's');
test.after(() => rmSync(dirname(SOCKET_PATH), { recursive: true }));

/** Calls that succeed, made ready by `prepare`. A sentinel in each result proves the region. */
const CALLS: Readonly<Record<string, (world: TestWorld) => (number | bigint)[]>> = {
  args_get: () => [512, 600],
  args_sizes_get: () => [512, 516],
  environ_get: () => [512, 600],
  environ_sizes_get: () => [512, 516],
  clock_res_get: () => [1, 512],
  clock_time_get: () => [0, 0n, 512],
  fd_close: (world) => [world.connect().fd],
  fd_fdstat_get: ({ listenFd }) => [listenFd, 640],
  fd_fdstat_set_flags: ({ listenFd }) => [listenFd, 4],
  fd_filestat_get: ({ listenFd }) => [listenFd, 640],
  fd_read: (world) => [readable(world), IOVECS, 2, 512],
  fd_renumber: (world) => [world.connect().fd, world.connect().fd],
  fd_write: (world) => [readable(world), IOVECS, 2, 512],
  poll_oneoff: (world) => {
    world.caller.setFdSubscription(8192, 2, readable(world), 1n);
    world.caller.setFdSubscription(8192 + 48, 1, 99, 1n);
    return [8192, 9000, 2, 512];
  },
  epoll_create: () => [512],
  epoll_ctl: (world) => {
    const epfd = createEpoll(world);
    return [epfd, 0, readable(world), 1024];
  },
  epoll_wait: (world) => {
    const epfd = createEpoll(world);
    world.caller.view.setUint32(1024, 1, true);
    for (let index = 0; index < 2; index++) {
      assert.is(world.errno('epoll_ctl', epfd, 0, readable(world), 1024), 'SUCCESS');
    }
    return [epfd, 9000, 3, 0n, 512];
  },
  sched_yield: () => [],
  random_get: () => [700, 100],
  sock_accept: (world) => {
    world.peers.connect(world.address);
    world.peers.settle();
    return [world.listenFd, 0, 512];
  },
  sock_recv: (world) => [readable(world), IOVECS, 2, 0, 512, 520],
  sock_send: (world) => [readable(world), IOVECS, 2, 0, 512],
  sock_open: () => [1, 2, 512],
  sock_connect: (world) => [unixSocket(world), ADDRESS, 0],
  sock_getsockopt: ({ caller, listenFd }) => {
    caller.view.setUint32(512, 100, true);
    return [listenFd, 0, 9, 520, 512];
  },
  sock_setsockopt: ({ caller, listenFd }) => {
    caller.view.setUint32(512, 1, true);
    return [listenFd, 0, 0, 512, 4];
  },
  sock_shutdown: (world) => [readable(world), 2],
};

for (const signature of ALL_SIGNATURES) {
  const { name } = signature;
  const prepare = CALLS[name];
  if (prepare === undefined) continue;
  test(
    `${name} writes the regions that the table names, and no other byte`,
    withWorld(
      (world) => {
        const { caller } = world;
        caller.clear();
        const parameters = prepare(world);
        const before = caller.bytes.slice();
        const numbers = parameters.map(Number);
        const table = new CallRegions(signature);
        table.before(numbers, new GuestMemory(caller.memory));
        assert.is(world.errno(name, ...parameters), 'SUCCESS');
        const memory = new GuestMemory(caller.memory);
        const regions = table.written(numbers, memory);
        const declared = new Set<number>();
        for (const { pointer, lengthBytes } of regions) {
          for (let at = pointer; at < pointer + lengthBytes; at++) declared.add(at);
        }
        const changed = [...caller.bytes.keys()].filter((at) => caller.bytes[at] !== before[at]);
        assert.equal(
          changed.filter((at) => !declared.has(at)),
          [],
          'bytes were written that the table does not name',
        );
        // A region may repeat a sentinel by chance, but not as a whole.
        for (const { pointer, lengthBytes } of regions) {
          if (lengthBytes === 0) continue;
          const region = changed.filter((at) => at >= pointer && at < pointer + lengthBytes);
          assert.ok(region.length > 0, `nothing was written at ${pointer}`);
        }
      },
      { args: ['guest', 'b'], environ: ['A=b'], allowConnect: [`unix:${SOCKET_PATH}`] },
    ),
  );
}

test('what no call is listed for answers no success: it is not built, or does not return', () => {
  const rest = ALL_SIGNATURES.map(({ name }) => name).filter((name) => CALLS[name] === undefined);
  const unbuilt = [...page.matchAll(/^\| `(\w+)` +\| ([A-Z]+) +\|$/gm)].map(([, name]) => name);
  const others = ['fd_prestat_get', 'fd_prestat_dir_name', 'proc_exit', 'proc_raise'];
  assert.equal(rest.toSorted(), [...unbuilt, ...others].toSorted());
});

test.run();

/** A socket, and the address of a listener that it can be connected to at once. */
function unixSocket(world: TestWorld): number {
  const { kernel } = world;
  const address = { family: 'unix', path: SOCKET_PATH } as const;
  const listener = kernel.open('unix');
  assert.is(kernel.bind(listener, address), 0);
  assert.is(kernel.listen(listener, 1), 0);
  const fd = open(world, 'unix');
  putAddress(world, address);
  return fd;
}

function createEpoll(world: TestWorld): number {
  assert.is(world.errno('epoll_create', 512), 'SUCCESS');
  return world.caller.u32(512);
}

/** A connection with 7 bytes to read, into buffers of 5 and 100. */
function readable(world: TestWorld): number {
  const { fd, peer } = world.connect();
  peer.send('7 bytes');
  world.peers.settle();
  world.caller.bytes.fill(SENTINEL, 512, 536);
  world.caller.setIovecs(IOVECS, [2000, 5], [3000, 100]);
  return fd;
}

/** `fd` for every descriptor, 0 for the rest: these calls look at nothing else. */
function parametersOf(name: string, fd: number): (number | bigint)[] {
  const signature = ALL_SIGNATURES.find((candidate) => candidate.name === name);
  return (signature?.parameters ?? []).map(({ kind, type }) => {
    if (kind === 'fd') return fd;
    return type === 'i64' ? 0n : 0;
  });
}
