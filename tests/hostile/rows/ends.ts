// Guests that trap, throw, exit and try to go on after that: H43, H44, H49.

import { MODULE_NAME } from '../../../host/wasi/signatures.ts';
import { type ModuleText, Op, wasm } from '../../support/wasm.ts';
import { BUFFER, words } from '../guest.ts';
import type { ModuleRow } from '../row.ts';

const FUNCREF = 0x70;
/** Without a maximum; of two elements, which are null. */
const TABLE = [FUNCREF, 0, 2];
/** call_indirect of type 0, which is `->` in every module here, through table 0. */
const CALL_INDIRECT = [0x11, 0, 0];
const LOAD = [0x28, 2, 0];

interface Trap {
  readonly name: string;
  readonly code: readonly number[];
  readonly detail: RegExp;
}

const TRAPS: readonly Trap[] = [
  { name: 'unreachable', code: Op.UNREACHABLE, detail: /unreachable/ },
  {
    name: 'a load beyond the memory',
    code: [...Op.load(65_533), ...Op.DROP],
    detail: /memory access out of bounds/,
  },
  {
    name: 'a load whose address wraps',
    code: [...Op.i32(-1), ...LOAD.slice(0, 2), 0xff, 0xff, 0xff, 0xff, 0x0f, ...Op.DROP],
    detail: /memory access out of bounds/,
  },
  {
    name: 'a store beyond the memory',
    code: Op.store(-4, Op.i32(0)),
    detail: /memory access out of bounds/,
  },
  {
    name: 'a division by zero',
    code: [...Op.i32(1), ...Op.i32(0), ...Op.DIVIDE, ...Op.DROP],
    detail: /divide by zero/,
  },
  {
    name: 'a quotient too large',
    code: [...Op.i32(-(2 ** 31)), ...Op.i32(-1), ...Op.DIVIDE, ...Op.DROP],
    detail: /divide result unrepresentable/,
  },
  {
    name: 'an indirect call of null',
    code: [...Op.i32(1), ...CALL_INDIRECT],
    detail: /null function/,
  },
  {
    name: 'an indirect call beyond the table',
    code: [...Op.i32(2), ...CALL_INDIRECT],
    detail: /table index is out of bounds/,
  },
  // The first function of a module calls itself.
  { name: 'a recursion without end', code: Op.call(0), detail: /call stack/ },
  { name: 'an exception that no one catches', code: Op.throw(0), detail: /^an exception/ },
];

const NOTHING = ['->', []] as const;

/** Where code can stand that runs on load or on start. */
const PLACES: readonly (readonly [place: string, text: (code: readonly number[]) => ModuleText])[] =
  [
    ['_start', (code) => ({ functions: { _start: ['->', code] } })],
    [
      'its start function',
      (code) => ({ functions: { main: ['->', code], _start: NOTHING }, start: 'main' }),
    ],
  ];

const traps: readonly ModuleRow[] = [
  ...TRAPS.flatMap(({ name, code, detail }, index) =>
    PLACES.map(([place, text]): ModuleRow => ({
      id: `H43-${index}-${place.replaceAll(' ', '-')}`,
      title: `${name} in ${place} is a trap, and others go on`,
      // Where it happens is the same to the others.
      hasNeighbour: place === '_start',
      module: () => wasm({ ...text(code), tables: [TABLE], tags: ['->'] }),
      reason: 'trapped',
      detail,
    })),
  ),
  ...(['_initialize', 'turn'] as const).map((place): ModuleRow => ({
    id: `H43-${place}`,
    title: `a trap in ${place} is a trap`,
    module: () =>
      wasm({
        functions: {
          turn: ['i32 -> i32', place === 'turn' ? Op.UNREACHABLE : Op.i32(0)],
          ...(place === 'turn' ? {} : { _initialize: ['->', Op.UNREACHABLE] }),
        },
      }),
    reason: 'trapped',
    detail: /unreachable/,
  })),
];

const EXIT = 0;
const WRITE = 1;
const YIELD = 2;
const IMPORTS: NonNullable<ModuleText['imports']> = [
  [MODULE_NAME, 'proc_exit', 'i32 ->'],
  [MODULE_NAME, 'fd_write', 'i32 i32 i32 i32 -> i32'],
  [MODULE_NAME, 'sched_yield', '-> i32'],
];
const IOVECS = 2048;
const exit = (code: number): number[] => [...Op.i32(code), ...Op.call(EXIT)];
const yields = [...Op.call(YIELD), ...Op.DROP];
/** Writes `!` to standard output. */
const writes = [
  ...[1, IOVECS, 1, 1024].flatMap((value) => Op.i32(value)),
  ...[...Op.call(WRITE), ...Op.DROP],
];
const DATA: NonNullable<ModuleText['data']> = [
  [IOVECS, words(BUFFER, 1)],
  [BUFFER, Buffer.from('!')],
];

/** A guest with `_start` and the imports above. */
function starts(
  id: string,
  title: string,
  code: readonly number[],
  end: Partial<ModuleRow>,
): ModuleRow {
  return {
    id,
    title,
    module: () => wasm({ imports: IMPORTS, functions: { _start: ['->', code] }, data: DATA }),
    reason: 'exited',
    ...end,
  };
}

