// The numbers of WASI preview1's memory layout: sizes and offsets in bytes, tags and flags. The
// only place in host/ that knows them; a test compares them with assembly/abi/.
//
// Source: WebAssembly/WASI, wasi-0.1, preview1/docs.md. All fields are little-endian.

/**
 * `subscription`, 48 bytes:
 *
 *     0         8     16                  24          32            40
 *     | userdata | tag | fd, or clock id   | timeout ns | precision ns | clock flags |
 */
export const Subscription = {
  BYTES: 48,
  WORDS: 12,
  USERDATA: 0,
  TAG: 8,
  FD: 16,
  CLOCK_ID: 16,
  CLOCK_TIMEOUT: 24,
  CLOCK_PRECISION: 32,
  CLOCK_FLAGS: 40,
} as const;

/**
 * `event`, 32 bytes:
 *
 *     0          8       10     16       24
 *     | userdata | error | type | nbytes | flags |
 */
export const Event = {
  BYTES: 32,
  WORDS: 8,
  USERDATA: 0,
  ERROR: 8,
  TYPE: 10,
  NBYTES: 16,
  FLAGS: 24,
} as const;

/** `eventtype`: the tag of a subscription, the type of an event. */
export const EventType = { CLOCK: 0, FD_READ: 1, FD_WRITE: 2 } as const;

/** `eventrwflags`: both directions of the socket are over. */
export const EVENT_HANGUP = 1;

/** `subclockflags`: the timeout is an instant, not a duration. */
export const CLOCK_ABSTIME = 1;

/** `iovec` and `ciovec`, 8 bytes: where a buffer lies and how long it is. */
export const Iovec = { BYTES: 8, BUF: 0, LEN: 4 } as const;

/** `fdstat`, 24 bytes. */
export const Fdstat = {
  BYTES: 24,
  FILETYPE: 0,
  FLAGS: 2,
  RIGHTS_BASE: 8,
  RIGHTS_INHERITING: 16,
} as const;

/** `filestat`, 64 bytes. */
export const Filestat = { BYTES: 64, FILETYPE: 16, NLINK: 24 } as const;

/** `prestat`, 8 bytes. */
export const Prestat = { BYTES: 8, TAG: 0, NAME_LENGTH: 4 } as const;

/** `fdflags`. */
export const FdFlags = { APPEND: 1, DSYNC: 2, NONBLOCK: 4, RSYNC: 8, SYNC: 16 } as const;
export const FD_FLAGS_ALL = 31;

/** `riflags`. */
export const RiFlags = { RECV_PEEK: 1, RECV_WAITALL: 2 } as const;
export const RI_FLAGS_ALL = 3;

/** `sdflags`: RD 1 and WR 2, as in the kernel's `Shutdown`. */
export const SD_FLAGS_ALL = 3;

/** `timestamp`: nanoseconds, as two words, the low one first. */
export const TIMESTAMP_BYTES = 8;

/** `rights`, of which all that are used lie in the low 32 bits. */
export const Rights = {
  FD_READ: 1 << 1,
  FD_FDSTAT_SET_FLAGS: 1 << 3,
  FD_WRITE: 1 << 6,
  FD_FILESTAT_GET: 1 << 21,
  POLL_FD_READWRITE: 1 << 27,
  SOCK_SHUTDOWN: 1 << 28,
  SOCK_ACCEPT: 1 << 29,
} as const;
