// Names the live kernels: those that stand on a real system. The one file to edit when another one
// is built.

import type { SysResult } from '../base/sys-result.ts';
import type { Handle, Kernel } from './kernel.ts';
import { NativeKernel } from './native/native-kernel.ts';

export { closeDescriptor, exitProcess, freeDescriptorCount } from './native/process.ts';
export { useHugePages } from './native/memory.ts';
export { currentThread, isThreadAsleep, threadCpuMs } from './native/thread.ts';
export { closeWake, createWake, signalWake } from './native/wake.ts';

/** A kernel that shares the process's descriptors, so that sockets can be handed over. */
export interface LiveKernel extends Kernel {
  /** True when system calls that are made together go by io_uring. */
  readonly callsByRing: boolean;

  /** Takes over an open descriptor of the process. @returns a handle, `-BADF`, `-MFILE`. */
  adopt(descriptor: number): SysResult;

  /** Gives the descriptor of `handle` to the caller, and forgets it. @returns it, `-BADF`, `-BUSY`. */
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
  /** From `createWake`, to be signalled by another thread. Without it the kernel makes its own. */
  readonly wakeDescriptor?: number;
  /** What the guest's standard input, output and error are. Without it, the process's own. */
  readonly stdio?: readonly [number, number, number];
  /** False sends every answer at once; by default small ones may go out with the next call. */
  readonly batching?: boolean;
  /** False makes each system call by itself; by default io_uring makes those of a turn, where it can. */
  readonly ioUring?: boolean;
}

/**
 * Opens the kernel of this system for one guest, on the thread that will run it.
 *
 * @throws PolluxError `NO_ADDON`, `NO_DESCRIPTORS`.
 */
export function openLiveKernel(options: LiveKernelOptions = {}): LiveKernel {
  return new NativeKernel(options);
}
