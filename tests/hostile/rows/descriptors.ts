// Descriptors that are closed, absurd or of the wrong kind, flags that mean nothing, and too many
// of anything: H24 to H33, H35, H36, H38, H46 to H48.

import { ALL_SIGNATURES } from '../../support/functions.ts';
import { BUFFER, call, IOVECS, LIST, repeat, RESULT, RESULT2, type Step, words } from '../guest.ts';
import type { StepsRow } from '../row.ts';

const LISTENER = 3;
const CONNECTION = 4;
const RIGHTS_ALL = 2n ** 64n - 1n;
const ONE_BUFFER = [[IOVECS, words(BUFFER, 4)]] as const;

/** Every function that takes a descriptor, called with `fd` for each, and else nothing wrong. */
function callsOn(fd: number, prefix = ''): Step[] {
  return ALL_SIGNATURES.filter(
    ({ name, parameters }) =>
      name.startsWith(prefix) && parameters.some(({ kind }) => kind === 'fd'),
  ).map(({ name, parameters }) => {
    const values = parameters.map(({ kind, type }) => {
      if (kind === 'fd') return fd;
      if (type === 'i64') return 0n;
      return /^(?:pointer|out|epoll_event)$/.test(kind) ? LIST : 0;
    });
    return call(name, ...values);
  });
}

const answersTo = <A>(steps: readonly Step[], answer: A): A[] => steps.map(() => answer);

const ABSURD = [2 ** 31, 2 ** 32 - 1, 2 ** 20, LISTENER].flatMap((fd) => callsOn(fd));
const PATHS_CLOSED = callsOn(LISTENER, 'path_');
const PATHS_OPEN = callsOn(0, 'path_');

const numbers: readonly StepsRow[] = [
  {
    id: 'H24',
    title: 'descriptors that are absurd or closed are BADF, for every function',
    steps: ABSURD,
    answers: answersTo(ABSURD, 'BADF'),
  },
  {
    id: 'H33',
    title: 'a descriptor closed twice is BADF the second time',
    steps: [call('fd_close', 0), call('fd_close', 0), call('fd_close', 2), call('fd_close', 2)],
    answers: ['SUCCESS', 'BADF', 'SUCCESS', 'BADF'],
  },
  {
    id: 'H35a',
    title: 'fd_renumber onto itself is nothing; from or onto what is closed or absurd is BADF',
    steps: [
      call('fd_renumber', 1, 1),
      ...[3, 99, 2 ** 31, 2 ** 32 - 1].flatMap((fd) => [
        call('fd_renumber', 1, fd),
        call('fd_renumber', fd, 1),
        call('fd_renumber', fd, fd),
      ]),
      call('fd_renumber', 2, 0),
      call('fd_renumber', 2, 0),
      call('fd_close', 0),
      call('fd_renumber', 1, 0),
    ],
    answers: [
      'SUCCESS',
      ...Array.from({ length: 12 }, () => 'BADF' as const),
      'SUCCESS',
      'BADF',
      'SUCCESS',
      'BADF',
    ],
  },
  {
    id: 'H35b',
    title: 'fd_renumber moves standard output, and closes what was there',
    steps: [call('fd_renumber', 1, 0), call('fd_write', 1, IOVECS, 1, RESULT)],
    data: ONE_BUFFER,
    answers: ['SUCCESS', 'BADF'],
    reportFd: 0,
  },
  {
    id: 'H35c',
    title: 'fd_renumber onto a connection, again and again, closes each: its client sees the end',
    clients: [{ receives: '' }, { receives: '' }, { receives: 'last' }],
    steps: [
      ...[0, 1, 2].map((index) => call('sock_accept', LISTENER, 0, RESULT + 4 * index)),
      call('fd_renumber', 5, 4),
      call('fd_renumber', 6, 4),
      call('sock_accept', 5, 0, RESULT2),
      call('sock_send', 4, IOVECS, 1, 0, RESULT2),
      call('fd_renumber', LISTENER, 4),
      call('fd_close', 4),
      call('fd_close', LISTENER),
    ],
    data: [...ONE_BUFFER, [BUFFER, Buffer.from('last')]],
    answers: [
      ...(['SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS', 'BADF', 'SUCCESS'] as const),
      ...(['SUCCESS', 'SUCCESS', 'BADF'] as const),
    ],
    wrote: [
      [RESULT, words(4, 5, 6)],
      [RESULT2, words(4)],
    ],
  },
  {
    id: 'H36',
    title: 'accepting without closing is MFILE at the limit, the rest stays queued, others go on',
    clients: [{}, {}, {}],
    hasNeighbour: true,
    options: { maxFds: 6 },
    steps: [
      call('sock_accept', LISTENER, 0, RESULT),
      call('sock_accept', LISTENER, 0, RESULT + 4),
      call('sock_accept', LISTENER, 0, RESULT + 8),
      repeat(1000, call('sock_accept', LISTENER, 0, RESULT + 8)),
      call('fd_close', 0),
      call('sock_accept', LISTENER, 0, RESULT + 8),
      call('sock_accept', LISTENER, 0, RESULT2),
    ],
    answers: ['SUCCESS', 'SUCCESS', 'MFILE', 'MFILE', 'SUCCESS', 'SUCCESS', 'MFILE'],
    wrote: [[RESULT, words(4, 5, 0)]],
  },
  {
    id: 'H38',
    title: 'clocks that do not exist are INVAL',
    steps: [4, 99, 2 ** 31, 2 ** 32 - 1].flatMap((clock) => [
      call('clock_time_get', clock, 0n, RESULT),
      call('clock_res_get', clock, RESULT),
    ]),
    answers: Array.from({ length: 8 }, () => 'INVAL' as const),
  },
  {
    id: 'H48a',
    title: 'paths without a directory are BADF',
    steps: PATHS_CLOSED,
    answers: answersTo(PATHS_CLOSED, 'BADF'),
  },
  {
    id: 'H48b',
    title: 'paths from what is no directory are NOTDIR, and fd_prestat_get finds none',
    steps: [...PATHS_OPEN, call('fd_prestat_get', 0, RESULT), call('fd_prestat_get', 3, RESULT)],
    stdin: 'directory',
    answers: [...answersTo(PATHS_OPEN, 'NOTDIR' as const), 'BADF', 'BADF'],
  },
];

