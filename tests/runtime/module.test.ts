import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { PolluxError } from '../../host/base/pollux-error.ts';
import { loadModule } from '../../host/runtime/module.ts';
import { suite } from '../support/suite.ts';
import { type ModuleText, Op, wasm } from '../support/wasm.ts';

const test = suite('loading a module');
const WASI = 'wasi_snapshot_preview1';
const command: ModuleText = { functions: { _start: ['->', []] } };

/** The code and message with which a source is refused. */
async function refusal(source: unknown): Promise<string> {
  try {
    await loadModule(source as Uint8Array);
  } catch (error) {
    if (error instanceof PolluxError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'accepted';
}

test('a command has _start, a reactor has turn', async () => {
  assert.is((await loadModule(wasm(command))).entry, 'command');
  const reactor = wasm({ functions: { turn: ['i32 -> i32', Op.i32(0)], _initialize: ['->', []] } });
  assert.is((await loadModule(reactor)).entry, 'reactor');
});

test('bytes, a buffer, a path and a file: URL are sources; the name is the file name', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-module-'));
  try {
    const path = join(folder, 'my guest.wasm');
    writeFileSync(path, wasm(command));
    assert.is((await loadModule(path)).name, 'my guest.wasm');
    assert.is((await loadModule(pathToFileURL(path))).name, 'my guest.wasm');
    assert.is((await loadModule(wasm(command))).name, 'guest.wasm');
    assert.is((await loadModule(wasm(command).buffer as ArrayBuffer)).name, 'guest.wasm');
    assert.match(
      await refusal(join(folder, 'absent.wasm')),
      /^MODULE_NOT_FOUND: .*absent\.wasm: there is no such file$/,
    );
    assert.match(await refusal(folder), /^MODULE_NOT_FOUND: .* is a directory, not a module$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('every function of preview1 can be imported, and only with its own type', async () => {
  const good = wasm({ ...command, imports: [[WASI, 'sock_accept', 'i32 i32 i32 -> i32']] });
  assert.is(await refusal(good), 'accepted');
  const bad = wasm({ ...command, imports: [[WASI, 'sock_accept', 'i32 i32 -> i32']] });
  assert.is(
    await refusal(bad),
    `MODULE_REFUSED: guest.wasm imports sock_accept as (i32,i32) -> (i32), but in ${WASI} it is (i32,i32,i32) -> (i32)`,
  );
});

const component = Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);
const cut = wasm(command).subarray(0, 20);
const names = Array.from({ length: 8 }, (_, index): [string, string, string] => [
  'env',
  `f${index}`,
  '->',
]);
const { functions = {} } = command;

const REFUSED: readonly (readonly [title: string, source: unknown, message: RegExp])[] = [
  ['text', Buffer.from('(module)'), /is WebAssembly text; translate it first/],
  ['something else', Buffer.from('#!/bin/sh'), /is not WebAssembly: it does not begin with/],
  ['nothing', new Uint8Array(), /is not WebAssembly/],
  ['a component', component, /is a component; Pollux runs core modules/],
  ['a module cut short', cut, /is not valid WebAssembly: /],
  [
    'a compiled module',
    new WebAssembly.Module(wasm(command)),
    /a compiled module .* give its bytes, path or URL/,
  ],
  [
    'unknown imports, by name',
    wasm({ functions, imports: names.slice(0, 2) }),
    /imports env\.f0, env\.f1, which/,
  ],
  ['many unknown imports', wasm({ functions, imports: names }), /env\.f4 and 3 more, which/],
  [
    'an older preview',
    wasm({ functions, imports: [['wasi_unstable', 'fd_write', 'i32 i32 i32 i32 -> i32']] }),
    /imports wasi_unstable\.fd_write/,
  ],
  [
    'a name of every object',
    wasm({ functions, imports: [[WASI, '__proto__', '->']] }),
    /preview1\.__proto__/,
  ],
  ['no entry', wasm({ functions: { main: ['->', []] } }), /exports neither _start nor turn/],
  [
    'two kinds of entry',
    wasm({ functions: { _start: ['->', []], _initialize: ['->', []] } }),
    /exports both _start and _initialize/,
  ],
  [
    '_start with a parameter',
    wasm({ functions: { _start: ['i32 ->', []] } }),
    /_start as \(i32\) -> \(\), but it must be \(\) -> \(\)/,
  ],
  [
    'turn without a result',
    wasm({ functions: { turn: ['i32 ->', []] } }),
    /turn as \(i32\) -> \(\), but it must be/,
  ],
  ['no memory', wasm({ functions, memories: [] }), /exports no memory named "memory"/],
  [
    'a memory of another name',
    wasm({ functions, memoryName: 'heap' }),
    /exports no memory named "memory"/,
  ],
  [
    'a shared memory',
    wasm({ functions, memories: [[3, 1, 2]] }),
    /has a shared memory; compile it without threads/,
  ],
];

for (const [title, source, message] of REFUSED) {
  test(`refused: ${title}`, async () => {
    const refused = await refusal(source);
    assert.match(refused, /^MODULE_REFUSED: /);
    assert.match(refused, message);
    assert.not.match(refused, /\n/);
  });
}

test.run();
