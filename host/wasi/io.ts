// fd_read and fd_write. On a socket they are sock_recv and sock_send without flags: what Rust's
// std, and read and write of C, call.

import { Errno } from '../base/errno.ts';
import type { SysResult } from '../base/sys-result.ts';
import { Kind } from './descriptors.ts';
import type { Functions } from './functions.ts';
import type { Sandbox } from './sandbox.ts';
import type { Transfer } from './transfer.ts';

export function ioFunctions(sandbox: Sandbox, transfer: Transfer): Functions {
  const { descriptors } = sandbox;

  function answer(result: SysResult, countOut: number): SysResult {
    if (result < 0) return result;
    sandbox.memory.setUint32(countOut, result);
    return 0;
  }

  return {
    /**
     * @returns 0, `-BADF`, `-FAULT`, `-AGAIN`, `-ISDIR`, `-INVAL` on an epoll instance, and those of
     *   sock_recv on a socket.
     */
    fd_read(fd: number, iovs: number, iovsCount: number, countOut: number) {
      const descriptor = descriptors.get(fd);
      if (descriptor === undefined) return -Errno.BADF;
      if (!sandbox.memory.holds(countOut, 4)) return -Errno.FAULT;
      if (descriptor.kind === Kind.EPOLL) return -Errno.INVAL;
      const result = descriptor.isSocket
        ? transfer.receive(descriptor, iovs, iovsCount, 0)
        : transfer.read(descriptor, iovs, iovsCount);
      return answer(result, countOut);
    },

    /**
     * @returns 0, `-BADF`, `-FAULT`, `-AGAIN`, `-PIPE`, `-INVAL` on an epoll instance, and those of
     *   sock_send on a socket.
     */
    fd_write(fd: number, iovs: number, iovsCount: number, countOut: number) {
      const descriptor = descriptors.get(fd);
      if (descriptor === undefined) return -Errno.BADF;
      if (!sandbox.memory.holds(countOut, 4)) return -Errno.FAULT;
      if (descriptor.kind === Kind.EPOLL) return -Errno.INVAL;
      const result = descriptor.isSocket
        ? transfer.send(descriptor, iovs, iovsCount)
        : transfer.write(descriptor, iovs, iovsCount);
      return answer(result, countOut);
    },
  };
}
