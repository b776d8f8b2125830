// The numbers of WasmEdge's sockets: the only place in host/ that knows them; a test compares them
// with assembly/abi/.
//
// Source: WasmEdge, include/api/wasi/api.hpp and lib/host/wasi/wasifunc.cpp.

/** Not those of Linux, nor of WAMR. */
export const AddressFamily = { UNSPEC: 0, INET4: 1, INET6: 2, UNIX: 3 } as const;

export const SockType = { ANY: 0, DGRAM: 1, STREAM: 2 } as const;

/** The one level of options. */
export const SOL_SOCKET = 0;

export const SockOption = {
  REUSEADDR: 0,
  TYPE: 1,
  ERROR: 2,
  DONTROUTE: 3,
  BROADCAST: 4,
  SNDBUF: 5,
  RCVBUF: 6,
  KEEPALIVE: 7,
  OOBINLINE: 8,
  LINGER: 9,
  RCVLOWAT: 10,
  RCVTIMEO: 11,
  SNDTIMEO: 12,
  ACCEPTCONN: 13,
  BINDTODEVICE: 14,
} as const;

/** `address`, 8 bytes: where the bytes of an address lie, and how many there are. */
export const SockAddress = { BYTES: 8, BUF: 0, LEN: 4 } as const;

/** How long those bytes are in version 1: the address itself, in network order. */
export const AddressV1 = { IPV4_BYTES: 4, IPV6_BYTES: 16 } as const;

/**
 * The bytes of an address in version 2:
 *
 *     0        2                                   128
 *     | family | IPv4: 4, IPv6: 16, unix: a path   |
 *
 * A path ends at its first zero byte.
 */
export const AddressV2 = { BYTES: 128, FAMILY: 0, ADDRESS: 2 } as const;

/** `struct linger` of C, 8 bytes. */
export const Linger = { BYTES: 8, IS_ON: 0, SECONDS: 4 } as const;

/** Any other option. */
export const OPTION_BYTES = 4;
