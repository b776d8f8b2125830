// Pointers that leave the memory or wrap, random bytes, memories that grow: H1, H2, H37, H39.

import {
  call,
  copy,
  grow,
  BUFFER,
  IOVECS,
  LIST,
  EVENTS,
  PAGE_BYTES,
  repeat,
  RESULT,
  RESULT2,
  words,
  type Step,
} from '../guest.ts';
import type { StepsRow } from '../row.ts';

const CONNECTION = 4;
const NONBLOCK = 4;

/** A call that would be good, and how many bytes lie behind each of its pointers. */
interface Pointed {
  readonly name: string;
  readonly parameters: readonly (number | bigint)[];
  /** By the parameter's index. */
  readonly sizes: Readonly<Record<number, number>>;
}

/** Of arguments: the pointer and `guest.wasm` with its zero byte. Of the environment: `A=b`. */
const POINTED: readonly Pointed[] = [
  { name: 'args_get', parameters: [RESULT, BUFFER], sizes: { 0: 4, 1: 11 } },
  { name: 'args_sizes_get', parameters: [RESULT, RESULT2], sizes: { 0: 4, 1: 4 } },
  { name: 'environ_get', parameters: [RESULT, BUFFER], sizes: { 0: 4, 1: 4 } },
  { name: 'environ_sizes_get', parameters: [RESULT, RESULT2], sizes: { 0: 4, 1: 4 } },
  { name: 'clock_res_get', parameters: [1, RESULT], sizes: { 1: 8 } },
  { name: 'clock_time_get', parameters: [1, 0n, RESULT], sizes: { 2: 8 } },
  { name: 'fd_fdstat_get', parameters: [0, RESULT], sizes: { 1: 24 } },
  { name: 'fd_filestat_get', parameters: [0, RESULT], sizes: { 1: 64 } },
  { name: 'fd_prestat_get', parameters: [3, RESULT], sizes: { 1: 8 } },
  { name: 'fd_prestat_dir_name', parameters: [3, RESULT, 5], sizes: { 1: 5 } },
  { name: 'fd_read', parameters: [0, IOVECS, 1, RESULT], sizes: { 1: 8, 3: 4 } },
  { name: 'fd_write', parameters: [2, IOVECS, 1, RESULT], sizes: { 1: 8, 3: 4 } },
  { name: 'poll_oneoff', parameters: [LIST, EVENTS, 1, RESULT], sizes: { 0: 48, 1: 32, 3: 4 } },
  { name: 'random_get', parameters: [RESULT, 16], sizes: { 0: 16 } },
];

/** For a guest with a client: descriptor 3 listens, 4 is connected. */
const POINTED_SOCKETS: readonly Pointed[] = [
  { name: 'sock_accept', parameters: [3, NONBLOCK, RESULT], sizes: { 2: 4 } },
  {
    name: 'sock_recv',
    parameters: [CONNECTION, IOVECS, 1, 0, RESULT, RESULT2],
    sizes: { 1: 8, 4: 4, 5: 2 },
  },
  { name: 'sock_send', parameters: [CONNECTION, IOVECS, 1, 0, RESULT], sizes: { 1: 8, 4: 4 } },
  { name: 'fd_read', parameters: [CONNECTION, IOVECS, 1, RESULT], sizes: { 1: 8, 3: 4 } },
  { name: 'fd_write', parameters: [CONNECTION, IOVECS, 1, RESULT], sizes: { 1: 8, 3: 4 } },
];

/** The call with each of its pointers, one at a time, made bad in each way. */
function badCalls({ name, parameters, sizes }: Pointed): Step[] {
  return Object.entries(sizes).flatMap(([position, bytes]) => {
    const bad = [
      // H1: the last byte of it is outside, all is outside; H2: the end is at 2^32, and beyond.
      ...[PAGE_BYTES - bytes + 1, PAGE_BYTES, PAGE_BYTES + 1, 2 ** 31],
      ...[2 ** 32 - bytes, 2 ** 32 - bytes + 1, 2 ** 32 - 1],
    ];
    return bad.map((pointer) => call(name, ...parameters.with(Number(position), pointer)));
  });
}

const faults = (steps: readonly Step[]): 'FAULT'[] => steps.map(() => 'FAULT');

const plain: readonly StepsRow[] = POINTED.map((pointed) => {
  const steps = badCalls(pointed);
  return {
    id: `H1-${pointed.name}`,
    title: `${pointed.name} with a pointer that leaves the memory or wraps is FAULT, and writes nothing`,
    options: { env: { A: 'b' } },
    steps,
    data: [[IOVECS, words(BUFFER, 4)]],
    answers: faults(steps),
  };
});

const onSockets: readonly StepsRow[] = POINTED_SOCKETS.map((pointed) => {
  const steps = badCalls(pointed);
  return {
    id: `H1-socket-${pointed.name}`,
    title: `${pointed.name} with a bad pointer is FAULT, and takes or sends nothing`,
    clients: [{ sends: 'text', receives: 'text' }, {}],
    // What a bad call took would be missing from the good ones.
    steps: [
      call('sock_accept', 3, 0, RESULT),
      ...steps,
      call('sock_accept', 3, 0, RESULT2),
      call('sock_recv', CONNECTION, IOVECS, 1, 0, RESULT, RESULT2 + 4),
      call('sock_send', CONNECTION, IOVECS, 1, 0, RESULT),
    ],
    data: [[IOVECS, words(BUFFER, 4)]],
    answers: ['SUCCESS', ...faults(steps), 'SUCCESS', 'SUCCESS', 'SUCCESS'],
    wrote: [
      [RESULT, words(4)],
      [RESULT2, words(CONNECTION + 1)],
      [BUFFER, Buffer.from('text')],
    ],
  };
});

