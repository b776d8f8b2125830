// The seam: what a sandbox stands on. One interface, one contract, one suite that every kernel
// passes (tests/contract). It knows sockets, streams, waiting, clocks and randomness; it knows
// nothing of WebAssembly or of WASI's memory layouts, which live above it in host/wasi/.

import type { SysResult } from '../base/sys-result.ts';
import type { Address, Family } from './address.ts';
import type { FewList, ReadyList } from './ready-list.ts';

/**
 * Names an open socket or stream of one kernel: `generation << 20 | index`, positive, 31 bits.
 *
 * The index (see {@link handleIndex}) is the lowest one free when the handle was made, so it can
 * index an array. The generation differs between one owner of an index and the next, so a handle
 * that was closed answers `-BADF` even when its index is in use again (up to 2,047 reuses).
 */
export type Handle = number;

/** Names a set of watched handles of one kernel. A small integer from 0. */
export type SetHandle = number;

export const HANDLE_INDEX_BITS = 20;
const HANDLE_INDEX_MASK = (1 << HANDLE_INDEX_BITS) - 1;

/** A dense integer from 0, unique among the open handles of one kernel. */
export function handleIndex(handle: Handle): number {
  return handle & HANDLE_INDEX_MASK;
}

/** What a handle is ready for. `ERROR` and `HANGUP` are reported whether asked for or not. */
export const Readiness = {
  READ: 1,
  WRITE: 2,
  /** An error is pending: EPOLLERR. Neither waiting nor reporting takes it off the socket. */
  ERROR: 4,
  /** Both directions are over: EPOLLHUP. A peer that only stopped sending is not hung up. */
  HANGUP: 8,
  /** The peer stopped sending: EPOLLRDHUP. Reported only where interest asked for it. */
  READ_HANGUP: 16,
} as const;

/** What to wait for: the bits `READ`, `WRITE` and `READ_HANGUP` of {@link Readiness}. */
export type Interest = number;

/** How a watched handle is reported. */
export const Mode = {
  /** By every wait, as long as it is ready. */
  LEVEL: 0,
  /** Once per arrival. */
  EDGE: 1,
  /** Once; then not until it is watched again. */
  ONE_SHOT: 2,
} as const;
export type Mode = (typeof Mode)[keyof typeof Mode];

export const ClockId = { REALTIME: 0, MONOTONIC: 1, PROCESS_CPU: 2, THREAD_CPU: 3 } as const;
export type ClockId = (typeof ClockId)[keyof typeof ClockId];

/** What a handle is. The numbers are preview1's `filetype`; a pipe has none and is `UNKNOWN`. */
export const FileType = {
  UNKNOWN: 0,
  BLOCK_DEVICE: 1,
  CHARACTER_DEVICE: 2,
  DIRECTORY: 3,
  REGULAR_FILE: 4,
  SOCKET_DGRAM: 5,
  SOCKET_STREAM: 6,
  SYMBOLIC_LINK: 7,
} as const;
export type FileType = (typeof FileType)[keyof typeof FileType];

/** Which direction {@link Kernel.shutdown} ends. */
export const Shutdown = { READ: 1, WRITE: 2, BOTH: 3 } as const;
export type Shutdown = (typeof Shutdown)[keyof typeof Shutdown];

export const SocketOption = {
  /** 1 or 0. */
  REUSE_ADDRESS: 1,
  /** 1 or 0; TCP only. */
  NO_DELAY: 2,
  /** Seconds; only 0 (close resets) and -1 (off, the default): close() would block otherwise. */
  LINGER: 3,
  /** Bytes; the kernel may take more (Linux doubles it). */
  SEND_BUFFER: 4,
  /** Bytes; as above. */
  RECEIVE_BUFFER: 5,
} as const;
export type SocketOption = (typeof SocketOption)[keyof typeof SocketOption];

/** For {@link Kernel.recv}: the bytes stay in the socket. */
export const RECV_PEEK = 1;

export interface Capabilities {
  /** How the kernel waits: `epoll`, `sim`. */
  readonly demux: string;
  /** {@link Mode.EDGE} can be watched. */
  readonly edge: boolean;
  /** {@link Mode.ONE_SHOT} can be watched. */
  readonly oneShot: boolean;
}

