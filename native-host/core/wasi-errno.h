/*
 * The error numbers of WASI preview1, and the one place that translates Linux's to them.
 * Everything in core/ answers `>= 0` for success or one of these, negated.
 *
 * Source: WebAssembly/WASI, wasi-0.1, preview1/docs.md, `errno`. host/base/errno.ts is its twin.
 */
#ifndef POLLUX_WASI_ERRNO_H
#define POLLUX_WASI_ERRNO_H

#include <stdint.h>

enum wasi_errno {
  WASI_SUCCESS = 0,
  WASI_E2BIG = 1,
  WASI_ACCES = 2,
  WASI_ADDRINUSE = 3,
  WASI_ADDRNOTAVAIL = 4,
  WASI_AFNOSUPPORT = 5,
  WASI_AGAIN = 6,
  WASI_ALREADY = 7,
  WASI_BADF = 8,
  WASI_BADMSG = 9,
  WASI_BUSY = 10,
  WASI_CANCELED = 11,
  WASI_CHILD = 12,
  WASI_CONNABORTED = 13,
  WASI_CONNREFUSED = 14,
  WASI_CONNRESET = 15,
  WASI_DEADLK = 16,
  WASI_DESTADDRREQ = 17,
  WASI_DOM = 18,
  WASI_DQUOT = 19,
  WASI_EXIST = 20,
  WASI_FAULT = 21,
  WASI_FBIG = 22,
  WASI_HOSTUNREACH = 23,
  WASI_IDRM = 24,
  WASI_ILSEQ = 25,
  WASI_INPROGRESS = 26,
  WASI_INTR = 27,
  WASI_INVAL = 28,
  WASI_IO = 29,
  WASI_ISCONN = 30,
  WASI_ISDIR = 31,
  WASI_LOOP = 32,
  WASI_MFILE = 33,
  WASI_MLINK = 34,
  WASI_MSGSIZE = 35,
  WASI_MULTIHOP = 36,
  WASI_NAMETOOLONG = 37,
  WASI_NETDOWN = 38,
  WASI_NETRESET = 39,
  WASI_NETUNREACH = 40,
  WASI_NFILE = 41,
  WASI_NOBUFS = 42,
  WASI_NODEV = 43,
  WASI_NOENT = 44,
  WASI_NOEXEC = 45,
  WASI_NOLCK = 46,
  WASI_NOLINK = 47,
  WASI_NOMEM = 48,
  WASI_NOMSG = 49,
  WASI_NOPROTOOPT = 50,
  WASI_NOSPC = 51,
  WASI_NOSYS = 52,
  WASI_NOTCONN = 53,
  WASI_NOTDIR = 54,
  WASI_NOTEMPTY = 55,
  WASI_NOTRECOVERABLE = 56,
  WASI_NOTSOCK = 57,
  WASI_NOTSUP = 58,
  WASI_NOTTY = 59,
  WASI_NXIO = 60,
  WASI_OVERFLOW = 61,
  WASI_OWNERDEAD = 62,
  WASI_PERM = 63,
  WASI_PIPE = 64,
  WASI_PROTO = 65,
  WASI_PROTONOSUPPORT = 66,
  WASI_PROTOTYPE = 67,
  WASI_RANGE = 68,
  WASI_ROFS = 69,
  WASI_SPIPE = 70,
  WASI_SRCH = 71,
  WASI_STALE = 72,
  WASI_TIMEDOUT = 73,
  WASI_TXTBSY = 74,
  WASI_XDEV = 75,
  WASI_NOTCAPABLE = 76,
};

/* The WASI number of a Linux errno; 0 for 0, WASI_IO for one that WASI has no word for. */
int32_t pollux_errno_translate(int linux_errno);

/* The answer of a call that failed with `linux_errno`: `pollux_fail(EBADF) == -WASI_BADF`. */
int32_t pollux_fail(int linux_errno);

#endif
