// What a guest may ask of, and do to, a descriptor of any kind.

import { Errno } from '../base/errno.ts';
import { Counter } from './control-block.ts';
import { type Descriptor, Kind } from './descriptors.ts';
import { EpollInstance } from './epoll-instances.ts';
import type { Functions } from './functions.ts';
import { Fdstat, FD_FLAGS_ALL, FdFlags, Filestat, Prestat, Rights } from './layout.ts';
import type { Sandbox } from './sandbox.ts';

export function fdFunctions(sandbox: Sandbox): Functions {
  const { descriptors, epolls, kernel } = sandbox;

  function close(descriptor: Descriptor): void {
    if (descriptor instanceof EpollInstance) {
      epolls.close(descriptor);
      return;
    }
    if (!descriptor.isRetired) kernel.close(descriptor.handle);
    descriptor.isRetired = true;
    epolls.forget(descriptor.handle);
    if (descriptor.isAccepted) sandbox.count(Counter.CLOSED, 1);
  }

  return {
    /** @returns 0, `-BADF`. Unread bytes make it a reset for the peer. */
    fd_close(fd: number) {
      const descriptor = descriptors.get(fd);
      if (descriptor === undefined) return -Errno.BADF;
      descriptors.remove(fd);
      close(descriptor);
      return 0;
    },

    /** Closes `to`, which must be open, and moves `from` there. @returns 0, `-BADF`. */
    fd_renumber(from: number, to: number) {
      const target = descriptors.get(to);
      if (descriptors.get(from) === undefined || target === undefined) return -Errno.BADF;
      if (from === to) return 0;
      descriptors.move(from, to);
      close(target);
      return 0;
    },

    /** @returns 0, `-BADF`, `-FAULT`. */
    fd_fdstat_get(fd: number, out: number) {
      const descriptor = descriptors.get(fd);
      if (descriptor === undefined) return -Errno.BADF;
      const memory = sandbox.memory;
      if (!memory.holds(out, Fdstat.BYTES)) return -Errno.FAULT;
      memory.bytes.fill(0, out, out + Fdstat.BYTES);
      memory.bytes[out + Fdstat.FILETYPE] = descriptor.fileType;
      memory.view.setUint16(out + Fdstat.FLAGS, descriptor.flags, true);
      memory.setUint32(out + Fdstat.RIGHTS_BASE, rightsOf(descriptor));
      return 0;
    },

    /**
     * Only NONBLOCK can be set; the other flags speak of files.
     *
     * @returns 0, `-BADF`, `-INVAL` for bits that are no flag, `-NOTSUP` for the other flags.
     */
    fd_fdstat_set_flags(fd: number, flags: number) {
      const descriptor = descriptors.get(fd);
      if (descriptor === undefined) return -Errno.BADF;
      if ((flags & ~FD_FLAGS_ALL) !== 0) return -Errno.INVAL;
      if ((flags & ~FdFlags.NONBLOCK) !== 0) return -Errno.NOTSUP;
      descriptor.flags = flags;
      return 0;
    },

    /**
     * The file type; there is nothing else to tell of a socket or a pipe.
     *
     * @returns 0, `-BADF`, `-FAULT`.
     */
    fd_filestat_get(fd: number, out: number) {
      const descriptor = descriptors.get(fd);
      if (descriptor === undefined) return -Errno.BADF;
      const memory = sandbox.memory;
      if (!memory.holds(out, Filestat.BYTES)) return -Errno.FAULT;
      memory.bytes.fill(0, out, out + Filestat.BYTES);
      memory.bytes[out + Filestat.FILETYPE] = descriptor.fileType;
      memory.bytes[out + Filestat.NLINK] = 1;
      return 0;
    },

    /**
     * BADF ends a guest's search for directories; every other answer misleads some libc.
     *
     * @returns `-BADF`, `-FAULT`.
     */
    fd_prestat_get(_fd: number, out: number) {
      return sandbox.memory.holds(out, Prestat.BYTES) ? -Errno.BADF : -Errno.FAULT;
    },

    fd_prestat_dir_name(_fd: number, out: number, lengthBytes: number) {
      return sandbox.memory.holds(out, lengthBytes) ? -Errno.BADF : -Errno.FAULT;
    },
  };
}

/**
 * What can be done with a descriptor. No right to seek is what makes a character device a terminal
 * to wasi-libc's isatty.
 */
function rightsOf(descriptor: Descriptor): number {
  const anything = Rights.FD_FDSTAT_SET_FLAGS | Rights.FD_FILESTAT_GET;
  if (descriptor.kind === Kind.EPOLL) return anything;
  const always = anything | Rights.POLL_FD_READWRITE;
  if (descriptor.kind === Kind.LISTENER) return always | Rights.FD_READ | Rights.SOCK_ACCEPT;
  const readWrite = always | Rights.FD_READ | Rights.FD_WRITE;
  return descriptor.kind === Kind.STREAM ? readWrite | Rights.SOCK_SHUTDOWN : readWrite;
}
