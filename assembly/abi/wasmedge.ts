// The functions that WasmEdge adds to preview1's module, so far as our guests call them: how a
// guest makes a connection of its own. Each answers an errno of preview1; pointers named `...At`
// are where the host writes.
//
// Source: WasmEdge, lib/host/wasi/wasimodule.cpp.

/** Opens a socket. */
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "sock_open")
export declare function sockOpen(family: u32, type: u32, fdAt: usize): u16;

/** Connects; INPROGRESS when the socket does not block. The port is in the host's order. */
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "sock_connect")
export declare function sockConnect(fd: u32, address: usize, port: u32): u16;

/** Reads an option. The size says how much room there is, and then how much was written. */
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "sock_getsockopt")
export declare function sockGetsockopt(
  fd: u32,
  level: u32,
  name: u32,
  valueAt: usize,
  sizeAt: usize,
): u16;

/** Sets an option. */
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "sock_setsockopt")
export declare function sockSetsockopt(
  fd: u32,
  level: u32,
  name: u32,
  value: usize,
  sizeBytes: u32,
): u16;
