// Small guests that echo what the peer of descriptor 3 sends, until its end: they find it connected,
// or connect it themselves. They end with the errno of a call that fails, and with 0 otherwise.

import { Errno } from '../../host/base/errno.ts';
import { AddressFamily, SockType } from '../../host/wasi/dialects/wasmedge-layout.ts';
import { FdFlags } from '../../host/wasi/layout.ts';
import { Op, wasm } from '../support/wasm.ts';

const WASI = 'wasi_snapshot_preview1';
const FD = 3;
/** What means: try again later. */
const { AGAIN, ALREADY, INPROGRESS } = Errno;
/** Where the guest keeps its vector, the counts that calls write, and the bytes. */
const VECTOR = 16;
const COUNT = 24;
const SENT = 28;
const ERRNO = 32;
/** 0: no socket is open yet, 1: it is open, 2: it is connected. */
const STAGE = 36;
/** The descriptor that sock_open gives: 3, since the guest has no other. */
const OPENED = 40;
/** WasmEdge's address, and the four bytes of 127.0.0.1. */
const ADDRESS = 48;
const HOST = 56;
const BYTES = 1024;
const BYTES_MAX = 512;

const IMPORTS = [
  [WASI, 'sock_recv', 'i32 i32 i32 i32 i32 i32->i32'],
  [WASI, 'sock_send', 'i32 i32 i32 i32 i32->i32'],
  [WASI, 'proc_exit', 'i32->'],
  [WASI, 'fd_fdstat_set_flags', 'i32 i32->i32'],
  [WASI, 'sock_open', 'i32 i32 i32->i32'],
  [WASI, 'sock_connect', 'i32 i32 i32->i32'],
] as const;

const i32 = (...values: number[]): number[] => values.flatMap(Op.i32);
/** `if (condition) body`. */
const when = (condition: number[], body: number[]): number[] => [
  ...condition,
  ...[0x04, 0x40, ...body, 0x0b],
];
const isZero = (condition: number[]): number[] => [...condition, 0x45];
const isEqual = (left: number[], right: number[]): number[] => [...left, ...right, 0x46];
const exitWith = (code: number[]): number[] => [...code, ...Op.call(2)];

const receive = [
  ...[...Op.store(VECTOR, i32(BYTES)), ...Op.store(VECTOR + 4, i32(BYTES_MAX))],
  ...Op.store(ERRNO, [...i32(FD, VECTOR, 1, 0, COUNT, SENT), ...Op.call(0)]),
];

/** Sends the received bytes, from where the last call left off; a short count is gone on from. */
const send = [
  ...Op.store(VECTOR + 4, Op.load(COUNT)),
  ...Op.store(ERRNO, [...i32(FD, VECTOR, 1, 0, SENT), ...Op.call(1)]),
];
const skipSent = [
  ...Op.store(VECTOR, [...Op.load(VECTOR), ...Op.load(SENT), ...Op.ADD]),
  ...Op.store(COUNT, [...Op.load(COUNT), ...Op.load(SENT), ...Op.SUB]),
];
const exitOnError = when(Op.load(ERRNO), exitWith(Op.load(ERRNO)));
const exitAtEnd = when(isZero(Op.load(COUNT)), exitWith(i32(0)));

/** Opens a socket, unless that is done. */
const open = when(isZero(Op.load(STAGE)), [
  ...Op.store(ERRNO, [...i32(AddressFamily.INET4, SockType.STREAM, OPENED), ...Op.call(4)]),
  ...exitOnError,
  ...[...Op.store(ADDRESS, i32(HOST)), ...Op.store(ADDRESS + 4, i32(4))],
  ...[...Op.store(HOST, i32(0x0100_007f)), ...Op.store(STAGE, i32(1))],
]);
const connect = (port: number): number[] =>
  Op.store(ERRNO, [...i32(FD, ADDRESS, port), ...Op.call(5)]);

const command = (prologue: number[]): Uint8Array =>
  wasm({
    imports: IMPORTS,
    functions: {
      _start: [
        '->',
        [
          ...prologue,
          ...Op.forever([
            ...[...receive, ...exitOnError, ...exitAtEnd],
            ...Op.loopWhile([...send, ...exitOnError, ...skipSent, ...Op.load(COUNT)]),
          ]),
        ],
      ],
    },
  });

/** A turn that has nothing to do before an event comes. */
const restOn = (errno: number): number[] =>
  when(isEqual(Op.load(ERRNO), i32(errno)), [...i32(0x7fff_ffff), ...Op.RETURN]);

const reactor = (prologue: number[]): Uint8Array =>
  wasm({
    imports: IMPORTS,
    functions: {
      turn: [
        'i32->i32',
        [
          ...prologue,
          ...[...i32(FD, FdFlags.NONBLOCK), ...Op.call(3), ...Op.DROP],
          ...when(isZero(Op.load(COUNT)), [
            ...[...receive, ...restOn(AGAIN), ...exitOnError, ...exitAtEnd],
          ]),
          ...[...send, ...restOn(AGAIN), ...exitOnError, ...skipSent],
          ...i32(0),
        ],
      ],
    },
  });

/** They find descriptor 3 connected. */
export const ECHOING: ReadonlyMap<string, Uint8Array> = new Map([
  ['_start', command([])],
  ['turn', reactor([])],
]);

/** They connect to a port of 127.0.0.1: with a call that blocks, and with calls that do not. */
export const CONNECTING: ReadonlyMap<string, (port: number) => Uint8Array> = new Map([
  ['_start', (port) => command([...open, ...connect(port), ...exitOnError])],
  [
    'turn',
    (port) =>
      reactor(
        when(isZero(isEqual(Op.load(STAGE), i32(2))), [
          ...[...open, ...i32(FD, FdFlags.NONBLOCK), ...Op.call(3), ...Op.DROP],
          ...[...connect(port), ...restOn(INPROGRESS), ...restOn(ALREADY), ...exitOnError],
          ...Op.store(STAGE, i32(2)),
        ]),
      ),
  ],
]);
