// Modules that ask for too much, are put together oddly, or bear names that mean something to the
// host: H45.

import { MODULE_NAME } from '../../../host/wasi/signatures.ts';
import { type ModuleText, Op, unsigned, wasm } from '../../support/wasm.ts';
import { call, grow, PAGE_BYTES, RESULT, wasiImport } from '../guest.ts';
import type { ModuleRow, RefusedRow, Row, StepsRow } from '../row.ts';

const FUNCREF = 0x70;
const EXTERNREF = 0x6f;
const NOTHING = ['->', []] as const;
const COMMAND = { _start: NOTHING } as const;
const LIMIT = { maxMemoryBytes: 2 ** 21 };
const LIMIT_PAGES = 32;

function refused(id: string, title: string, text: ModuleText, says: RegExp): RefusedRow {
  return { id, title, module: () => wasm({ functions: COMMAND, ...text }), refused: says };
}

/** Five: a refusal names so many. */
const NAMES = ['__proto__', 'constructor', 'toString', 'then', ''] as const;

const names: readonly Row[] = [
  refused(
    'H45-import-names',
    'imports with the names of every object are refused',
    { imports: NAMES.map((name) => [MODULE_NAME, name, '->']) },
    /imports wasi_snapshot_preview1\.__proto__, .*\.constructor, .*\.toString, .*\.then, .*\., which/,
  ),
  refused(
    'H45-module-names',
    'imports from modules with such names are refused',
    { imports: NAMES.map((name) => [name, 'fd_write', 'i32 i32 i32 i32 -> i32']) },
    /imports __proto__\.fd_write, constructor\.fd_write, .*, \.fd_write, which/,
  ),
  {
    id: 'H45-exports',
    title: 'exports with the names of every object are only names',
    module: () =>
      wasm({
        functions: {
          ...Object.fromEntries(NAMES.map((name) => [name, NOTHING])),
          ...COMMAND,
        },
      }),
    reason: 'exited',
  },
  refused(
    'H45-name-escape',
    'a terminal’s commands in a name do not reach the terminal',
    { imports: [['\u001b]0;title\u0007\u001b[2J', 'a\nb\r\u009b31m', '->']] },
    /which Pollux does not have/,
  ),
  refused(
    'H45-name-long',
    'a name of 10,000 characters is not shown as a whole',
    { imports: [[MODULE_NAME, 'x'.repeat(10_000), '->']] },
    /which Pollux does not have/,
  ),
  refused(
    'H45-name-engine',
    'nor do those in a name that the engine complains of',
    { functions: { ...COMMAND, '\u001b[2J\n\u009b31m': ['->', [0xff]] } },
    /is not valid WebAssembly: /,
  ),
  refused(
    'H45-name-engine-long',
    'nor is a long name of the engine’s shown as a whole',
    { functions: { ...COMMAND, ['x'.repeat(10_000)]: ['->', [0xff]] } },
    /is not valid WebAssembly: /,
  ),
];

const counts: readonly Row[] = [
  {
    id: 'H45-imports-million',
    title: 'a million imports are refused',
    module: () => manyImports(1_000_000),
    refused: /is not valid WebAssembly: /,
  },
  {
    id: 'H45-imports-unknown',
    title: 'of 10,000 unknown imports a few are named',
    module: () =>
      wasm({
        functions: COMMAND,
        imports: Array.from({ length: 10_000 }, (_, index) => ['env', `f${index}`, '->']),
      }),
    refused: /env\.f4 and 9995 more, which/,
  },
  {
    id: 'H45-imports-many',
    title: '10,000 imports of one function are that function',
    module: () =>
      wasm({
        imports: Array.from({ length: 10_000 }, () => wasiImport('proc_exit')),
        functions: { _start: ['->', [...Op.i32(3), ...Op.call(9999)]] },
      }),
    reason: 'exited',
    code: 3,
  },
  refused(
    'H45-table-huge',
    'a table of 10,000,000 elements is refused',
    { tables: [[FUNCREF, 0, ...unsigned(10_000_000)]] },
    /asks for a table of 10000000 elements, and may have 1000000/,
  ),
  refused(
    'H45-table-larger',
    'a table of 2^32 - 1 elements is refused',
    { tables: [[FUNCREF, 0, ...unsigned(2 ** 32 - 1)]] },
    /is not valid WebAssembly: |asks for a table of 4294967295 elements/,
  ),
  refused(
    'H45-tables',
    'a second table that is too large is refused, too',
    {
      tables: [
        [FUNCREF, 0, 1],
        [EXTERNREF, 0, ...unsigned(1_000_001)],
      ],
    },
    /asks for a table of 1000001 elements/,
  ),
  {
    id: 'H45-table-grow',
    title: 'a table grows to its limit and no further',
    module: () =>
      wasm({
        imports: [wasiImport('proc_exit')],
        tables: [[FUNCREF, 0, 1]],
        functions: {
          _start: [
            '->',
            [
              // The size before, 1, and then -1 twice: 1 - 1 - 1.
              ...tableGrow(999_999),
              ...tableGrow(1),
              ...[...Op.ADD, ...tableGrow(10_000_000), ...Op.ADD],
              ...Op.call(0),
            ],
          ],
        },
      }),
    reason: 'exited',
    code: 2 ** 32 - 1,
  },
];

