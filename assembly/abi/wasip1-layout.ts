// The numbers and memory layouts of WASI preview1. A wrong offset stops the compiler, and a test
// compares the error numbers with the host's. The pads are not optional: AssemblyScript does not
// round `offsetof<T>()` up to the alignment, and a union's body would land too early.
//
// Source: WebAssembly/WASI, wasi-0.1, preview1/docs.md, `Types`.

export const SUCCESS: u16 = 0;
export const E2BIG: u16 = 1;
export const ACCES: u16 = 2;
export const ADDRINUSE: u16 = 3;
export const ADDRNOTAVAIL: u16 = 4;
export const AFNOSUPPORT: u16 = 5;
export const AGAIN: u16 = 6;
export const ALREADY: u16 = 7;
export const BADF: u16 = 8;
export const BADMSG: u16 = 9;
export const BUSY: u16 = 10;
export const CANCELED: u16 = 11;
export const CHILD: u16 = 12;
export const CONNABORTED: u16 = 13;
export const CONNREFUSED: u16 = 14;
export const CONNRESET: u16 = 15;
export const DEADLK: u16 = 16;
export const DESTADDRREQ: u16 = 17;
export const DOM: u16 = 18;
export const DQUOT: u16 = 19;
export const EXIST: u16 = 20;
export const FAULT: u16 = 21;
export const FBIG: u16 = 22;
export const HOSTUNREACH: u16 = 23;
export const IDRM: u16 = 24;
export const ILSEQ: u16 = 25;
export const INPROGRESS: u16 = 26;
export const INTR: u16 = 27;
export const INVAL: u16 = 28;
export const IO: u16 = 29;
export const ISCONN: u16 = 30;
export const ISDIR: u16 = 31;
export const LOOP: u16 = 32;
export const MFILE: u16 = 33;
export const MLINK: u16 = 34;
export const MSGSIZE: u16 = 35;
export const MULTIHOP: u16 = 36;
export const NAMETOOLONG: u16 = 37;
export const NETDOWN: u16 = 38;
export const NETRESET: u16 = 39;
export const NETUNREACH: u16 = 40;
export const NFILE: u16 = 41;
export const NOBUFS: u16 = 42;
export const NODEV: u16 = 43;
export const NOENT: u16 = 44;
export const NOEXEC: u16 = 45;
export const NOLCK: u16 = 46;
export const NOLINK: u16 = 47;
export const NOMEM: u16 = 48;
export const NOMSG: u16 = 49;
export const NOPROTOOPT: u16 = 50;
export const NOSPC: u16 = 51;
export const NOSYS: u16 = 52;
export const NOTCONN: u16 = 53;
export const NOTDIR: u16 = 54;
export const NOTEMPTY: u16 = 55;
export const NOTRECOVERABLE: u16 = 56;
export const NOTSOCK: u16 = 57;
export const NOTSUP: u16 = 58;
export const NOTTY: u16 = 59;
export const NXIO: u16 = 60;
export const OVERFLOW: u16 = 61;
export const OWNERDEAD: u16 = 62;
export const PERM: u16 = 63;
export const PIPE: u16 = 64;
export const PROTO: u16 = 65;
export const PROTONOSUPPORT: u16 = 66;
export const PROTOTYPE: u16 = 67;
export const RANGE: u16 = 68;
export const ROFS: u16 = 69;
export const SPIPE: u16 = 70;
export const SRCH: u16 = 71;
export const STALE: u16 = 72;
export const TIMEDOUT: u16 = 73;
export const TXTBSY: u16 = 74;
export const XDEV: u16 = 75;
export const NOTCAPABLE: u16 = 76;

export const EVENTTYPE_CLOCK: u8 = 0;
export const EVENTTYPE_FD_READ: u8 = 1;
export const EVENTTYPE_FD_WRITE: u8 = 2;

export const EVENTRWFLAGS_HANGUP: u16 = 1;

export const CLOCKID_MONOTONIC: u32 = 1;

export const FDFLAGS_NONBLOCK: u16 = 4;

