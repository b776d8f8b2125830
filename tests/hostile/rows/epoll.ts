// The epoll imports: pointers, counts, too many of anything, descriptors of the wrong kind. E1 to E7; E8 is
// among those that are stopped.

import { call, LIST, EVENTS, PAGE_BYTES, repeat, RESULT, RESULT2, words } from '../guest.ts';
import type { StepsRow } from '../row.ts';

const LISTENER = 3;
const CONNECTION = 4;
/** The first instance of a guest with a listener and one connection. */
const EPFD = 5;
const [ADD, MOD, DEL] = [0, 1, 2];
const IN = 1;
const ET = 64;
const FOREVER = 2n ** 64n - 1n;
const EVENT = LIST;
const EVENT_BYTES = 32;

/** An event as a guest gives it: bits, and what it knows it by. */
const event = (bits: number): Uint8Array => words(bits, 1, 2, 3, 4, 5, 6, 7);

/** A connection that has data, in an instance by an edge. */
const WITH_EDGE = {
  clients: [{ sends: 'a' }],
  steps: [
    call('sock_accept', LISTENER, 0, RESULT),
    call('epoll_create', RESULT2),
    call('epoll_ctl', EPFD, ADD, CONNECTION, EVENT),
  ],
  data: [[EVENT, event(IN | ET)]],
  wrote: [
    [RESULT, words(CONNECTION)],
    [RESULT2, words(EPFD)],
  ],
} as const;

const three = (answer: 'SUCCESS'): 'SUCCESS'[] => [answer, answer, answer];

/** Calls that are refused while an edge is there to be told; then it is. */
function refused(
  id: string,
  title: string,
  calls: StepsRow['steps'],
  answers: StepsRow['answers'],
): StepsRow {
  return {
    ...WITH_EDGE,
    id,
    title,
    steps: [
      ...WITH_EDGE.steps,
      ...calls,
      call('epoll_wait', EPFD, EVENTS, 2, FOREVER, RESULT + 4),
      call('epoll_wait', EPFD, EVENTS, 2, 0n, RESULT2 + 4),
    ],
    answers: [...three('SUCCESS'), ...answers, 'SUCCESS', 'SUCCESS'],
    wrote: [
      [RESULT, words(CONNECTION, 1)],
      [RESULT2, words(EPFD, 0)],
      [EVENTS, event(IN)],
    ],
  };
}

const OUTSIDE = [PAGE_BYTES - EVENT_BYTES + 1, PAGE_BYTES, 2 ** 31, 2 ** 32 - 1];
const COUNTS = [0, 2 ** 31, 2 ** 32 - 1];
const LONG = [2 ** 27, 2 ** 27 + 1, 2 ** 31 - 1, PAGE_BYTES];

const pointers: readonly StepsRow[] = [
  refused(
    'E1',
    'events and counts outside of the memory are FAULT, and no edge is lost',
    [
      ...OUTSIDE.map((at) => call('epoll_wait', EPFD, at, 1, FOREVER, RESULT)),
      ...OUTSIDE.slice(1).map((at) => call('epoll_wait', EPFD, EVENTS, 1, FOREVER, at)),
      ...LONG.map((count) => call('epoll_wait', EPFD, EVENTS, count, FOREVER, RESULT)),
    ],
    Array.from({ length: 2 * OUTSIDE.length - 1 + LONG.length }, () => 'FAULT' as const),
  ),
  refused(
    'E2',
    'room for none, or for a negative number, is INVAL, wherever the rest lies',
    COUNTS.map((count) => call('epoll_wait', EPFD, 2 ** 32 - 1, count, FOREVER, 2 ** 32 - 1)),
    COUNTS.map(() => 'INVAL' as const),
  ),
  refused(
    'E3',
    'an event outside of the memory is FAULT, and changes nothing',
    OUTSIDE.flatMap((at) => [ADD, MOD, 3].map((op) => call('epoll_ctl', EPFD, op, CONNECTION, at))),
    OUTSIDE.flatMap(() => ['FAULT', 'FAULT', 'FAULT'] as const),
  ),
  refused(
    'E4',
    'an instance as a socket, a socket as an instance, an instance in itself are refused',
    [
      call('epoll_ctl', CONNECTION, ADD, EPFD, EVENT),
      call('epoll_ctl', EPFD, ADD, EPFD, EVENT),
      call('epoll_ctl', EPFD, ADD, 99, EVENT),
      call('epoll_ctl', 2 ** 32 - 1, ADD, CONNECTION, EVENT),
      call('epoll_ctl', EPFD, 2 ** 32 - 1, CONNECTION, EVENT),
      call('epoll_wait', CONNECTION, EVENTS, 1, FOREVER, RESULT),
      call('epoll_wait', 1, EVENTS, 1, FOREVER, RESULT),
      call('sock_accept', EPFD, 0, RESULT),
      call('sock_shutdown', EPFD, 3),
      call('fd_read', EPFD, LIST, 1, RESULT),
      call('epoll_ctl', EPFD, ADD, 1, EVENT),
    ],
    [
      ...(['INVAL', 'INVAL', 'BADF', 'BADF', 'INVAL', 'INVAL', 'INVAL'] as const),
      ...(['NOTSOCK', 'NOTSOCK', 'INVAL', 'PERM'] as const),
    ],
  ),
];