/**
 * What every kernel must provide.
 *
 * Every call answers a number: `>= 0` a count, a handle or 0 for success, `< 0` a negated errno.
 * None throws, and those of the hot path (accept, recv, send, watch, wait, waitFew) allocate
 * nothing. Any call answers `-BADF` for a handle that is not open; this is not repeated below.
 *
 * One thread owns a kernel and makes every call, except {@link Kernel.wake}. Sockets never block:
 * a caller that wants to block waits with {@link Kernel.waitFew} and tries again. Only `wait` and
 * `waitFew` take time.
 *
 * Pointers are offsets into the attached memory, and the caller has checked them; a kernel checks
 * them again and answers `-FAULT`. No kernel keeps a pointer from one call to the next.
 */
export interface Kernel {
  readonly name: 'native' | 'sim';
  readonly capabilities: Capabilities;

  /**
   * Tells the kernel the guest's memory, in which pointers of later calls lie. Call it again when
   * `memory.buffer` has become another object: a memory that grew.
   */
  attach(memory: ArrayBuffer): void;

  // ---- sockets --------------------------------------------------------------------------------

  /**
   * Opens a stream socket, non-blocking, close-on-exec.
   *
   * @returns a handle, `-MFILE` or `-NFILE` when descriptors are used up, `-AFNOSUPPORT` when the
   *   system lacks the family. Source: socket(2).
   */
  open(family: Family): SysResult;

  /**
   * Gives a socket its local address. Port 0 picks a free port; {@link localAddress} tells it.
   *
   * @returns 0, `-ADDRINUSE`, `-ADDRNOTAVAIL`, `-ACCES`, `-INVAL` when already bound or when the
   *   address is malformed (a host that is not numeric), `-AFNOSUPPORT` for an address of another
   *   family, `-NAMETOOLONG` for a unix path over 107 bytes, `-NOENT` when its folder does not
   *   exist. Source: bind(2).
   */
  bind(handle: Handle, address: Address): SysResult;

  /**
   * Starts to queue connections. Linux queues `backlog + 1`, capped by somaxconn + 1.
   *
   * @returns 0, also when it listens already; `-ADDRINUSE`; `-INVAL` when it is connected, or a unix
   *   socket without an address. A TCP socket without one gets a free port. Source: listen(2).
   */
  listen(handle: Handle, backlog: number): SysResult;

  /**
   * Starts to connect. Never blocks: wait for WRITE, then ask {@link takeError}.
   *
   * @returns 0 when connected at once (unix), `-INPROGRESS` when on its way, `-ALREADY` when asked
   *   again on its way; asked again afterwards, 0 the first time and then `-ISCONN`, or
   *   `-CONNREFUSED` in place of {@link takeError}. Unix: `-CONNREFUSED` and `-NOENT` at once,
   *   `-AGAIN` when the backlog is full. `-INVAL`, `-AFNOSUPPORT` as {@link bind}.
   *   Source: connect(2).
   */
  connect(handle: Handle, address: Address): SysResult;

  /**
   * Takes one pending connection off `listener`. Never blocks.
   *
   * @returns the new socket's handle, or `-AGAIN` when no connection is pending, `-INVAL` when it
   *   is open but not listening, `-NOTSOCK` when it is no socket, `-MFILE` or `-NFILE` when
   *   descriptors are used up (the connection stays pending), `-CONNABORTED`, `-NOBUFS`, `-NOMEM`.
   *   Source: accept4(2) with SOCK_NONBLOCK | SOCK_CLOEXEC.
   */
  accept(listener: Handle): SysResult;

  /**
   * Receives at most `lengthBytes` into the attached memory.
   *
   * @param flags 0 or {@link RECV_PEEK}.
   * @returns the count of bytes; 0 when the peer ended its side, after everything it sent has been
   *   received (or when 0 bytes were asked for and some are there); `-AGAIN` when nothing is there
   *   yet; `-CONNRESET` once after a reset, then 0 for ever; `-NOTCONN`; `-NOTSOCK`; `-INVAL` for
   *   other flags. Data that came before a reset is received before its error; data that comes
   *   after a local {@link shutdown} of READ is still received. Source: recv(2).
   */
  recv(handle: Handle, pointer: number, lengthBytes: number, flags: number): SysResult;

  /**
   * {@link recv} into several pieces of memory, filled in order.
   *
   * @param count how many pairs of {@link vectors} to use; more than 1,024 answer `-INVAL`.
   */
  recvVectors(handle: Handle, count: number, flags: number): SysResult;

  /**
   * Sends at most `lengthBytes` from the attached memory. Raises no signal.
   *
   * @returns the count of bytes taken, which may be fewer than asked; `-AGAIN` when the send
   *   buffer is full; `-CONNRESET` once after a reset that no one has seen, `-PIPE` after that, or
   *   after a local shutdown, or on a socket that was never connected; `-NOTSOCK`. After the peer
   *   has closed, a TCP socket still takes a first send, and `-PIPE` answers once its reset is
   *   back; a unix socket answers it at once. Source: send(2) with MSG_NOSIGNAL.
   */
  send(handle: Handle, pointer: number, lengthBytes: number): SysResult;

