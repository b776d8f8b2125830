// Small guests that echo what the peer of descriptor 3 sends, until its end. They end with the errno
// of a call that fails, and with 0 otherwise.

import { Op, wasm } from '../support/wasm.ts';

const WASI = 'wasi_snapshot_preview1';
const FD = 3;
const AGAIN = 6;
/** Where the guest keeps its vector, the counts that calls write, and the bytes. */
const VECTOR = 16;
const COUNT = 24;
const SENT = 28;
const ERRNO = 32;
const BYTES = 1024;
const BYTES_MAX = 512;

const IMPORTS = [
  [WASI, 'sock_recv', 'i32 i32 i32 i32 i32 i32->i32'],
  [WASI, 'sock_send', 'i32 i32 i32 i32 i32->i32'],
  [WASI, 'proc_exit', 'i32->'],
  [WASI, 'fd_fdstat_set_flags', 'i32 i32->i32'],
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

const command = wasm({
  imports: IMPORTS,
  functions: {
    _start: [
      '->',
      Op.forever([
        ...[...receive, ...exitOnError, ...exitAtEnd],
        ...Op.loopWhile([...send, ...exitOnError, ...skipSent, ...Op.load(COUNT)]),
      ]),
    ],
  },
});

/** What a turn answers: only events give it something to do. */
const rest = when(isEqual(Op.load(ERRNO), i32(AGAIN)), [...i32(0x7fff_ffff), ...Op.RETURN]);

const reactor = wasm({
  imports: IMPORTS,
  functions: {
    turn: [
      'i32->i32',
      [
        ...[...i32(FD, 4), ...Op.call(3), ...Op.DROP],
        ...when(isZero(Op.load(COUNT)), [...receive, ...rest, ...exitOnError, ...exitAtEnd]),
        ...[...send, ...rest, ...exitOnError, ...skipSent],
        ...i32(0),
      ],
    ],
  },
});

export const ECHOING: ReadonlyMap<string, Uint8Array> = new Map([
  ['_start', command],
  ['turn', reactor],
]);
