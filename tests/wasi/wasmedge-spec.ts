// The numbers of WasmEdge's sockets as the tests know them: written down from its sources once more,
// and not taken from host/wasi/dialects/, so that a wrong number there shows.
//
// Source: WasmEdge, include/api/wasi/api.hpp.

export const Family = { INET4: 1, INET6: 2, UNIX: 3 } as const;
export const DGRAM = 1;
export const STREAM = 2;
export const SOL_SOCKET = 0;

export const Option = {
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
