// Guests that make connections, or try to: addresses that they were not given, in every disguise, bad
// pointers, absurd lengths, and sockets that are not connected in the hands of every function.

import { call, PAGE_BYTES, repeat, RESULT, RESULT2, type Step, words } from '../guest.ts';
import type { StepsRow } from '../row.ts';

const [INET4, INET6, UNIX] = [1, 2, 3] as const;
const STREAM = 2;
const SOCKET = 3;
/** An address, and its bytes. */
const ADDRESS = 2048;
const BYTES = 2112;
/** Where no one listens: for the superuser alone, and no service has it. */
const PORT = 1;
const options = { allowConnect: [`127.0.0.1:${PORT}`] };

const open = call('sock_open', INET4, STREAM, RESULT);
const connect = (port = PORT, at = ADDRESS): Step => call('sock_connect', SOCKET, at, port);
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255];

/** Memory with an address in it. */
function address(bytes: readonly number[], lengthBytes = bytes.length): StepsRow['data'] {
  return [
    [ADDRESS, words(BYTES, lengthBytes)],
    [BYTES, bytes],
  ];
}

function framed(family: number, bytes: readonly number[]): number[] {
  return [family & 0xff, family >> 8, ...bytes, ...Array<number>(126 - bytes.length).fill(0)];
}

type Answer = StepsRow['answers'][number];

/** One address each: the socket that is connected to it, and what comes of it. */
const ADDRESSES: readonly (readonly [
  answer: Answer,
  title: string,
  family: number,
  bytes: readonly number[],
  lengthBytes?: number,
])[] = [
  ['CONNREFUSED', 'the one that is allowed', INET4, [127, 0, 0, 1]],
  ['CONNREFUSED', 'the one that is allowed, in 128 bytes', INET4, framed(INET4, [127, 0, 0, 1])],
  ['CONNREFUSED', 'the machine itself', INET4, [0, 0, 0, 0]],
  ['CONNREFUSED', 'the one that is allowed, mapped', INET6, [...MAPPED, 127, 0, 0, 1]],
  ['ACCES', 'another one', INET4, [127, 0, 0, 2]],
  ['ACCES', 'a broadcast', INET4, [255, 255, 255, 255]],
  ['ACCES', 'another one, mapped', INET6, [...MAPPED, 127, 0, 0, 2]],
  ['ACCES', 'the machine itself in IPv6', INET6, Array<number>(16).fill(0)],
  ['ACCES', 'a path', UNIX, framed(UNIX, [...Buffer.from('/run/a')])],
  ['ACCES', 'a path without an end', UNIX, [UNIX, 0, ...Array<number>(126).fill(47)]],
  ['INVAL', 'a path outside of the file system', UNIX, framed(UNIX, [0, 97])],
  ['INVAL', 'three bytes', INET4, [127, 0, 0], 3],
  ['INVAL', 'no byte', INET4, [], 0],
  ['INVAL', '110 bytes', INET4, [INET4, 0, 127, 0, 0, 1], 110],
  ['FAULT', 'all of the memory and a byte', INET4, [127, 0, 0, 1], PAGE_BYTES],
  ['FAULT', '2^32 - 1 bytes', INET4, [127, 0, 0, 1], 2 ** 32 - 1],
  ['AFNOSUPPORT', 'no family', INET4, framed(0, [127, 0, 0, 1])],
  ['AFNOSUPPORT', 'the family 10', INET6, framed(10, [0, 0])],
  ['AFNOSUPPORT', 'the family 65535', INET4, framed(0xffff, [127, 0, 0, 1])],
];

const addresses: readonly StepsRow[] = ADDRESSES.map(
  ([answer, title, family, bytes, size], at) => ({
    id: `H50-${at}`,
    title: `connecting to ${title} is ${answer}`,
    options,
    steps: [call('sock_open', family, STREAM, RESULT), connect()],
    data: address(bytes, size) ?? [],
    answers: ['SUCCESS', answer],
    wrote: [[RESULT, words(SOCKET)]],
  }),
);

/** The last bytes of it are outside, all is outside, its end is at 2^32 and beyond. */
const bad = (bytes: number): readonly number[] => [
  ...[PAGE_BYTES - bytes + 1, PAGE_BYTES, 2 ** 31],
  ...[2 ** 32 - bytes, 2 ** 32 - bytes + 1, 2 ** 32 - 1],
];

const POINTERS = [
  ...bad(4).map((at) => call('sock_open', INET4, STREAM, at)),
  ...bad(8).map((at) => connect(PORT, at)),
  ...bad(4).map((at) => call('sock_getsockopt', SOCKET, 0, 2, at, RESULT2)),
  ...bad(4).map((at) => call('sock_getsockopt', SOCKET, 0, 2, RESULT, at)),
  ...bad(4).map((at) => call('sock_setsockopt', SOCKET, 0, 0, at, 4)),
  call('sock_setsockopt', SOCKET, 0, 0, 8, 2 ** 32 - 1),
  call('sock_setsockopt', SOCKET, 0, 0, PAGE_BYTES - 8, 9),
];