/** The calls that only sockets have. */
const socketCalls = (fd: number): Step[] => [
  call('sock_accept', fd, 0, RESULT),
  call('sock_recv', fd, IOVECS, 1, 0, RESULT, RESULT2),
  call('sock_send', fd, IOVECS, 1, 0, RESULT),
  call('sock_shutdown', fd, 1),
];

const kinds: readonly StepsRow[] = [
  ...(['null', 'file', 'directory', 'fifo'] as const).map((stdin): StepsRow => {
    const steps = [...socketCalls(0), ...socketCalls(1), ...socketCalls(2)];
    return {
      id: `H25-${stdin}`,
      title: `socket calls on standard streams (${stdin}) are NOTSOCK`,
      stdin,
      steps,
      data: ONE_BUFFER,
      answers: answersTo(steps, 'NOTSOCK'),
    };
  }),
  {
    id: 'H26',
    title: 'sock_accept on a connection is INVAL',
    clients: [{ sends: 'text' }],
    steps: [
      call('sock_accept', LISTENER, 0, RESULT),
      call('sock_accept', CONNECTION, 0, RESULT2),
      call('sock_accept', CONNECTION, 4, RESULT2),
    ],
    answers: ['SUCCESS', 'INVAL', 'INVAL'],
    wrote: [[RESULT, words(CONNECTION)]],
  },
  {
    id: 'H27',
    title: 'receiving from a listener is NOTCONN, sending to one PIPE, shutting one down no hang',
    clients: [],
    steps: [
      call('sock_recv', LISTENER, IOVECS, 1, 0, RESULT, RESULT2),
      call('fd_read', LISTENER, IOVECS, 1, RESULT),
      call('sock_send', LISTENER, IOVECS, 1, 0, RESULT),
      call('fd_write', LISTENER, IOVECS, 1, RESULT),
    ],
    data: ONE_BUFFER,
    answers: ['NOTCONN', 'NOTCONN', 'PIPE', 'PIPE'],
  },
  {
    id: 'H32',
    title:
      'sock_shutdown of a closed descriptor is BADF, of standard output NOTSOCK, with any flags',
    steps: [0, 1, 3, 4, 255].flatMap((how) => [
      call('sock_shutdown', 99, how),
      call('sock_shutdown', 1, how),
    ]),
    answers: [0, 1, 3, 4, 255].flatMap(() => ['BADF', 'NOTSOCK'] as const),
  },
];

