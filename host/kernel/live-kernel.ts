// What a live kernel, one that stands on a real system, has besides what every kernel has, and what it
// can be told when it is made.

import type { SysResult } from '../base/sys-result.ts';
import type { Handle, Kernel } from './kernel.ts';

/** A kernel that shares the process's descriptors, so that sockets can be handed over. */
export interface LiveKernel extends Kernel {
  /** True when it makes system calls by io_uring: as it was asked to, and the system lets it. */
  readonly callsByRing: boolean;

  /**
   * Takes ownership of a descriptor of the process, a socket or a pipe, and makes it non-blocking
   * and close-on-exec; a TCP socket gets TCP_NODELAY.
   *
   * @returns a handle; `-BADF`, `-MFILE`, `-NOMEM`, and the descriptor stays the caller's.
   */
  adopt(descriptor: number): SysResult;

  /**
   * Gives the descriptor of a handle to the caller, non-blocking and close-on-exec. The handle is
   * closed by it, and what it was watched for ends.
   *
   * @returns the descriptor; `-BADF`; `-BUSY` as {@link dup}.
   */
  release(handle: Handle): SysResult;

  /**
   * Says where {@link copyOut} copies to, from now on.
   *
   * @param target of a shared memory, which nobody can detach.
   * @returns 0; `-INVAL` for what is no such array.
   */
  copyTo(target: Uint8Array): SysResult;

  /**
   * Copies bytes of the guest's memory out of it, past the caches of this core: for what it will not
   * look at again. The call by itself takes as long as to copy a kilobyte.
   *
   * @param at where they go in the target.
   * @returns 0; `-FAULT` when not all of them are in the guest's memory; `-INVAL` when they don't fit
   *   the target, or there is none. Then nothing was copied.
   */
  readonly copyOut: (at: number, pointer: number, lengthBytes: number) => SysResult;
}

export interface LiveKernelOptions {
  /** From `createWake`; stays the caller's. Without it the kernel makes and owns one. */
  readonly wakeDescriptor?: number;
  /** The descriptors that are standard input, output and error for the guest: by default 0, 1, 2. */
  readonly stdio?: readonly [number, number, number];
  /**
   * False sends every answer at once, and receives only what is asked for. By default small messages
   * cross by the turn: see native-host/core/batch.h.
   */
  readonly batching?: boolean;
  /**
   * False makes system calls one by one. By default those of a turn's small messages are made together by
   * io_uring, where the system has it and allows it: see native-host/core/calls.h.
   */
  readonly ioUring?: boolean;
}