/** What a socket that is not connected answers: no call waits, and none finds anything. */
const FRESH: readonly (readonly [answer: Answer, step: Step])[] = [
  ['NOTCONN', call('sock_recv', SOCKET, ADDRESS, 1, 0, RESULT2, RESULT2 + 4)],
  ['NOTCONN', call('fd_read', SOCKET, ADDRESS, 1, RESULT2)],
  ['PIPE', call('sock_send', SOCKET, ADDRESS, 1, 0, RESULT2)],
  ['PIPE', call('fd_write', SOCKET, ADDRESS, 1, RESULT2)],
  ['INVAL', call('sock_accept', SOCKET, 0, RESULT2)],
  ['SUCCESS', call('fd_fdstat_set_flags', SOCKET, 4)],
  ['NOTCONN', call('sock_recv', SOCKET, ADDRESS, 1, 0, RESULT2, RESULT2 + 4)],
  ['INVAL', call('sock_accept', SOCKET, 0, RESULT2)],
  ['SPIPE', call('fd_seek', SOCKET, 0n, 0, RESULT2)],
  ['SPIPE', call('fd_pread', SOCKET, ADDRESS, 1, 0n, RESULT2)],
  ['INVAL', call('fd_sync', SOCKET)],
  ['NOTDIR', call('fd_readdir', SOCKET, ADDRESS, 8, 0n, RESULT2)],
  ['NOTDIR', call('path_open', SOCKET, 0, ADDRESS, 4, 0, 0n, 0n, 0, RESULT2)],
  ['BADF', call('fd_prestat_get', SOCKET, RESULT2)],
  ['NOTCONN', call('sock_shutdown', SOCKET, 3)],
  ['SUCCESS', call('fd_renumber', SOCKET, 0)],
  ['BADF', connect()],
  ['SUCCESS', call('fd_close', 0)],
];

const others: readonly StepsRow[] = [
  {
    id: 'H51',
    title: 'a guest that was given no address gets no socket',
    steps: [INET4, INET6, UNIX].map((family) => call('sock_open', family, STREAM, RESULT)),
    answers: ['ACCES', 'ACCES', 'ACCES'],
  },
  {
    id: 'H52',
    title: 'bad pointers are FAULT, open nothing, connect to nothing, and take no error',
    options,
    steps: [open, ...POINTERS, connect()],
    data: [...(address([127, 0, 0, 1]) ?? []), [RESULT2, words(4)]],
    answers: ['SUCCESS', ...POINTERS.map(() => 'FAULT' as const), 'CONNREFUSED'],
    wrote: [[RESULT, words(SOCKET)]],
  },
  {
    id: 'H53',
    title: 'ports that no one has are INVAL, those that are not allowed ACCES',
    options,
    steps: [open, ...[0, 2, 65_535, 65_536, 65_537, 2 ** 31, 2 ** 32 - 1].map((at) => connect(at))],
    data: address([127, 0, 0, 1]) ?? [],
    answers: [
      'SUCCESS',
      ...(['ACCES', 'ACCES', 'ACCES'] as const),
      ...Array<Answer>(4).fill('INVAL'),
    ],
    wrote: [[RESULT, words(SOCKET)]],
  },
  {
    id: 'H54',
    title: 'a socket that is not connected answers every function at once',
    options,
    steps: [open, ...FRESH.map(([, step]) => step)],
    data: address([127, 0, 0, 1]) ?? [],
    answers: ['SUCCESS', ...FRESH.map(([answer]) => answer)],
    wrote: [[RESULT, words(SOCKET)]],
  },
  {
    id: 'H55',
    title: 'opening without closing is MFILE at the limit, others go on',
    hasNeighbour: true,
    options: { ...options, maxFds: 6 },
    steps: [
      ...[0, 4, 8].map((at) => call('sock_open', INET6, STREAM, RESULT + at)),
      repeat(1000, call('sock_open', INET4, STREAM, RESULT2)),
      call('fd_close', 0),
      call('sock_open', UNIX, STREAM, RESULT2),
      call('sock_open', UNIX, STREAM, RESULT2),
    ],
    answers: [
      ...(['SUCCESS', 'SUCCESS', 'SUCCESS', 'MFILE'] as const),
      ...(['SUCCESS', 'SUCCESS', 'MFILE'] as const),
    ],
    wrote: [[RESULT, words(3, 4, 5)]],
  },
  {
    id: 'H56',
    title: 'families, types, levels and options that mean nothing',
    options,
    steps: [
      ...[0, 4, 2 ** 31, 2 ** 32 - 1].map((family) => call('sock_open', family, STREAM, RESULT)),
      ...[0, 1, 3, 2 ** 32 - 1].map((type) => call('sock_open', INET4, type, RESULT)),
      open,
      ...[1, 2 ** 32 - 1].map((level) => call('sock_getsockopt', SOCKET, level, 2, 64, RESULT2)),
      ...[7, 15, 2 ** 32 - 1].map((name) => call('sock_getsockopt', SOCKET, 0, name, 64, RESULT2)),
      ...[1, 2, 7, 2 ** 31].map((name) => call('sock_setsockopt', SOCKET, 0, name, RESULT2, 4)),
    ],
    data: [[RESULT2, words(4)]],
    answers: [
      ...Array<Answer>(4).fill('AFNOSUPPORT'),
      ...(['INVAL', 'PROTOTYPE', 'INVAL', 'INVAL', 'SUCCESS'] as const),
      ...Array<Answer>(9).fill('NOPROTOOPT'),
    ],
    wrote: [[RESULT, words(SOCKET)]],
  },
];

/** Numbers that the list of hostile inputs does not have: they came with connections. */
export const connectRows: readonly StepsRow[] = [...addresses, ...others];