const exits: readonly ModuleRow[] = [
  ...[0, 1, 255, 256, 2 ** 31, 2 ** 32 - 1].map((code) =>
    starts(
      `H44-${code}`,
      `proc_exit(${code}) is that exit, and nothing after it runs`,
      [...exit(code), ...writes, ...Op.UNREACHABLE],
      {
        code,
        writes: '',
      },
    ),
  ),
  starts('H44-deep', 'proc_exit in the depth of a recursion is an exit', [], {
    module: () =>
      wasm({
        imports: IMPORTS,
        functions: {
          _start: ['->', Op.call(4)],
          // Counts down in memory: 2,000 calls deep it exits.
          deep: [
            '->',
            [
              ...Op.store(0, [...Op.load(0), ...Op.i32(1), ...Op.ADD]),
              ...[...Op.load(0), ...Op.i32(2000), 0x46, 0x04, 0x40, ...exit(7), 0x0b],
              ...Op.call(4),
            ],
          ],
        },
      }),
    code: 7,
  }),
  {
    id: 'H44-start',
    title: 'proc_exit in a start function is a trap: its memory is not known yet',
    module: () =>
      wasm({
        imports: IMPORTS,
        functions: { main: ['->', exit(3)], _start: NOTHING },
        start: 'main',
      }),
    reason: 'trapped',
    detail: /the start function calls an import/,
  },
  {
    id: 'H44-turn',
    title: 'proc_exit in turn is an exit',
    module: () =>
      wasm({
        imports: IMPORTS,
        functions: { turn: ['i32 -> i32', [...exit(9), ...Op.i32(0)]] },
      }),
    reason: 'exited',
    code: 9,
  },
  ...[-1, -28, -(2 ** 31)].map((answer): ModuleRow => ({
    id: `H44-turn${answer}`,
    title: `turn that answers ${answer} is exit 1`,
    module: () => wasm({ functions: { turn: ['i32 -> i32', Op.i32(answer)] } }),
    reason: 'exited',
    code: 1,
    detail: new RegExp(`^turn answered ${answer} `),
  })),
];

const caught: readonly ModuleRow[] = [
  starts('H49-a', 'an exit that is caught is the exit all the same', Op.catchAll(exit(7)), {
    code: 7,
  }),
  starts(
    'H49-b',
    'no call works after an exit that is caught, and the first exit stands',
    [
      ...Op.catchAll(exit(7)),
      ...Op.catchAll(writes),
      ...Op.catchAll(exit(8)),
      ...Op.catchAll(yields),
      ...Op.catchAll(writes),
    ],
    { code: 7, writes: '' },
  ),
  starts(
    'H49-c',
    'a trap after an exit that is caught changes nothing',
    [...Op.catchAll(exit(7)), ...Op.UNREACHABLE],
    {
      code: 7,
      // The trap is told of if it comes before the guest's time is over.
      detail: /^(unreachable)?$/,
    },
  ),
  starts(
    'H49-d',
    'a guest that catches its exit and calls for ever is terminated',
    Op.forever(Op.catchAll([...exit(7), ...writes])),
    {
      code: 7,
      writes: '',
      hasNeighbour: true,
    },
  ),
  starts(
    'H49-e',
    'a guest that catches its exit and computes for ever is terminated',
    [...Op.catchAll(exit(7)), ...Op.LOOP],
    {
      code: 7,
      hasNeighbour: true,
    },
  ),
  starts(
    'H49-f',
    'a guest that catches its exit and calls for ever is terminated, with a limit as well',
    Op.forever(Op.catchAll(exit(7))),
    {
      code: 7,
      options: { maxCallGapMs: 200 },
    },
  ),
  starts('H49-g', 'catch_all catches no trap', Op.forever(Op.catchAll(Op.UNREACHABLE)), {
    reason: 'trapped',
    detail: /unreachable/,
  }),
  starts(
    'H49-h',
    'an exception that is caught is none',
    [...Op.catchAll(Op.throw(0), writes), ...exit(5)],
    {
      module: () =>
        wasm({
          imports: IMPORTS,
          functions: { _start: ['->', [...Op.catchAll(Op.throw(0), writes), ...exit(5)]] },
          tags: ['->'],
          data: DATA,
        }),
      code: 5,
      writes: '!',
    },
  ),
  {
    id: 'H49-i',
    title: 'a recursion that calls at every depth and catches all that is thrown can be stopped',
    module: () =>
      wasm({
        imports: IMPORTS,
        functions: {
          _start: ['->', Op.forever(Op.catchAll(Op.call(4)))],
          deep: ['->', [...Op.catchAll(yields), ...Op.catchAll(Op.call(4))]],
        },
      }),
    // The stack runs out in the guest's code, which catches that and goes on, or in an import, where
    // it is a trap. How large V8's frames are decides, and whether it comes before the stop.
    reason: ['stopped', 'trapped'],
    detail: /^(Maximum call stack size exceeded)?$/,
    meanwhile: async ({ guest, until }) => {
      await until(() => guest.stats().calls >= 1000);
      await guest.stop();
    },
  },
];

/** `fd_write` whose list of buffers leaves the memory. */
const badWrite = [
  ...[1, -1, 1, 1024].flatMap((value) => Op.i32(value)),
  ...Op.call(WRITE),
  ...Op.DROP,
];
const TRAPPING = {
  options: { badPointer: 'trap' },
  reason: 'trapped',
  detail: /^fd_write was given a pointer that leaves the memory$/,
  writes: '',
} as const;

const badPointers: readonly ModuleRow[] = [
  starts(
    'H1-trap',
    'a bad pointer is a trap where that is asked for',
    [...badWrite, ...writes],
    TRAPPING,
  ),
  starts(
    'H1-trap-caught',
    'a bad pointer is a trap also to a guest that catches it',
    [...Op.catchAll(badWrite), ...writes],
    TRAPPING,
  ),
  starts(
    'H1-trap-endless',
    'what a guest trapped by is told although it catches it, and is terminated in the end',
    Op.forever(Op.catchAll(badWrite)),
    TRAPPING,
  ),
];

export const endRows: readonly ModuleRow[] = [...traps, ...exits, ...caught, ...badPointers];
