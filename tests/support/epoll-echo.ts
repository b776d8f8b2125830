// A server that echoes, written by hand on the epoll imports: as small as one can be, so that what it
// shows is the imports' doing. Level-triggered, one event a wait, one buffer for all.
//
//     page 0     1024 results | 2048 events to add | 2112 the event told | 2176 iovecs | 4096 buffer

import { call, type Step, words } from '../hostile/guest.ts';
import { moduleOf } from './functions.ts';
import { Op, type TypeText, wasm } from './wasm.ts';

const EPFD = 1024;
const ACCEPTED = 1028;
const COUNT = 1032;
const RECEIVED_BYTES = 1036;
const FLAGS = 1040;
const LISTENER_EVENT = 2048;
const CONNECTION_EVENT = 2080;
const TOLD = 2112;
const RECEIVE_IOVEC = 2176;
const SEND_IOVEC = 2184;
const BUFFER = 4096;
const BUFFER_BYTES = 4096;

const LISTENER = 3;
const FOREVER = 2n ** 64n - 1n;
/** In the event: which fd, and 1 for a connection. */
const TOLD_FD = { at: TOLD + 12 };
const IS_CONNECTION = TOLD + 16;

const IMPORTS: Readonly<Record<string, TypeText>> = {
  epoll_create: 'i32 -> i32',
  epoll_ctl: 'i32 i32 i32 i32 -> i32',
  epoll_wait: 'i32 i32 i32 i64 i32 -> i32',
  sock_accept: 'i32 i32 i32 -> i32',
  sock_recv: 'i32 i32 i32 i32 i32 i32 -> i32',
  sock_send: 'i32 i32 i32 i32 i32 -> i32',
  fd_close: 'i32 -> i32',
};
const NAMES = Object.keys(IMPORTS);
const code = ({ code: of }: Step): number[] => of((name) => NAMES.indexOf(name));
/** A call whose errno is of no interest: it is one that can't fail, or the next wait tells. */
const run = (step: Step): number[] => [...code(step), ...Op.DROP];

/** The module: `_start`, which does not return. */
export function epollEcho(): Uint8Array {
  const wait = run(call('epoll_wait', { at: EPFD }, TOLD, 1, FOREVER, COUNT));
  const accept = [
    ...run(call('sock_accept', LISTENER, 0, ACCEPTED)),
    ...Op.store(CONNECTION_EVENT + 12, Op.load(ACCEPTED)),
    ...run(call('epoll_ctl', { at: EPFD }, 0, { at: ACCEPTED }, CONNECTION_EVENT)),
  ];
  const echo = [
    ...Op.store(RECEIVED_BYTES, Op.i32(0)),
    ...run(call('sock_recv', TOLD_FD, RECEIVE_IOVEC, 1, 0, RECEIVED_BYTES, FLAGS)),
    ...Op.store(SEND_IOVEC + 4, Op.load(RECEIVED_BYTES)),
    ...Op.ifElse(
      Op.load(RECEIVED_BYTES),
      run(call('sock_send', TOLD_FD, SEND_IOVEC, 1, 0, COUNT)),
      run(call('fd_close', TOLD_FD)),
    ),
  ];
  return wasm({
    imports: NAMES.map((name) => [moduleOf(name), name, IMPORTS[name] ?? '->']),
    functions: {
      _start: [
        '->',
        [
          ...run(call('epoll_create', EPFD)),
          ...run(call('epoll_ctl', { at: EPFD }, 0, LISTENER, LISTENER_EVENT)),
          ...Op.forever([...wait, ...Op.ifElse(Op.load(IS_CONNECTION), echo, accept)]),
        ],
      ],
    },
    memories: [[0, 1]],
    data: [
      [LISTENER_EVENT, words(1, 0, 0, LISTENER, 0, 0, 0, 0)],
      [CONNECTION_EVENT, words(1, 0, 0, 0, 1, 0, 0, 0)],
      [RECEIVE_IOVEC, words(BUFFER, BUFFER_BYTES, BUFFER, 0)],
    ],
  });
}