const memories: readonly Row[] = [
  refused(
    'H45-no-memory',
    'a module without a memory is refused',
    { memories: [] },
    /exports no memory named "memory"/,
  ),
  refused(
    'H45-memory-function',
    'a function named memory is no memory',
    { memories: [], functions: { ...COMMAND, memory: NOTHING } },
    /exports no memory named "memory"/,
  ),
  refused(
    'H45-memories',
    'a module with two memories is refused',
    {
      memories: [
        [0, 1],
        [0, 1],
      ],
    },
    /is not valid WebAssembly: |has more than one memory/,
  ),
  refused(
    'H45-shared',
    'a shared memory is refused',
    { memories: [[3, 1, 1]] },
    /has a shared memory/,
  ),
  refused(
    'H45-memory64',
    'a memory of 64 bits is refused',
    { memories: [[4, 1]] },
    /is not valid WebAssembly: /,
  ),
  refused(
    'H45-memory-huge',
    'a memory of 65,537 pages is refused',
    { memories: [[0, ...unsigned(65_537)]] },
    /is not valid WebAssembly: /,
  ),
  {
    ...refused(
      'H45-memory-least',
      'a memory that begins above its limit is refused',
      { memories: [[0, LIMIT_PAGES + 1]] },
      /asks for 2162688 bytes of memory at the start, and may have 2097152/,
    ),
    options: LIMIT,
  },
  {
    id: 'H45-memory-max',
    title: 'a memory with a maximum of 65,536 pages runs, up to its limit',
    module: () =>
      wasm({
        imports: [wasiImport('proc_exit')],
        memories: [[1, 1, ...unsigned(65_536)]],
        functions: {
          _start: ['->', [...Op.i32(LIMIT_PAGES), ...Op.GROW, ...Op.call(0)]],
        },
      }),
    options: LIMIT,
    reason: 'exited',
    code: 2 ** 32 - 1,
  },
  {
    id: 'H45-memory-begin',
    title: 'a memory that begins with 65,536 pages runs',
    module: () => wasm({ functions: COMMAND, memories: [[0, ...unsigned(65_536)]] }),
    reason: 'exited',
    hasNeighbour: true,
  },
  {
    id: 'H45-memory-grow',
    title: 'a memory grows to its limit and no further, and goes on to work',
    options: LIMIT,
    steps: [
      grow(LIMIT_PAGES),
      grow(LIMIT_PAGES - 1),
      grow(1),
      grow(65_535),
      call('random_get', LIMIT_PAGES * PAGE_BYTES - 8, 8),
      call('random_get', LIMIT_PAGES * PAGE_BYTES - 7, 8),
      call('sched_yield'),
    ],
    answers: [2 ** 32 - 1, 1, 2 ** 32 - 1, 2 ** 32 - 1, 'SUCCESS', 'FAULT', 'SUCCESS'],
  } satisfies StepsRow,
];

const starts: readonly ModuleRow[] = [
  {
    id: 'H45-data',
    title: 'data that lies beyond the memory is a trap',
    module: () => wasm({ functions: COMMAND, data: [[PAGE_BYTES - 3, [1, 2, 3, 4]]] }),
    reason: 'trapped',
    detail: /data segment (?:\d+ )?is out of bounds/,
    hasNeighbour: true,
  },
  {
    id: 'H45-start-call',
    title: 'a start function that calls an import is a trap',
    module: () =>
      wasm({
        imports: [wasiImport('random_get')],
        functions: {
          main: ['->', [...Op.i32(0), ...Op.i32(8), ...Op.call(0), ...Op.DROP]],
          ...COMMAND,
        },
        start: 'main',
      }),
    reason: 'trapped',
    detail: /the start function calls an import/,
  },
  {
    id: 'H45-start-catch',
    title: 'a start function that catches that is a trap all the same',
    module: () =>
      wasm({
        imports: [wasiImport('random_get'), wasiImport('proc_exit')],
        functions: {
          main: ['->', Op.catchAll([...Op.i32(0), ...Op.i32(8), ...Op.call(0), ...Op.DROP])],
          _start: ['->', [...Op.i32(0), ...Op.call(1)]],
        },
        start: 'main',
      }),
    reason: 'trapped',
    detail: /the start function calls an import/,
  },
  {
    id: 'H45-start-end',
    title: 'a start function that returns comes before _start',
    module: () =>
      wasm({
        imports: [wasiImport('proc_exit')],
        functions: {
          main: ['->', Op.store(RESULT, Op.i32(4))],
          _start: ['->', [...Op.load(RESULT), ...Op.call(0)]],
        },
        start: 'main',
      }),
    reason: 'exited',
    code: 4,
  },
];

export const moduleRows: readonly Row[] = [...names, ...counts, ...memories, ...starts];

/** Imports of sched_yield and nothing else. By repetition: the builder would take its time. */
function manyImports(count: number): Uint8Array {
  const text = (value: string): number[] => [value.length, ...Buffer.from(value)];
  const one = Uint8Array.from([...text(MODULE_NAME), ...text('sched_yield'), 0, 0]);
  const imports = [Uint8Array.from(unsigned(count)), Buffer.alloc(count * one.length, one)];
  const bytes = imports.reduce((sum, { length }) => sum + length, 0);
  const magic = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const types = [1, 5, 1, 0x60, 0, 1, 0x7f];
  return Buffer.concat([Uint8Array.from([...magic, ...types, 2, ...unsigned(bytes)]), ...imports]);
}

/** Grows the first table by null elements: leaves the size before, or -1. */
function tableGrow(count: number): number[] {
  return [0xd0, FUNCREF, ...Op.i32(count), 0xfc, 15, 0];
}