  /** {@link send} of several pieces of memory, in order: the first `count` of {@link vectors}. */
  sendVectors(handle: Handle, count: number): SysResult;

  /**
   * The (pointer, length) pairs that `recvVectors` and `sendVectors` use: pair `i` at `2 * i`.
   * Room for 1,024.
   */
  readonly vectors: Int32Array;

  /**
   * Ends one direction or both of a connected socket; of a listener, refuses new connections.
   *
   * @returns 0, `-NOTCONN` when not connected (any more), `-NOTSOCK`, `-INVAL` for no direction.
   *   Source: shutdown(2).
   */
  shutdown(handle: Handle, how: Shutdown): SysResult;

  /**
   * Closes a handle, which ends its watching in every set. Unread bytes make it a reset for the
   * peer; a listener resets its queued connections.
   *
   * @returns 0. Source: close(2), whose EINTR means closed.
   */
  close(handle: Handle): SysResult;

  /**
   * A second handle of the same socket. The socket lives until the last handle is closed.
   *
   * @returns a handle, `-MFILE`; `-BUSY` while the kernel holds bytes that it has received from the socket
   *   ahead, and that only the first handle could get: receive them first. Source: dup(2) with
   *   close-on-exec.
   */
  dup(handle: Handle): SysResult;

  /**
   * Takes the pending error off the socket: it is reported once.
   *
   * @returns 0 for none, or the errno itself (positive); `-NOTSOCK`. Source: SO_ERROR, socket(7).
   */
  takeError(handle: Handle): SysResult;

  /**
   * @returns 0, `-INVAL` for a bad value, `-NOTSUP` for a linger of a second or more,
   *   `-NOPROTOOPT` for NO_DELAY on a unix socket, `-NOTSOCK`. Source: setsockopt(2), tcp(7).
   */
  setOption(handle: Handle, option: SocketOption, value: number): SysResult;

  /**
   * @returns what holds: 1 or 0, bytes (as many as the system made of what was set); for LINGER, whose
   *   off is no SysResult, 1 when close resets and 0 when it is off. `-INVAL` for an option that does
   *   not exist, `-NOPROTOOPT` for NO_DELAY on a unix socket, `-NOTSOCK`.
   *   Source: getsockopt(2), socket(7).
   */
  getOption(handle: Handle, option: SocketOption): SysResult;

  /** @returns the socket's own address, or (a number) `-NOTSOCK`. Source: getsockname(2). */
  localAddress(handle: Handle): Address | SysResult;

  /** @returns the peer's address, or (a number) `-NOTCONN`, `-NOTSOCK`. Source: getpeername(2). */
  peerAddress(handle: Handle): Address | SysResult;

  /** @returns the handle's {@link FileType}. */
  fileType(handle: Handle): SysResult;

  /**
   * Lets no new client into a listener's queue; what is queued can still be accepted, and so can a
   * handshake that is under way. A TCP client is not refused but unheard: it tries again, until the
   * listener is closed. (Without this, a server that accepts until nothing is queued and then closes,
   * resets whoever came in between.) A unix listener goes on queueing: the path is its owner's to
   * remove first.
   *
   * @returns 0, `-INVAL` when it is not listening, `-NOTSOCK`. Source: SO_ATTACH_FILTER, socket(7).
   */
  stopQueueing(listener: Handle): SysResult;

  // ---- streams --------------------------------------------------------------------------------

  /**
   * Opens standard input (0), output (1) or error (2) for the guest.
   *
   * @returns a handle; `-BADF` when the process has none; `-MFILE`. The host's own descriptor stays
   *   open when the handle is closed, and its flags are never changed: the user's shell shares them.
   */
  openStdio(index: number): SysResult;

  /**
   * Reads at most `lengthBytes` from a stream or socket into the attached memory. Never blocks.
   *
   * @returns the count of bytes; 0 at the end; `-AGAIN` when nothing is there yet; `-ISDIR`; `-BADF`
   *   also for a stream that can only be written; on a socket as {@link recv}. Source: read(2).
   */
  read(handle: Handle, pointer: number, lengthBytes: number): SysResult;