export const FILETYPE_SOCKET_STREAM: u8 = 6;

/** Bits of `Fdstat.rightsBase`: what a stream can do, and what a listener. */
export const RIGHTS_SOCK_SHUTDOWN: u64 = 0x10000000;
export const RIGHTS_SOCK_ACCEPT: u64 = 0x20000000;

/** Of `sock_shutdown`: no more is sent. */
export const SDFLAGS_WR: u8 = 2;

export const STDIN: u32 = 0;
export const STDOUT: u32 = 1;
export const STDERR: u32 = 2;
/** The first descriptor that a host may have opened for the guest. */
export const FD_PREOPENED_FIRST: u32 = 3;

/** A piece of memory to read into or to write from. 8 bytes. */
@unmanaged
export class Iovec {
  address: u32;
  lengthBytes: u32;
}

if (offsetof<Iovec>("lengthBytes") != 4) ERROR("preview1: iovec.buf_len is at 4");
if (offsetof<Iovec>() != 8) ERROR("preview1: an iovec is 8 bytes");

/** What a descriptor is. 24 bytes. */
@unmanaged
export class Fdstat {
  filetype: u8;
  flags: u16;
  private pad0: u32;
  rightsBase: u64;
  rightsInheriting: u64;
}

if (offsetof<Fdstat>("flags") != 2) ERROR("preview1: fdstat.fs_flags is at 2");
if (offsetof<Fdstat>("rightsBase") != 8) ERROR("preview1: fdstat.fs_rights_base is at 8");
if (offsetof<Fdstat>() != 24) ERROR("preview1: a fdstat is 24 bytes");

/** A subscription to a descriptor's readability or writability. 48 bytes, as all are. */
@unmanaged
export class SubscriptionFd {
  userdata: u64;
  tag: u8;
  private pad0: u32;
  fd: u32;
  private pad1: u32;
  private pad2: u64;
  private pad3: u64;
  private pad4: u64;
}

if (offsetof<SubscriptionFd>("tag") != 8) ERROR("preview1: subscription.u.tag is at 8");
if (offsetof<SubscriptionFd>("fd") != 16) ERROR("preview1: file_descriptor is at 16");
if (offsetof<SubscriptionFd>() != 48) ERROR("preview1: a subscription is 48 bytes");

/** A subscription to a clock. 48 bytes. */
@unmanaged
export class SubscriptionClock {
  userdata: u64;
  tag: u8;
  private pad0: u32;
  clockId: u32;
  timeoutNs: u64;
  precisionNs: u64;
  flags: u16;
  private pad1: u32;
}

if (offsetof<SubscriptionClock>("tag") != 8) ERROR("preview1: subscription.u.tag is at 8");
if (offsetof<SubscriptionClock>("clockId") != 16) ERROR("preview1: clock.id is at 16");
if (offsetof<SubscriptionClock>("timeoutNs") != 24) ERROR("preview1: clock.timeout is at 24");
if (offsetof<SubscriptionClock>("precisionNs") != 32) ERROR("preview1: clock.precision is at 32");
if (offsetof<SubscriptionClock>("flags") != 40) ERROR("preview1: clock.flags is at 40");
if (offsetof<SubscriptionClock>() != 48) ERROR("preview1: a subscription is 48 bytes");

/** What `poll_oneoff` answers for one subscription. 32 bytes. */
@unmanaged
export class Event {
  userdata: u64;
  error: u16;
  type: u8;
  private pad0: u32;
  readyBytes: u64;
  flags: u16;
  private pad1: u32;
}

if (offsetof<Event>("error") != 8) ERROR("preview1: event.error is at 8");
if (offsetof<Event>("type") != 10) ERROR("preview1: event.type is at 10");
if (offsetof<Event>("readyBytes") != 16) ERROR("preview1: fd_readwrite.nbytes is at 16");
if (offsetof<Event>("flags") != 24) ERROR("preview1: fd_readwrite.flags is at 24");
if (offsetof<Event>() != 32) ERROR("preview1: an event is 32 bytes");
