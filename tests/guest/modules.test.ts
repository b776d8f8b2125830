// What the built modules are: their size, what they import and export, that no garbage collector is
// in them, and that an engine can improve the body of the command's loop.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { builder, exportsOf, importsOf } from './support/builder.ts';
import { moduleBytes } from './support/guest.ts';

const SERVER_IMPORTS = [
  'args_get',
  'args_sizes_get',
  'clock_time_get',
  'fd_close',
  'fd_fdstat_get',
  'fd_fdstat_set_flags',
  'fd_write',
  'proc_exit',
  'sock_accept',
  'sock_recv',
  'sock_send',
].map((name) => `wasi_snapshot_preview1.${name}`);

const POLL_ONEOFF = ['wasi_snapshot_preview1.poll_oneoff'];
const EPOLL = ['epoll_create', 'epoll_ctl', 'epoll_wait'].map((name) => `wasix_32v1.${name}`);

const SERVERS = [
  { program: 'rot13-echo', demux: 'poll-oneoff', waitsBy: POLL_ONEOFF, bytesMax: 8192 },
  { program: 'poll-echo', demux: 'poll', waitsBy: POLL_ONEOFF, bytesMax: 8192 },
  { program: 'select-rot13', demux: 'select', waitsBy: POLL_ONEOFF, bytesMax: 9216 },
  { program: 'epoll-rot13', demux: 'epoll-edge', waitsBy: EPOLL, bytesMax: 8192 },
  { program: 'early-epoll', demux: 'early-epoll', waitsBy: POLL_ONEOFF, bytesMax: 9216 },
];

const [command, reactor] = builder.modulesOf('rot13-echo');
if (command === undefined || reactor === undefined) throw new Error('a program is two modules');

const test = suite('modules (guest)');

for (const { program, demux, waitsBy, bytesMax } of SERVERS) {
  for (const name of [`${program}.wasm`, `${program}.reactor.wasm`]) {
    test(`${name} has at most ${bytesMax} bytes`, () => {
      const { length } = moduleBytes(name);
      assert.ok(length <= bytesMax, `${length} bytes`);
    });

    test(`${name} imports what a server needs, waits by ${waitsBy.join(', ')}, and no other`, () => {
      assert.equal(importsOf(moduleBytes(name)), [...SERVER_IMPORTS, ...waitsBy].sort());
    });
  }

  test(`${program} waits with the demux ${demux}, and contains no other`, async () => {
    const [module] = builder.modulesOf(program);
    assert.ok(module);
    // Not optimized: a function that was put into its caller has no name.
    const named = await builder.compile(module, ['--debug', '--optimizeLevel', '0']);
    const found = Buffer.from(named)
      .toString('latin1')
      .matchAll(/demux\/([\w-]+)\/wait(?!ForEvents)/g);
    assert.equal([...new Set([...found].map(([, name]) => name))], [demux]);
  });
}

test('the command exports its memory and _start only', () => {
  assert.equal(exportsOf(moduleBytes('rot13-echo.wasm')), ['_start', 'memory']);
});

test('the reactor exports its memory, _initialize and turn only', () => {
  assert.equal(exportsOf(moduleBytes('rot13-echo.reactor.wasm')), [
    '_initialize',
    'memory',
    'turn',
  ]);
});

test('the modules, built without a collector, are the same bytes when built for one', async () => {
  const builds = [
    [command, 'minimal'],
    [command, 'incremental'],
    [reactor, 'incremental'],
  ] as const;
  for (const [module, runtime] of builds) {
    const built = moduleBytes(module.output.replace('build/', ''));
    const other = await builder.compile(module, ['--runtime', runtime]);
    assert.ok(Buffer.from(other).equals(built), `${module.output} with ${runtime}`);
  }
});

test('a program with an object would contain a collector: the comparison can fail', async () => {
  const planted = { ...command, source: `${command.source}export const a = new Array<i32>(9);` };
  const { length } = await builder.compile(planted, ['--runtime', 'incremental']);
  assert.ok(length > moduleBytes('rot13-echo.wasm').length + 500, `${length} bytes`);
});

test('no function of the heap or of a collector has a name in the modules', async () => {
  const named = await builder.compile(command, ['--runtime', 'incremental', '--debug']);
  const names = Buffer.from(named).toString('latin1');
  assert.match(names, 'demux/poll-oneoff/wait');
  for (const name of ['__new', '__collect', '__alloc', '__renew', '__link', '~lib/rt/']) {
    assert.not.match(names, name);
  }
});

test('the loop of _start calls the turn through the table, so that it stays a function', async () => {
  const { default: binaryen } = (await import(BINARYEN)) as { default: Binaryen };
  const module = binaryen.readBinary(moduleBytes('rot13-echo.wasm'));
  const text = module.emitText();
  module.dispose();
  const start = /\(export "_start" \(func (\S+)\)\)/.exec(text)?.[1] ?? '';
  const body = text
    .split('\n (func ')
    .find((one) => one.startsWith(`${start} `) || one.startsWith(`${start}\n`));
  assert.match(body ?? '', /\(loop[^]*\(call_indirect/);
  assert.not.match(body ?? '', importedAs(text, 'poll_oneoff'));
});

/** AssemblyScript brings it; its types are not needed for three calls. */
const BINARYEN: string = 'binaryen';

interface Binaryen {
  readBinary(bytes: Uint8Array): { emitText(): string; dispose(): void };
}

/** The call of an imported function, as the text has it. */
function importedAs(text: string, name: string): string {
  return `call ${new RegExp(`"${name}" \\(func (\\S+)`).exec(text)?.[1] ?? name} `;
}

test.run();
