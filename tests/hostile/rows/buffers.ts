// Lists of buffers: bad ones, too many, overlapping, empty. H3 to H8.

import {
  BUFFER,
  call,
  EVENTS,
  IOVECS,
  LIST,
  PAGE_BYTES,
  RESULT,
  RESULT2,
  type Step,
  words,
} from '../guest.ts';
import type { StepsRow } from '../row.ts';

const CONNECTION = 4;

const faults = (steps: readonly Step[]): 'FAULT'[] => steps.map(() => 'FAULT');

/** Calls that use a list of buffers, with their number of buffers left open. */
function listCalls(fd: number, isSocket: boolean, iovs: number, count: number): Step[] {
  const files = [
    call('fd_read', fd, iovs, count, RESULT),
    call('fd_write', fd, iovs, count, RESULT),
  ];
  if (!isSocket) return files;
  return [
    ...files,
    call('sock_recv', fd, iovs, count, 0, RESULT, RESULT2),
    call('sock_send', fd, iovs, count, 0, RESULT),
  ];
}

const BAD_LISTS: readonly (readonly [pointer: number, lengthBytes: number])[] = [
  [PAGE_BYTES - 3, 4],
  [PAGE_BYTES, 1],
  [0, PAGE_BYTES + 1],
  [BUFFER, 2 ** 32 - 1],
  [2 ** 32 - 1, 1],
  [2 ** 32 - 4, 8],
  [2 ** 31, 2 ** 31],
  [PAGE_BYTES + 1, 0],
];
/** Behind a good buffer each. */
const badListsData = BAD_LISTS.map(([pointer, lengthBytes], index) => {
  return [IOVECS + 16 * index, words(BUFFER, 4, pointer, lengthBytes)] as const;
});

function lists(
  id: string,
  title: string,
  callsOf: (fd: number, isSocket: boolean) => Step[],
  data: StepsRow['data'],
): StepsRow {
  const steps = [...callsOf(0, false), ...callsOf(CONNECTION, true)];
  return {
    id,
    title,
    clients: [{ sends: 'text' }],
    stdin: 'file',
    steps: [call('sock_accept', 3, 0, RESULT), ...steps],
    data: data ?? [],
    answers: ['SUCCESS', ...faults(steps)],
    wrote: [[RESULT, words(CONNECTION)]],
  };
}

const buffers: readonly StepsRow[] = [
  lists(
    'H3',
    'a bad buffer behind a good one is FAULT, and nothing is sent or taken',
    (fd, isSocket) =>
      BAD_LISTS.flatMap((_, index) => listCalls(fd, isSocket, IOVECS + 16 * index, 2)),
    badListsData,
  ),
  lists(
    'H3b',
    'a list that leaves the memory is FAULT',
    (fd, isSocket) =>
      (
        [
          [PAGE_BYTES - 8, 2],
          [PAGE_BYTES - 7, 1],
          [2 ** 32 - 8, 1],
          [2 ** 32 - 1, 1],
        ] as const
      ).flatMap(([pointer, count]) => listCalls(fd, isSocket, pointer, count)),
    [],
  ),
  lists(
    'H4',
    '2^29 buffers, whose size in 32 bits is 0, are FAULT',
    (fd, isSocket) =>
      [2 ** 29, 2 ** 29 + 1, 2 ** 30].flatMap((count) => listCalls(fd, isSocket, IOVECS, count)),
    [[IOVECS, words(BUFFER, 4)]],
  ),
  lists(
    'H5',
    '2^32 - 1 and 2^31 buffers are FAULT',
    (fd, isSocket) =>
      [2 ** 32 - 1, 2 ** 31].flatMap((count) => listCalls(fd, isSocket, IOVECS, count)),
    [[IOVECS, words(BUFFER, 4)]],
  ),
];

const MANY = 4096;
const USED = 1024;
const MANY_LIST = 2 * PAGE_BYTES;
const sameBuffer = (lengthBytes: number): Uint8Array =>
  words(...Array.from({ length: MANY }, () => [PAGE_BYTES, lengthBytes]).flat());