const FLAG_CALLS: readonly Step[] = [
  ...[4, 8, 0x8000, 0xffff, 2 ** 16, 2 ** 31].map((flags) =>
    call('sock_recv', CONNECTION, IOVECS, 1, flags, RESULT2, RESULT2),
  ),
  ...[1, 2, 0x8000, 0xffff, 2 ** 16, 2 ** 32 - 1].map((flags) =>
    call('sock_send', CONNECTION, IOVECS, 1, flags, RESULT2),
  ),
  ...[1, 2, 8, 16, 0xffff, 2 ** 16, 5].map((flags) =>
    call('sock_accept', LISTENER, flags, RESULT2),
  ),
  ...[0, 4, 5, 7, 255, 256, 257, 2 ** 32 - 1].map((how) => call('sock_shutdown', CONNECTION, how)),
  ...[32, 0xffff, 2 ** 16 + 4, 2 ** 31].map((flags) =>
    call('fd_fdstat_set_flags', CONNECTION, flags),
  ),
];

const flags: readonly StepsRow[] = [
  {
    id: 'H28-H31',
    title: 'flags that mean nothing are INVAL, and the calls do nothing',
    clients: [{ sends: 'text', receives: 'text' }, {}],
    steps: [
      call('sock_accept', LISTENER, 0, RESULT),
      ...FLAG_CALLS,
      call('fd_fdstat_set_flags', CONNECTION, 1),
      call('fd_fdstat_set_rights', CONNECTION, RIGHTS_ALL, RIGHTS_ALL),
      // All of it is still there.
      call('sock_accept', LISTENER, 0, RESULT),
      call('sock_recv', CONNECTION, IOVECS, 1, 0, RESULT + 4, RESULT2),
      call('sock_send', CONNECTION, IOVECS, 1, 0, RESULT + 4),
    ],
    data: ONE_BUFFER,
    answers: [
      'SUCCESS',
      ...answersTo(FLAG_CALLS, 'INVAL' as const),
      ...(['NOTSUP', 'NOTSUP', 'SUCCESS', 'SUCCESS', 'SUCCESS'] as const),
    ],
    wrote: [
      [RESULT, words(CONNECTION + 1, 4)],
      [BUFFER, Buffer.from('text')],
    ],
  },
];

const TINY_COUNT = 100_000;

const floods: readonly StepsRow[] = [
  {
    id: 'H47a',
    title: 'sends of one byte, 100,000 of them, all arrive, and others are served meanwhile',
    clients: [{ receives: TINY_COUNT }],
    hasNeighbour: true,
    steps: [
      call('sock_accept', LISTENER, 0, RESULT),
      repeat(TINY_COUNT, call('sock_send', CONNECTION, IOVECS, 1, 0, RESULT)),
    ],
    data: [[IOVECS, words(BUFFER, 1)]],
    answers: ['SUCCESS', 'SUCCESS'],
    wrote: [[RESULT, words(1)]],
  },
  {
    id: 'H47b',
    title: 'reads of one byte, 100,000 of them, all answer',
    clients: [{ sends: 'x'.repeat(TINY_COUNT) }],
    steps: [
      call('sock_accept', LISTENER, 0, RESULT),
      repeat(TINY_COUNT, call('fd_read', CONNECTION, IOVECS, 1, RESULT)),
    ],
    data: [[IOVECS, words(BUFFER, 1)]],
    answers: ['SUCCESS', 'SUCCESS'],
    wrote: [
      [RESULT, words(1)],
      [BUFFER, Buffer.from('x')],
    ],
  },
];

export const descriptorRows: readonly StepsRow[] = [...numbers, ...kinds, ...flags, ...floods];
