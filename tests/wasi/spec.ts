// The numbers of preview1 and WASIX as the tests know them: written down from the specification once more,
// and not taken from host/wasi/, so that a wrong number there shows.
//
// Source: WebAssembly/WASI, wasi-0.1, preview1/docs.md; for epoll, wasix-libc, api_wasix.h.

export const Subscription = {
  BYTES: 48,
  USERDATA: 0,
  TAG: 8,
  FD: 16,
  CLOCK_ID: 16,
  CLOCK_TIMEOUT: 24,
  CLOCK_PRECISION: 32,
  CLOCK_FLAGS: 40,
} as const;

export const Event = {
  BYTES: 32,
  USERDATA: 0,
  ERROR: 8,
  TYPE: 10,
  NBYTES: 16,
  FLAGS: 24,
} as const;

export const EventType = { CLOCK: 0, FD_READ: 1, FD_WRITE: 2 } as const;

export const Iovec = { BYTES: 8, BUF: 0, LEN: 4 } as const;

export const Fdstat = { BYTES: 24, FILETYPE: 0, FLAGS: 2, RIGHTS_BASE: 8 } as const;

export const Right = {
  FD_READ: 1 << 1,
  FD_FDSTAT_SET_FLAGS: 1 << 3,
  FD_WRITE: 1 << 6,
  FD_FILESTAT_GET: 1 << 21,
  POLL_FD_READWRITE: 1 << 27,
  SOCK_SHUTDOWN: 1 << 28,
  SOCK_ACCEPT: 1 << 29,
} as const;

export const NONBLOCK = 4;
export const RECV_PEEK = 1;
export const RECV_WAITALL = 2;
export const SHUT_READ = 1;
export const SHUT_WRITE = 2;

export const EPOLL_EVENT_BYTES = 32;
export const EpollBit: Readonly<Record<string, number>> = {
  ...{ IN: 1, OUT: 2, RDHUP: 4, PRI: 8, ERR: 16, HUP: 32, ET: 64, ONESHOT: 128 },
};
export const EpollOp = { ADD: 0, MOD: 1, DEL: 2 } as const;
