// The numbers of WASIX's epoll: the only place in host/ that knows them; a test compares them with
// assembly/abi/. They are not Linux's numbers.
//
// Source: wasix-org/wasix-libc, libc-bottom-half/headers/public/wasi/api_wasix.h. Little-endian.

/**
 * `epoll_event`, 32 bytes, of which all but the first four are the guest's own:
 *
 *     0        4         8     12   16      20        24
 *     | events | padding | ptr | fd | data1 | padding | data2 |
 */
export const EpollEvent = {
  BYTES: 32,
  WORDS: 8,
  EVENTS: 0,
  PTR: 8,
  FD: 12,
  DATA1: 16,
  DATA2: 24,
} as const;

/** `epoll_type`: the bits of `events`. */
export const EpollType = {
  IN: 1,
  OUT: 2,
  RDHUP: 4,
  PRI: 8,
  ERR: 16,
  HUP: 32,
  ET: 64,
  ONESHOT: 128,
} as const;

/** `epoll_ctl`. */
export const EpollCtl = { ADD: 0, MOD: 1, DEL: 2 } as const;
