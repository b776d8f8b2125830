// Guests that wait or compute for ever, and are stopped or limited: H16, H37, H42, H46, H49.

import { readSync } from 'node:fs';
import { type ModuleText, Op, wasm } from '../../support/wasm.ts';
import {
  BUFFER,
  call,
  EVENTS,
  grow,
  IOVECS,
  LIST,
  RESULT,
  RESULT2,
  type Step,
  stepsGuest,
  type StepsText,
  wasiImport,
  words,
} from '../guest.ts';
import { clockSubscription, FD_READ, fdSubscription, joined } from '../poll-bytes.ts';
import { type ModuleRow, type Row, type Scene, stopAfter, type StepsRow } from '../row.ts';

const ALL_ONES = 2n ** 64n - 1n;
const REALTIME = 0;
const MONOTONIC = 1;
const INSTANT = 1;
const LISTENER = 3;
const CONNECTION = 4;
const ONE_BUFFER = [[IOVECS, words(BUFFER, 4)]] as const;
const GAP = { maxCallGapMs: 200 };
const FLOOD_PAGES = 1024;

/** A guest whose last call blocks, and that is stopped in it. */
function stopped(
  id: string,
  title: string,
  text: StepsText,
  more: Partial<ModuleRow> = {},
): ModuleRow {
  return {
    id,
    title,
    module: () => stepsGuest(text),
    reason: 'stopped',
    meanwhile: stopAfter(text.steps.filter(({ imports }) => imports.length > 0).length),
    ...more,
  };
}

const poll = (count: number): Step => call('poll_oneoff', LIST, EVENTS, count, RESULT);
const accept = call('sock_accept', LISTENER, 0, RESULT2);

const NEVER: readonly (readonly [what: string, clock: number, flags: number])[] = [
  ['2^64 - 1 ns on the monotonic clock', MONOTONIC, 0],
  ['2^64 - 1 ns on the realtime clock', REALTIME, 0],
  ['until 2^64 - 1 on the monotonic clock', MONOTONIC, INSTANT],
  ['until 2^64 - 1 on the realtime clock', REALTIME, INSTANT],
];

const waits: readonly ModuleRow[] = [
  ...NEVER.map(([what, clock, flags], index) =>
    stopped(`H16-${index}`, `a wait for ${what} can be stopped`, {
      steps: [poll(1)],
      data: [[LIST, clockSubscription(1n, clock, ALL_ONES, flags)]],
    }),
  ),
  stopped('E8', 'a wait of an epoll instance for ever can be stopped', {
    steps: [call('epoll_create', RESULT), call('epoll_wait', 3, EVENTS, 8, ALL_ONES, RESULT2)],
  }),
  stopped(
    'H16-set',
    'a wait for more descriptors than a handful can be stopped',
    {
      steps: [...Array.from({ length: 9 }, () => accept), poll(10)],
      data: [
        [
          LIST,
          joined(
            ...Array.from({ length: 10 }, (_, index) => fdSubscription(1n, FD_READ, 3 + index)),
          ),
        ],
      ],
    },
    { clients: Array.from({ length: 9 }, () => ({})) },
  ),
  stopped('H16-accept', 'a blocking accept can be stopped', { steps: [accept] }, { clients: [] }),
  stopped(
    'H16-stdin',
    'a blocking read of standard input can be stopped',
    { steps: [call('fd_read', 0, IOVECS, 1, RESULT)], data: ONE_BUFFER },
    { stdin: 'fifo' },
  ),
  stopped(
    'H16-poll-stdin',
    'a wait for standard input can be stopped',
    { steps: [poll(1)], data: [[LIST, fdSubscription(1n, FD_READ, 0)]] },
    { stdin: 'fifo' },
  ),
  ...[0, 2].map((riFlags) =>
    stopped(
      `H16-recv-${riFlags}`,
      `a blocking receive with flags ${riFlags} can be stopped`,
      {
        steps: [accept, call('sock_recv', CONNECTION, IOVECS, 1, riFlags, RESULT, RESULT2)],
        data: ONE_BUFFER,
      },
      { clients: [riFlags === 0 ? {} : { sends: 'abc' }] },
    ),
  ),
  stopped('H37-stop', 'a call for 1 GiB of random bytes can be stopped', {
    steps: [grow(16_384), call('random_get', 65536, 2 ** 30)],
  }),
];

/** More than the buffers of both ends hold. */
const FLOOD = {
  pages: FLOOD_PAGES + 1,
  data: [[IOVECS, words(65536, FLOOD_PAGES * 65536)]],
} as const;

const unread: readonly ModuleRow[] = [
  stopped(
    'H16-write',
    'a blocking write that nobody reads can be stopped',
    { ...FLOOD, steps: [call('fd_write', 1, IOVECS, 1, RESULT)] },
    { stdout: 'fifo' },
  ),
  stopped(
    'H16-send',
    'a blocking send that nobody receives can be stopped',
    { ...FLOOD, steps: [accept, call('sock_send', CONNECTION, IOVECS, 1, 0, RESULT)] },
    { clients: [{ isDeaf: true }] },
  ),
];

const FLOOD_BYTES = 4096;
/** What a FIFO holds at most, and what the write that waits for room may have begun. */
const UNREAD_BYTES_MAX = 65_536 + FLOOD_BYTES;