const overlapping: readonly StepsRow[] = [
  {
    id: 'H6a',
    title: 'of 4,096 buffers on the same 64 KiB the first 1,024 are written',
    pages: 3,
    steps: [call('fd_write', 2, MANY_LIST, MANY, RESULT)],
    data: [[MANY_LIST, sameBuffer(PAGE_BYTES)]],
    answers: ['SUCCESS'],
    wrote: [[RESULT, words(USED * PAGE_BYTES)]],
  },
  {
    id: 'H6b',
    title: 'of 4,096 buffers on the same 64 KiB the first 1,024 are sent',
    clients: [{ receives: USED * PAGE_BYTES }],
    pages: 3,
    steps: [
      call('sock_accept', 3, 0, RESULT),
      call('sock_send', CONNECTION, MANY_LIST, MANY, 0, RESULT),
    ],
    data: [[MANY_LIST, sameBuffer(PAGE_BYTES)]],
    answers: ['SUCCESS', 'SUCCESS'],
    wrote: [[RESULT, words(USED * PAGE_BYTES)]],
  },
  {
    id: 'H6c',
    title: 'of 4,096 buffers on the same byte 1,024 are received, and the last one wins',
    clients: [{ sends: 'x'.repeat(USED - 1) + 'y' + 'z'.repeat(MANY) }],
    pages: 3,
    steps: [
      call('sock_accept', 3, 0, RESULT),
      // With WAITALL: what is there of a stream is not known.
      call('sock_recv', CONNECTION, MANY_LIST, MANY, 2, RESULT, RESULT2),
    ],
    data: [[MANY_LIST, sameBuffer(1)]],
    answers: ['SUCCESS', 'SUCCESS'],
    wrote: [
      [RESULT, words(USED)],
      [PAGE_BYTES, Buffer.from('y')],
    ],
  },
  {
    id: 'H7',
    title: 'overlapping buffers are filled in order, and the last one wins',
    clients: [{ sends: 'abcdefgh' }],
    steps: [
      call('sock_accept', 3, 0, RESULT),
      call('sock_recv', CONNECTION, IOVECS, 3, 2, RESULT, RESULT2),
    ],
    data: [[IOVECS, words(BUFFER, 4, BUFFER + 2, 3, BUFFER + 1, 1)]],
    answers: ['SUCCESS', 'SUCCESS'],
    wrote: [
      [BUFFER, Buffer.from('ahefg')],
      [RESULT, words(8)],
    ],
  },
  {
    id: 'H7b',
    title: 'a buffer over its own list and its own results: the list as it was, the results last',
    clients: [{ sends: 'A'.repeat(24) + 'B'.repeat(8) }],
    steps: [
      call('sock_accept', 3, 0, RESULT),
      call('sock_recv', CONNECTION, IOVECS, 2, 2, IOVECS + 4, IOVECS + 12),
    ],
    data: [[IOVECS, words(IOVECS, 24, BUFFER, 8)]],
    answers: ['SUCCESS', 'SUCCESS'],
    wrote: [
      [RESULT, words(CONNECTION)],
      [IOVECS, Buffer.from('A'.repeat(24))],
      [BUFFER, Buffer.from('B'.repeat(8))],
      [IOVECS + 4, words(32)],
      [IOVECS + 12, [0, 0]],
    ],
  },
  {
    id: 'H7c',
    title: 'results that lie over each other: the count is written last',
    clients: [{ sends: 'text' }],
    steps: [
      call('sock_accept', 3, 0, RESULT),
      call('sock_recv', CONNECTION, IOVECS, 1, 0, RESULT, RESULT),
      call('poll_oneoff', LIST, EVENTS, 1, EVENTS + 4),
    ],
    data: [[IOVECS, words(BUFFER, 4)]],
    answers: ['SUCCESS', 'SUCCESS', 'SUCCESS'],
    wrote: [
      [BUFFER, Buffer.from('text')],
      [RESULT, words(4)],
      [EVENTS + 4, words(1)],
    ],
  },
  {
    id: 'H8',
    title:
      'no buffers, and buffers without length, are 0 bytes at once, also when nothing is there',
    clients: [{}],
    stdin: 'fifo',
    steps: [
      call('sock_accept', 3, 0, RESULT),
      ...[0, 2].flatMap((count) => [
        ...listCalls(0, false, IOVECS, count),
        ...listCalls(CONNECTION, true, IOVECS, count),
        call('sock_recv', CONNECTION, IOVECS, count, 2, RESULT, RESULT2),
        call('sock_recv', CONNECTION, IOVECS, count, 1, RESULT, RESULT2),
        call('fd_read', 1, IOVECS, count, RESULT),
      ]),
    ],
    // A buffer without length may lie at the end of the memory.
    data: [[IOVECS, words(BUFFER, 0, PAGE_BYTES, 0)]],
    answers: Array.from({ length: 19 }, () => 'SUCCESS' as const),
    wrote: [[RESULT, words(0)]],
  },
  {
    id: 'H8b',
    title: 'no bytes of a closed descriptor are BADF, of a listener NOTCONN and PIPE',
    clients: [],
    steps: [
      call('fd_read', 9, IOVECS, 0, RESULT),
      call('sock_send', 9, IOVECS, 0, 0, RESULT),
      call('sock_recv', 3, IOVECS, 0, 0, RESULT, RESULT2),
      call('sock_send', 3, IOVECS, 0, 0, RESULT),
    ],
    answers: ['BADF', 'BADF', 'NOTCONN', 'PIPE'],
  },
];

export const bufferRows: readonly StepsRow[] = [...buffers, ...overlapping];
