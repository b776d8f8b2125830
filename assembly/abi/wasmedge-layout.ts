// The numbers and memory layouts of WasmEdge's sockets, so far as clients of ours need them.
//
// Source: WasmEdge, include/api/wasi/api.hpp.

/** Not Linux's numbers. */
export const AF_INET4: u32 = 1;

export const SOCK_STREAM: u32 = 2;

/** The one level of options. */
export const SOL_SOCKET: u32 = 0;

export const SO_ERROR: u32 = 2;
export const SO_LINGER: u32 = 9;

/** Where the bytes of an address lie: four of an IPv4 address, in network order. 8 bytes. */
@unmanaged
export class SockAddress {
  address: u32;
  lengthBytes: u32;
}

if (offsetof<SockAddress>("lengthBytes") != 4) ERROR("WasmEdge: address.len is at 4");
if (offsetof<SockAddress>() != 8) ERROR("WasmEdge: an address is 8 bytes");

/** `struct linger`: on, for 0 seconds, makes a reset of a close. 8 bytes. */
@unmanaged
export class Linger {
  isOn: u32;
  seconds: u32;
}

if (offsetof<Linger>("seconds") != 4) ERROR("WasmEdge: linger.l_linger is at 4");
if (offsetof<Linger>() != 8) ERROR("WasmEdge: a linger is 8 bytes");
