// WasmEdge's sock_open and sock_connect: how a guest makes a connection of its own. To which
// addresses is the policy's to say, before anything happens.
//
// An address that was not allowed is ACCES, and so is a socket that could reach none: what connect(2)
// and socket(2) say where the system forbids it, what WAMR answers outside of its address pool, and
// what each libc knows a text for. NOTCAPABLE is about rights of a descriptor.

import { Errno } from '../../base/errno.ts';
import type { SysResult } from '../../base/sys-result.ts';
import type { Address, Family } from '../../kernel/address.ts';
import { FileType, Readiness } from '../../kernel/kernel.ts';
import { Counter } from '../control-block.ts';
import { Descriptor, Kind } from '../descriptors.ts';
import type { Functions } from '../functions.ts';
import type { Sandbox } from '../sandbox.ts';
import { readSockAddress } from './wasmedge-address.ts';
import { AddressFamily, SockType } from './wasmedge-layout.ts';

const FAMILIES: Readonly<Record<number, Family>> = {
  [AddressFamily.INET4]: 'ipv4',
  [AddressFamily.INET6]: 'ipv6',
  [AddressFamily.UNIX]: 'unix',
};

export function connectFunctions(sandbox: Sandbox): Functions {
  const { connectPolicy, descriptors, kernel } = sandbox;

  /** A blocking socket waits for the outcome, which connect answers when it is asked again. */
  function connect(socket: Descriptor, address: Address): SysResult {
    for (;;) {
      const result = kernel.connect(socket.handle, address);
      const isUnderWay = result === -Errno.INPROGRESS || result === -Errno.ALREADY;
      if (!isUnderWay || socket.isNonBlocking) return result;
      sandbox.waitFor(socket.handle, Readiness.WRITE);
    }
  }

  return {
    /**
     * Opens a stream socket that blocks, under the lowest free number.
     *
     * @returns 0; `-AFNOSUPPORT` for a family other than INET4, INET6, UNIX; `-PROTOTYPE` for DGRAM;
     *   `-INVAL` for any other type but STREAM; `-FAULT`; `-ACCES` when the guest may connect to
     *   nothing; `-MFILE` also when it has as many descriptors as it may; `-NFILE`, `-NOBUFS`,
     *   `-NOMEM`. Source: socket(2), socket of POSIX.
     */
    sock_open(family: number, type: number, fdOut: number) {
      const familyName = FAMILIES[family];
      if (familyName === undefined) return -Errno.AFNOSUPPORT;
      if (type === SockType.DGRAM) return -Errno.PROTOTYPE;
      if (type !== SockType.STREAM) return -Errno.INVAL;
      if (!sandbox.memory.holds(fdOut, 4)) return -Errno.FAULT;
      if (connectPolicy.isEmpty) return -Errno.ACCES;
      if (descriptors.openCount >= sandbox.fdCountMax) return -Errno.MFILE;
      const handle = kernel.open(familyName);
      if (handle < 0) return handle;
      const fileType = FileType.SOCKET_STREAM;
      const options = { handle, kind: Kind.STREAM, fileType, flags: 0, isOutgoing: true };
      sandbox.memory.setUint32(fdOut, descriptors.add(new Descriptor(options)));
      sandbox.count(Counter.OPENED, 1);
      return 0;
    },

    /**
     * Connects a socket. A blocking one waits for the outcome.
     *
     * @returns 0; `-BADF`; `-NOTSOCK`; `-FAULT`, `-INVAL`, `-AFNOSUPPORT` as {@link readSockAddress};
     *   `-ISCONN` on a connection, and on a listener; `-ACCES` for an address that is not allowed.
     *   Non-blocking: `-INPROGRESS`, then `-ALREADY`; when it is done, 0 once. Both: `-CONNREFUSED`,
     *   `-TIMEDOUT`, `-CONNRESET`, `-NETUNREACH`, `-HOSTUNREACH`, `-ADDRNOTAVAIL`; `-AFNOSUPPORT` and
     *   `-INVAL` for an address of another family than the socket's; of a unix socket `-NOENT`, and
     *   `-AGAIN` when the listener's queue is full: that can't be waited for. Source: connect(2).
     */
    sock_connect(fd: number, addressPointer: number, port: number) {
      const socket = descriptors.get(fd);
      if (socket === undefined) return -Errno.BADF;
      if (!socket.isSocket) return -Errno.NOTSOCK;
      const address = readSockAddress(sandbox.memory, addressPointer, port);
      if (typeof address === 'number') return address;
      // One that was shut could be connected: a listener stays one.
      if (socket.kind === Kind.LISTENER) return -Errno.ISCONN;
      const allowed = connectPolicy.judge(address);
      if (allowed === undefined) return -Errno.ACCES;
      descriptors.touch();
      return connect(socket, allowed);
    },
  };
}
