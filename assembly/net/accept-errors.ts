// What an error of accept is about.

import {
  CONNABORTED,
  HOSTUNREACH,
  INTR,
  MFILE,
  NETDOWN,
  NETUNREACH,
  NFILE,
  NOBUFS,
  NOMEM,
  NOPROTOOPT,
  PERM,
  PROTO,
} from "../abi/wasip1-layout";

/** The connection stays in the queue, and the listener readable. Source: accept(2). */
export function isExhaustion(errno: u16): bool {
  return errno == MFILE || errno == NFILE || errno == NOBUFS || errno == NOMEM;
}

/** An error of the connection that would have been taken: the next is another's. Same source. */
export function isTransient(errno: u16): bool {
  return (
    errno == CONNABORTED ||
    errno == INTR ||
    errno == PROTO ||
    errno == NOPROTOOPT ||
    errno == NETDOWN ||
    errno == NETUNREACH ||
    errno == HOSTUNREACH ||
    errno == PERM
  );
}