/** Reads what a flood brings, a good part at a time: the guest is never further than it may be. */
async function readFlood({ guest, stdout, until }: Scene): Promise<void> {
  const bytes = Buffer.alloc(FLOOD_BYTES);
  let readBytes = 0;
  for (const goalBytes of [100_000, 200_000, 300_000]) {
    await until(() => {
      readBytes += readSome(stdout, bytes);
      return readBytes >= goalBytes;
    });
    const writtenBytes = guest.stats().calls * FLOOD_BYTES;
    if (writtenBytes > readBytes + UNREAD_BYTES_MAX)
      throw new Error('it did not wait for its reader');
  }
  await guest.stop();
}

/** @returns how many bytes there were; 0 when the FIFO is empty */
function readSome(descriptor: number, bytes: Buffer): number {
  try {
    return readSync(descriptor, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}

const floods: readonly ModuleRow[] = [
  {
    id: 'H46',
    title:
      'endless writes to standard output wait for its reader, go on as it reads, and can be stopped',
    stdout: 'fifo',
    hasNeighbour: true,
    module: () =>
      loops({
        body: call('fd_write', 1, IOVECS, 1, RESULT),
        data: [[IOVECS, words(BUFFER, FLOOD_BYTES)]],
      }),
    reason: 'stopped',
    meanwhile: readFlood,
  },
];

/** A guest that makes a call for ever; with `catches`, whatever it throws. */
function loops(text: {
  readonly body: Step;
  readonly data?: ModuleText['data'];
  readonly catches?: boolean;
  readonly before?: readonly number[];
}): Uint8Array {
  const [name = ''] = text.body.imports;
  const once = [...text.body.code(() => 0), ...(text.body.isAnswered ? Op.DROP : [])];
  return wasm({
    imports: [wasiImport(name)],
    functions: {
      _start: [
        '->',
        [...(text.before ?? []), ...Op.forever(text.catches === true ? Op.catchAll(once) : once)],
      ],
    },
    data: text.data ?? [],
  });
}

const ENDLESS: readonly (readonly [id: string, where: string, text: ModuleText])[] = [
  ['H42', '_start', { functions: { _start: ['->', Op.LOOP] } }],
  [
    'H45-start',
    'its start function',
    { functions: { _start: ['->', []], main: ['->', Op.LOOP] }, start: 'main' },
  ],
  [
    'H42-initialize',
    '_initialize',
    { functions: { _initialize: ['->', Op.LOOP], turn: ['i32 -> i32', Op.i32(0)] } },
  ],
  ['H42-turn', 'turn', { functions: { turn: ['i32 -> i32', [...Op.LOOP, ...Op.i32(0)]] } }],
  [
    'H42-catch',
    '_start, in catch_all upon catch_all',
    {
      functions: {
        _start: ['->', Op.forever(Op.catchAll(Op.catchAll(Op.LOOP, Op.LOOP), Op.LOOP))],
      },
    },
  ],
];

const computing: readonly ModuleRow[] = ENDLESS.flatMap(([id, where, text]): ModuleRow[] => [
  {
    id: `${id}-limited`,
    title: `a guest that loops for ever in ${where} is limited, and others go on`,
    hasNeighbour: true,
    options: GAP,
    module: () => wasm(text),
    reason: 'limited',
  },
  {
    id: `${id}-stopped`,
    title: `a guest that loops for ever in ${where} can be stopped`,
    module: () => wasm(text),
    reason: 'stopped',
    meanwhile: ({ guest }) => guest.stop(),
  },
]);

const calling: readonly ModuleRow[] = [
  ...([false, true] as const).map((catches): ModuleRow => ({
    id: `H49-yield-${catches ? 'catch' : 'plain'}`,
    title: `a guest that calls for ever${catches ? ' and catches all that is thrown' : ''} can be stopped`,
    module: () => loops({ body: call('sched_yield'), catches }),
    reason: 'stopped',
    meanwhile: stopAfter(100),
  })),
  {
    id: 'H49-poll-catch',
    title: 'a guest that waits for ever and catches all that is thrown can be stopped',
    module: () =>
      loops({
        body: poll(1),
        data: [[LIST, clockSubscription(1n, MONOTONIC, ALL_ONES)]],
        catches: true,
      }),
    reason: 'stopped',
    meanwhile: stopAfter(1),
  },
  {
    id: 'H49-accept-spin',
    title: 'a guest that catches its stop and loops without a call is terminated',
    module: () =>
      loops({
        body: accept,
        catches: true,
        before: Op.catchAll([...accept.code(() => 0), ...Op.DROP], Op.LOOP),
      }),
    clients: [],
    reason: 'stopped',
    meanwhile: stopAfter(1),
  },
  {
    id: 'H42-turns',
    title: 'a guest whose turn asks to be called again at once, for ever, can be stopped',
    module: () => wasm({ functions: { turn: ['i32 -> i32', Op.i32(0)] } }),
    reason: 'stopped',
    meanwhile: ({ guest }) => guest.stop(),
  },
];

const limits: readonly StepsRow[] = [
  {
    id: 'H42-waiting',
    title: 'time that a guest waits is not limited',
    options: { maxCallGapMs: 200 },
    steps: [poll(1)],
    data: [[LIST, clockSubscription(0n, MONOTONIC, 300_000_000n)]],
    answers: ['SUCCESS'],
    wrote: [[RESULT, words(1)]],
  },
];

export const stopRows: readonly Row[] = [
  ...waits,
  ...unread,
  ...floods,
  ...computing,
  ...calling,
  ...limits,
];