const ANY16 = Array.from({ length: 16 }, () => -1);
/** Between the half and the end of 4 GiB: a pointer there is negative as an i32. */
const HIGH = 2 ** 31 + 2 ** 30;

const large: readonly StepsRow[] = [
  {
    id: 'H37a',
    title: 'random bytes beyond the memory are FAULT, and none is written',
    steps: [
      call('random_get', 0, 2 ** 32 - 1),
      call('random_get', 0, PAGE_BYTES + 1),
      call('random_get', PAGE_BYTES - 8, 9),
      call('random_get', 2 ** 32 - 1, 2 ** 32 - 1),
      call('random_get', 2 ** 31, 2 ** 31),
      call('random_get', PAGE_BYTES, 0),
    ],
    answers: ['FAULT', 'FAULT', 'FAULT', 'FAULT', 'FAULT', 'SUCCESS'],
  },
  {
    id: 'H37b',
    title: 'random bytes are filled over several steps, and not one more',
    pages: 4,
    steps: [call('random_get', PAGE_BYTES - 7, 2 * PAGE_BYTES + 9)],
    answers: ['SUCCESS'],
    wrote: [[PAGE_BYTES - 7, new Int8Array(2 * PAGE_BYTES + 9).fill(-1)]],
  },
  {
    id: 'H39a',
    title: 'after memory.grow every call sees the new memory',
    clients: [{ sends: 'text', receives: 'text' }],
    steps: [
      call('sock_accept', 3, 0, RESULT),
      call('random_get', PAGE_BYTES, 16),
      grow(1),
      call('random_get', PAGE_BYTES, 16),
      call('sock_recv', CONNECTION, IOVECS, 1, 0, RESULT, RESULT2),
      grow(1),
      call('sock_send', CONNECTION, IOVECS, 1, 0, RESULT),
      grow(0),
      call('poll_oneoff', 2 * PAGE_BYTES, 2 * PAGE_BYTES + 64, 1, RESULT2),
      grow(-1),
      call('clock_time_get', 1, 0n, BUFFER),
    ],
    data: [[IOVECS, words(2 * PAGE_BYTES - 4, 4)]],
    answers: [
      'SUCCESS',
      'FAULT',
      1,
      'SUCCESS',
      'SUCCESS',
      2,
      'SUCCESS',
      3,
      'SUCCESS',
      2 ** 32 - 1,
      'SUCCESS',
    ],
    wrote: [
      [RESULT, words(4)],
      [RESULT2, words(1)],
      [BUFFER, ANY16.slice(8)],
    ],
  },
  {
    id: 'H39b',
    title: 'memory.grow before each of a thousand calls',
    steps: [
      repeat(1000, {
        ...call('sched_yield'),
        code: (index) => [...grow(1).code(index), 0x1a, ...call('sched_yield').code(index)],
      }),
      call('random_get', 1001 * PAGE_BYTES - 16, 16),
      call('random_get', 1001 * PAGE_BYTES - 15, 16),
    ],
    answers: ['SUCCESS', 'SUCCESS', 'FAULT'],
  },
  {
    id: 'H39c',
    title: 'a memory of 4 GiB works to its last byte, and no pointer turns negative',
    clients: [{ sends: 'text', receives: 'text' }],
    steps: [
      grow(65_535),
      grow(1),
      call('sock_accept', 3, 0, HIGH + 100),
      copy(RESULT, HIGH + 100),
      copy(HIGH, IOVECS),
      copy(HIGH + 4, IOVECS + 4),
      call('sock_recv', { at: RESULT }, HIGH, 1, 0, 2 ** 32 - 4, HIGH + 200),
      copy(RESULT2, 2 ** 32 - 4),
      copy(BUFFER, 2 ** 32 - 12),
      call('sock_send', { at: RESULT }, HIGH, 1, 0, HIGH + 300),
      call('random_get', 2 ** 32 - 16, 16),
      call('random_get', 2 ** 32 - 16, 17),
      call('poll_oneoff', HIGH + 4096, 2 ** 32 - 32, 1, HIGH + 8192),
      copy(RESULT2 + 4, HIGH + 8192),
      call('sock_send', { at: RESULT }, 2 ** 32 - 8, 2, 0, HIGH + 300),
    ],
    data: [[IOVECS, words(2 ** 32 - 12, 4)]],
    answers: [
      1,
      2 ** 32 - 1,
      'SUCCESS',
      'SUCCESS',
      'SUCCESS',
      'SUCCESS',
      'FAULT',
      'SUCCESS',
      'FAULT',
    ],
    wrote: [
      [RESULT, words(CONNECTION)],
      [RESULT2, words(4, 1)],
      [BUFFER, Buffer.from('text')],
    ],
  },
];

export const pointerRows: readonly StepsRow[] = [...plain, ...onSockets, ...large];