  /**
   * Writes at most `lengthBytes` from the attached memory to a stream or socket. Never blocks: a
   * stream takes 4,096 bytes at most, since a pipe that is called writable has room for no more.
   *
   * A stream that is a terminal gets `?` for each control character, so that a guest can't drive
   * it: 00 to 1F except tab, newline and carriage return; 7F; 80 to 9F that belong to no UTF-8
   * character, or follow C2, also in a later write. Pipes, files and sockets get every byte.
   *
   * @returns the count of bytes taken; `-AGAIN` when there is no room; `-PIPE` when the reader is
   *   gone; `-BADF` also for a stream that can only be read; on a socket as {@link send}. Raises no
   *   signal. Source: write(2).
   */
  write(handle: Handle, pointer: number, lengthBytes: number): SysResult;

  // ---- waiting --------------------------------------------------------------------------------

  /** Opens an empty set. @returns a set, `-MFILE`. */
  openSet(): SysResult;

  /** Closes a set. What it watched stays open. @returns 0, `-BADF` when it is not open. */
  closeSet(set: SetHandle): SysResult;

  /**
   * Watches `handle` in `set`, or changes how it is watched: what is there is then told anew.
   * ERROR and HANGUP are always included. Each set has its own interest and mode.
   *
   * @param interest READ, WRITE, READ_HANGUP; 0: ERROR and HANGUP alone, of which a level is told by
   *   every wait, so that who wants nothing has to {@link unwatch}.
   * @returns 0; `-PERM` when the handle can't be waited for because it is always ready (a file,
   *   /dev/null); `-NOTSUP` for a mode that {@link capabilities} lacks; `-INVAL` for an interest
   *   that can't be asked for.
   *   Source: epoll_ctl(2).
   */
  watch(set: SetHandle, handle: Handle, interest: Interest, mode: Mode): SysResult;

  /** Stops watching. @returns 0, also when `handle` was not watched in `set`. */
  unwatch(set: SetHandle, handle: Handle): SysResult;

  /**
   * Waits until a handle watched in `set` is ready, {@link wake} is called, or `timeoutNs` has
   * passed. Never returns early with 0. A signal does not end it.
   *
   * READ: data, the peer's end, a queued connection or an error is there. WRITE: a good part of the
   * send buffer is free (on Linux a third; one free byte is not enough), or sending would fail at
   * once. A level-triggered handle that stays ready is reported by every call. Spurious reports are
   * allowed: the call that follows may still answer `-AGAIN`. An event never names a handle that
   * was closed before the call.
   *
   * @param timeoutNs nanoseconds from now, rounded up to what the system can wait; 0 polls;
   *   Infinity waits for ever.
   * @param ready receives (handle, readiness) pairs, a handle at most once; what does not fit is
   *   reported by the next calls, before what has been reported already.
   * @returns the number of pairs written; 0 when the time ran out; `-CANCELED` after `wake()`, though
   *   what is found together with a wake of another thread may be reported first; `-INVAL` for a
   *   time below 0 or NaN, or a list without room. Source: epoll_pwait2(2).
   */
  wait(set: SetHandle, timeoutNs: number, ready: ReadyList): SysResult;

  /**
   * {@link wait} for the handles in `few`, which touches no set.
   *
   * @param few the handles and their interests; receives the readiness of each. A handle that is
   *   always ready (a file) is ready.
   * @returns how many are ready; 0 when the time ran out; `-CANCELED` and `-INVAL` as {@link wait},
   *   the latter also for an interest of 0. Source: ppoll(2).
   */
  waitFew(few: FewList, timeoutNs: number): SysResult;

  /**
   * Ends the current or the next `wait` or `waitFew` with `-CANCELED`, and every one after that
   * until {@link consumeWake}. The one call that any thread may make.
   */
  wake(): void;

  /** Takes a wake back, so that waits wait again. Wakes that came together are one. */
  consumeWake(): void;

  // ---- clocks and randomness ------------------------------------------------------------------

  /**
   * Reads a clock. The monotonic clock starts near 0 with the kernel.
   *
   * @param instant receives nanoseconds as two words: [0] low, [1] high.
   * @returns 0, `-INVAL` for a clock that does not exist. Source: clock_gettime(2).
   */
  clockTime(clock: ClockId, instant: Uint32Array): SysResult;

  /** As {@link clockTime}: the length of one step of a clock. Source: clock_getres(2). */
  clockResolution(clock: ClockId, instant: Uint32Array): SysResult;

  /** Fills memory with random bytes fit for keys. @returns 0. Source: getrandom(2). */
  random(pointer: number, lengthBytes: number): SysResult;

  /** Closes every handle and set. Later calls answer `-BADF`. */
  destroy(): void;
}
