/* Linux errno -> WASI errno, as a table that the compiler fills. */
#include "wasi-errno.h"

#include <errno.h>
#include <stddef.h>

/* A Linux errno that is not here reads 0 and becomes WASI_IO. */
static const uint8_t WASI_BY_LINUX[] = {
    [E2BIG] = WASI_E2BIG,
    [EACCES] = WASI_ACCES,
    [EADDRINUSE] = WASI_ADDRINUSE,
    [EADDRNOTAVAIL] = WASI_ADDRNOTAVAIL,
    [EAFNOSUPPORT] = WASI_AFNOSUPPORT,
    [EAGAIN] = WASI_AGAIN, /* EWOULDBLOCK is the same number */
    [EALREADY] = WASI_ALREADY,
    [EBADF] = WASI_BADF,
    [EBADMSG] = WASI_BADMSG,
    [EBUSY] = WASI_BUSY,
    [ECANCELED] = WASI_CANCELED,
    [ECHILD] = WASI_CHILD,
    [ECONNABORTED] = WASI_CONNABORTED,
    [ECONNREFUSED] = WASI_CONNREFUSED,
    [ECONNRESET] = WASI_CONNRESET,
    [EDEADLK] = WASI_DEADLK,
    [EDESTADDRREQ] = WASI_DESTADDRREQ,
    [EDOM] = WASI_DOM,
    [EDQUOT] = WASI_DQUOT,
    [EEXIST] = WASI_EXIST,
    [EFAULT] = WASI_FAULT,
    [EFBIG] = WASI_FBIG,
    [EHOSTUNREACH] = WASI_HOSTUNREACH,
    [EIDRM] = WASI_IDRM,
    [EILSEQ] = WASI_ILSEQ,
    [EINPROGRESS] = WASI_INPROGRESS,
    [EINTR] = WASI_INTR,
    [EINVAL] = WASI_INVAL,
    [EIO] = WASI_IO,
    [EISCONN] = WASI_ISCONN,
    [EISDIR] = WASI_ISDIR,
    [ELOOP] = WASI_LOOP,
    [EMFILE] = WASI_MFILE,
    [EMLINK] = WASI_MLINK,
    [EMSGSIZE] = WASI_MSGSIZE,
    [EMULTIHOP] = WASI_MULTIHOP,
    [ENAMETOOLONG] = WASI_NAMETOOLONG,
    [ENETDOWN] = WASI_NETDOWN,
    [ENETRESET] = WASI_NETRESET,
    [ENETUNREACH] = WASI_NETUNREACH,
    [ENFILE] = WASI_NFILE,
    [ENOBUFS] = WASI_NOBUFS,
    [ENODEV] = WASI_NODEV,
    [ENOENT] = WASI_NOENT,
    [ENOEXEC] = WASI_NOEXEC,
    [ENOLCK] = WASI_NOLCK,
    [ENOLINK] = WASI_NOLINK,
    [ENOMEM] = WASI_NOMEM,
    [ENOMSG] = WASI_NOMSG,
    [ENOPROTOOPT] = WASI_NOPROTOOPT,
    [ENOSPC] = WASI_NOSPC,
    [ENOSYS] = WASI_NOSYS,
    [ENOTCONN] = WASI_NOTCONN,
    [ENOTDIR] = WASI_NOTDIR,
    [ENOTEMPTY] = WASI_NOTEMPTY,
    [ENOTRECOVERABLE] = WASI_NOTRECOVERABLE,
    [ENOTSOCK] = WASI_NOTSOCK,
    [ENOTSUP] = WASI_NOTSUP, /* EOPNOTSUPP is the same number */
    [ENOTTY] = WASI_NOTTY,
    [ENXIO] = WASI_NXIO,
    [EOVERFLOW] = WASI_OVERFLOW,
    [EOWNERDEAD] = WASI_OWNERDEAD,
    [EPERM] = WASI_PERM,
    [EPIPE] = WASI_PIPE,
    [EPROTO] = WASI_PROTO,
    [EPROTONOSUPPORT] = WASI_PROTONOSUPPORT,
    [EPROTOTYPE] = WASI_PROTOTYPE,
    [ERANGE] = WASI_RANGE,
    [EROFS] = WASI_ROFS,
    [ESPIPE] = WASI_SPIPE,
    [ESRCH] = WASI_SRCH,
    [ESTALE] = WASI_STALE,
    [ETIMEDOUT] = WASI_TIMEDOUT,
    [ETXTBSY] = WASI_TXTBSY,
    [EXDEV] = WASI_XDEV,

    /* Numbers that only Linux has, where a WASI one means the same. */
    [EHOSTDOWN] = WASI_HOSTUNREACH,
    [ENONET] = WASI_NETUNREACH,
    [EPFNOSUPPORT] = WASI_AFNOSUPPORT,
    [ESHUTDOWN] = WASI_PIPE,
    [ESOCKTNOSUPPORT] = WASI_PROTONOSUPPORT,
};

_Static_assert(EWOULDBLOCK == EAGAIN, "one row serves both");
_Static_assert(EOPNOTSUPP == ENOTSUP, "one row serves both");

int32_t pollux_errno_translate(int linux_errno) {
  if (linux_errno == 0) return WASI_SUCCESS;
  const size_t rows = sizeof WASI_BY_LINUX / sizeof WASI_BY_LINUX[0];
  if (linux_errno < 0 || (size_t)linux_errno >= rows) return WASI_IO;
  const int32_t wasi = WASI_BY_LINUX[linux_errno];
  return wasi == WASI_SUCCESS ? WASI_IO : wasi;
}

int32_t pollux_fail(int linux_errno) {
  /* A failure must never read as success, whatever state errno was left in. */
  return linux_errno == 0 ? -WASI_IO : -pollux_errno_translate(linux_errno);
}