const INSTANCE_COUNT_MAX = 128;

const many: readonly StepsRow[] = [
  {
    id: 'E5',
    title: 'three thousand instances: 128 are made, the rest is MFILE, and others are served',
    hasNeighbour: true,
    steps: [
      repeat(INSTANCE_COUNT_MAX, call('epoll_create', RESULT)),
      repeat(3000, call('epoll_create', RESULT)),
      call('fd_close', 100),
      call('epoll_create', RESULT2),
      call('epoll_create', RESULT2),
    ],
    answers: ['SUCCESS', 'MFILE', 'SUCCESS', 'SUCCESS', 'MFILE'],
    wrote: [
      [RESULT, words(3 + INSTANCE_COUNT_MAX - 1)],
      [RESULT2, words(100)],
    ],
  },
  {
    id: 'E6',
    title: 'everything that is open is registered, a hundred thousand times over',
    clients: [{ sends: 'a' }],
    hasNeighbour: true,
    steps: [
      ...WITH_EDGE.steps,
      repeat(100_000, call('epoll_ctl', EPFD, ADD, CONNECTION, EVENT)),
      repeat(100_000, call('epoll_ctl', EPFD, MOD, CONNECTION, EVENT)),
      call('epoll_ctl', EPFD, ADD, LISTENER, EVENT),
      call('epoll_wait', EPFD, EVENTS, 2, FOREVER, RESULT + 4),
    ],
    data: WITH_EDGE.data,
    answers: [...three('SUCCESS'), 'EXIST', 'SUCCESS', 'SUCCESS', 'SUCCESS'],
    wrote: [
      [RESULT, words(CONNECTION, 1)],
      [RESULT2, words(EPFD)],
      [EVENTS, event(IN)],
    ],
  },
  {
    ...WITH_EDGE,
    id: 'E7',
    title: 'what is closed between ready and told is not told, and its number begins anew',
    clients: [{ sends: 'a' }, { sends: 'b' }],
    steps: [
      ...WITH_EDGE.steps,
      call('fd_close', CONNECTION),
      call('epoll_wait', EPFD, EVENTS, 2, 0n, RESULT + 4),
      call('sock_accept', LISTENER, 0, RESULT),
      call('epoll_wait', EPFD, EVENTS, 2, 0n, RESULT + 4),
      call('epoll_ctl', EPFD, MOD, CONNECTION, EVENT),
      call('epoll_ctl', EPFD, DEL, CONNECTION, 2 ** 32 - 1),
      call('epoll_ctl', EPFD, ADD, CONNECTION, EVENT),
      call('epoll_wait', EPFD, EVENTS, 2, FOREVER, RESULT + 4),
      call('fd_renumber', EPFD, CONNECTION),
      call('epoll_wait', CONNECTION, EVENTS, 2, 1n, RESULT + 8),
      call('epoll_wait', EPFD, EVENTS, 2, 1n, RESULT + 8),
    ],
    answers: [
      ...three('SUCCESS'),
      ...(['SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS', 'NOENT', 'NOENT', 'SUCCESS'] as const),
      ...(['SUCCESS', 'SUCCESS', 'SUCCESS', 'BADF'] as const),
    ],
    wrote: [
      [RESULT, words(CONNECTION, 1, 0)],
      [RESULT2, words(EPFD)],
      [EVENTS, event(IN)],
    ],
  },
];

export const epollRows: readonly StepsRow[] = [...pointers, ...many];
