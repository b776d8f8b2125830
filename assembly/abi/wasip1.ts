// The functions of WASI preview1 that guests call. Only those that a program uses become imports
// of its module. Each answers an errno; pointers are where the host writes its results.
//
// Source: WebAssembly/WASI, wasi-0.1, preview1/docs.md, `Modules`.

/** Writes the arguments' addresses and their NUL-ended text. */
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "args_get")
export declare function argsGet(argv: usize, argvBuffer: usize): u16;

/** Tells how many arguments there are, and the bytes of their text. */
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "args_sizes_get")
export declare function argsSizesGet(argc: usize, argvBufferBytes: usize): u16;

/** Reads a clock, in nanoseconds. */
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "clock_time_get")
export declare function clockTimeGet(clockId: u32, precisionNs: u64, timeNs: usize): u16;

/** Closes a descriptor. It is closed whatever the answer: never call it twice. */
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_close")
export declare function fdClose(fd: u32): u16;

/** Describes a descriptor; BADF when it is not open. */
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_fdstat_get")
export declare function fdFdstatGet(fd: u32, fdstat: usize): u16;

/** Sets a descriptor's flags, `FDFLAGS_NONBLOCK` among them. */
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_fdstat_set_flags")
export declare function fdFdstatSetFlags(fd: u32, fdflags: u16): u16;

/** Reads from a stream; 0 bytes at its end. */
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_read")
export declare function fdRead(fd: u32, iovecs: usize, iovecCount: u32, readBytes: usize): u16;

/** Writes to a stream; one that does not block may take fewer bytes than it is given. */
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_write")
export declare function fdWrite(fd: u32, iovecs: usize, iovecCount: u32, writtenBytes: usize): u16;

/** Waits until one of the subscriptions has an event. */
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "poll_oneoff")
export declare function pollOneoff(
  subscriptions: usize,
  events: usize,
  subscriptionCount: u32,
  eventCount: usize,
): u16;

/** Ends the guest. Does not return. */
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "proc_exit")
export declare function procExit(code: u32): void;

/** Takes a connection off a listener; `fdflags` are the new descriptor's. */
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "sock_accept")
export declare function sockAccept(fd: u32, fdflags: u16, accepted: usize): u16;

/** Receives; 0 bytes when the peer has finished sending. */
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "sock_recv")
export declare function sockRecv(
  fd: u32,
  iovecs: usize,
  iovecCount: u32,
  riflags: u16,
  receivedBytes: usize,
  roflags: usize,
): u16;

/** Sends; may take fewer bytes than it is given. */
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "sock_send")
export declare function sockSend(
  fd: u32,
  iovecs: usize,
  iovecCount: u32,
  siflags: u16,
  sentBytes: usize,
): u16;

/** Ends one direction of a connection, or both. */
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "sock_shutdown")
export declare function sockShutdown(fd: u32, sdflags: u8): u16;
