// sock_accept, sock_recv, sock_send, sock_shutdown. Everything is checked before anything happens:
// a connection that was taken, or a byte that was read, could not be given back.

import { Errno } from '../base/errno.ts';
import type { SysResult } from '../base/sys-result.ts';
import { FileType, Readiness, type Shutdown } from '../kernel/kernel.ts';
import { Counter } from './control-block.ts';
import { Descriptor, Kind } from './descriptors.ts';
import type { Functions } from './functions.ts';
import { FdFlags, RI_FLAGS_ALL, SD_FLAGS_ALL } from './layout.ts';
import type { Sandbox } from './sandbox.ts';
import type { Transfer } from './transfer.ts';

export function socketFunctions(sandbox: Sandbox, transfer: Transfer): Functions {
  const { descriptors, kernel } = sandbox;

  /** A retired listener gets no connection any more: it would block for ever. */
  function accept(listener: Descriptor): SysResult {
    for (;;) {
      const handle = listener.isRetired ? -Errno.AGAIN : kernel.accept(listener.handle);
      if (handle !== -Errno.AGAIN || listener.isNonBlocking) return handle;
      if (listener.isRetired) sandbox.waitFor();
      else sandbox.waitFor(listener.handle, Readiness.READ);
    }
  }

  return {
    /**
     * Takes a pending connection, which gets the lowest free number and `flags`. A blocking
     * listener waits for one.
     *
     * @returns 0; `-BADF`; `-NOTSOCK`; `-INVAL` on a connection, or for flags other than NONBLOCK;
     *   `-FAULT`; `-AGAIN`; `-MFILE` also when the guest has as many descriptors as it may;
     *   `-NFILE`, `-NOBUFS`, `-NOMEM` (after these and MFILE the connection stays pending);
     *   `-CONNABORTED`. Source: accept(2).
     */
    sock_accept(fd: number, flags: number, fdOut: number) {
      const listener = descriptors.get(fd);
      if (listener === undefined) return -Errno.BADF;
      if (!listener.isSocket) return -Errno.NOTSOCK;
      if ((flags & ~FdFlags.NONBLOCK) !== 0) return -Errno.INVAL;
      if (!sandbox.memory.holds(fdOut, 4)) return -Errno.FAULT;
      if (descriptors.openCount >= sandbox.fdCountMax) {
        sandbox.count(Counter.ACCEPTS_REFUSED, 1);
        return -Errno.MFILE;
      }
      const handle = accept(listener);
      if (handle < 0) return handle;
      const fileType = FileType.SOCKET_STREAM;
      const accepted = descriptors.add(
        new Descriptor({ handle, kind: Kind.STREAM, fileType, flags }),
      );
      sandbox.memory.setUint32(fdOut, accepted);
      sandbox.count(Counter.ACCEPTED, 1);
      return 0;
    },

    /**
     * @returns 0; `-BADF`; `-NOTSOCK`; `-INVAL` for flags other than PEEK and WAITALL; `-FAULT`;
     *   `-AGAIN`; `-CONNRESET` once after a reset; `-NOTCONN` on a listener. Source: recv(2).
     */
    sock_recv(
      fd: number,
      iovs: number,
      iovsCount: number,
      riFlags: number,
      countOut: number,
      roFlagsOut: number,
    ) {
      const socket = descriptors.get(fd);
      if (socket === undefined) return -Errno.BADF;
      if (!socket.isSocket) return -Errno.NOTSOCK;
      if ((riFlags & ~RI_FLAGS_ALL) !== 0) return -Errno.INVAL;
      const memory = sandbox.memory;
      if (!memory.holds(countOut, 4) || !memory.holds(roFlagsOut, 2)) return -Errno.FAULT;
      const result = transfer.receive(socket, iovs, iovsCount, riFlags);
      if (result < 0) return result;
      // The count last: what the call wrote is found by it, also where the two results overlap.
      memory.view.setUint16(roFlagsOut, 0, true);
      memory.setUint32(countOut, result);
      return 0;
    },

    /**
     * @returns 0; `-BADF`; `-NOTSOCK`; `-INVAL` for any flag; `-FAULT`; `-AGAIN`; `-CONNRESET` once
     *   after a reset that no one has seen, `-PIPE` after that. Source: send(2).
     */
    sock_send(fd: number, iovs: number, iovsCount: number, siFlags: number, countOut: number) {
      const socket = descriptors.get(fd);
      if (socket === undefined) return -Errno.BADF;
      if (!socket.isSocket) return -Errno.NOTSOCK;
      if (siFlags !== 0) return -Errno.INVAL;
      if (!sandbox.memory.holds(countOut, 4)) return -Errno.FAULT;
      const result = transfer.send(socket, iovs, iovsCount);
      if (result < 0) return result;
      sandbox.memory.setUint32(countOut, result);
      return 0;
    },

    /**
     * @returns 0; `-BADF`; `-NOTSOCK`; `-INVAL` for no direction or unknown ones; `-NOTCONN`.
     *   Source: shutdown(2).
     */
    sock_shutdown(fd: number, how: number) {
      const socket = descriptors.get(fd);
      if (socket === undefined) return -Errno.BADF;
      if (!socket.isSocket) return -Errno.NOTSOCK;
      if (how === 0 || (how & ~SD_FLAGS_ALL) !== 0) return -Errno.INVAL;
      return socket.isRetired ? 0 : kernel.shutdown(socket.handle, how as Shutdown);
    },
  };
}
