// WasmEdge's sock_getsockopt and sock_setsockopt, as getsockopt(2) and setsockopt(2) have them, with
// the numbers of WASI where the value is one: an errno, a type of socket.

import { Errno } from '../../base/errno.ts';
import type { SysResult } from '../../base/sys-result.ts';
import { SocketOption } from '../../kernel/kernel.ts';
import { type Descriptor, Kind } from '../descriptors.ts';
import type { Functions } from '../functions.ts';
import type { Sandbox } from '../sandbox.ts';
import { Linger, OPTION_BYTES, SockOption, SockType, SOL_SOCKET } from './wasmedge-layout.ts';

/** Those that a kernel keeps. The others are not built: `-NOPROTOOPT`. */
const KEPT: Readonly<Record<number, SocketOption>> = {
  [SockOption.REUSEADDR]: SocketOption.REUSE_ADDRESS,
  [SockOption.SNDBUF]: SocketOption.SEND_BUFFER,
  [SockOption.RCVBUF]: SocketOption.RECEIVE_BUFFER,
  [SockOption.LINGER]: SocketOption.LINGER,
};

/** What only can be asked. */
const ASKED: ReadonlySet<number> = new Set([
  SockOption.TYPE,
  SockOption.ERROR,
  SockOption.ACCEPTCONN,
]);

export function optionFunctions(sandbox: Sandbox): Functions {
  const { descriptors, kernel } = sandbox;

  /** The error is taken: the one that a call with some bytes has kept, or the system's. */
  function takeError(socket: Descriptor): SysResult {
    const held = socket.heldError;
    socket.heldError = 0;
    if (held !== 0) return -held;
    return socket.isRetired ? 0 : kernel.takeError(socket.handle);
  }

  function ask(socket: Descriptor, name: number): SysResult {
    switch (name) {
      case SockOption.TYPE:
        return SockType.STREAM;
      case SockOption.ACCEPTCONN:
        return Number(socket.kind === Kind.LISTENER);
      case SockOption.ERROR:
        return takeError(socket);
      default:
        if (socket.isRetired) return -Errno.INVAL;
        return kernel.getOption(socket.handle, KEPT[name] as SocketOption);
    }
  }

  /** What the kernel is to be told; negative for what LINGER calls off. */
  function valueOf(name: number, at: number): number {
    const { memory } = sandbox;
    const value = memory.getUint32(at);
    if (name === SockOption.REUSEADDR) return value === 0 ? 0 : 1;
    if (name !== SockOption.LINGER) return Math.min(value, 0x7fff_ffff);
    if (memory.getUint32(at + Linger.IS_ON) === 0) return -1;
    return memory.getUint32(at + Linger.SECONDS) === 0 ? 0 : 1;
  }

  return {
    /**
     * Writes as much of the value as there is room for, and then how much that is: 4 bytes, 8 of
     * LINGER. ERROR, which is a number of WASI, is taken off the socket.
     *
     * @param sizePointer holds how much room there is.
     * @returns 0; `-BADF`; `-NOTSOCK`; `-NOPROTOOPT` for another level than SOL_SOCKET, and for
     *   options other than REUSEADDR, TYPE, ERROR, SNDBUF, RCVBUF, LINGER, ACCEPTCONN; `-FAULT`;
     *   `-INVAL` for room of 2^31 bytes and more; `-INVAL` of a listener that was closed in a drain.
     *   Source: getsockopt(2), socket(7).
     */
    sock_getsockopt(
      fd: number,
      level: number,
      name: number,
      valuePointer: number,
      sizePointer: number,
    ) {
      const socket = descriptors.get(fd);
      if (socket === undefined) return -Errno.BADF;
      if (!socket.isSocket) return -Errno.NOTSOCK;
      if (level !== SOL_SOCKET) return -Errno.NOPROTOOPT;
      if (KEPT[name] === undefined && !ASKED.has(name)) return -Errno.NOPROTOOPT;
      const { memory } = sandbox;
      if (!memory.holds(sizePointer, 4)) return -Errno.FAULT;
      const roomBytes = memory.getUint32(sizePointer);
      if (roomBytes > 0x7fff_ffff) return -Errno.INVAL;
      const sizeBytes = name === SockOption.LINGER ? Linger.BYTES : OPTION_BYTES;
      const countBytes = Math.min(roomBytes, sizeBytes);
      if (!memory.holds(valuePointer, countBytes)) return -Errno.FAULT;
      const value = ask(socket, name);
      if (value < 0) return value;
      // Of LINGER this is whether it is on; behind it stand its seconds, which are none.
      for (let at = 0; at < countBytes; at++) {
        memory.bytes[valuePointer + at] = at < 4 ? value >>> (8 * at) : 0;
      }
      // The size last: what the call wrote is found by it, also where the two overlap.
      memory.setUint32(sizePointer, countBytes);
      return 0;
    },

    /**
     * @returns 0; `-BADF`; `-NOTSOCK`; `-NOPROTOOPT` for another level than SOL_SOCKET, and for
     *   options other than REUSEADDR, SNDBUF, RCVBUF, LINGER; `-INVAL` for a value of fewer than 4
     *   bytes (8 of LINGER), and of a listener that was closed in a drain; `-FAULT`; `-NOTSUP` for a
     *   linger of a second or more, which would block. Source: setsockopt(2), socket(7).
     */
    sock_setsockopt(
      fd: number,
      level: number,
      name: number,
      valuePointer: number,
      sizeBytes: number,
    ) {
      const socket = descriptors.get(fd);
      if (socket === undefined) return -Errno.BADF;
      if (!socket.isSocket) return -Errno.NOTSOCK;
      const option = KEPT[name];
      if (level !== SOL_SOCKET || option === undefined) return -Errno.NOPROTOOPT;
      const leastBytes = name === SockOption.LINGER ? Linger.BYTES : OPTION_BYTES;
      if (sizeBytes < leastBytes) return -Errno.INVAL;
      if (!sandbox.memory.holds(valuePointer, sizeBytes)) return -Errno.FAULT;
      if (socket.isRetired) return -Errno.INVAL;
      return kernel.setOption(socket.handle, option, valueOf(name, valuePointer));
    },
  };
}
