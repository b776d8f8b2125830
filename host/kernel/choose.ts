// Names the live kernels: those that stand on a real system. The one file to edit when another one
// is built.

import type { LiveKernel, LiveKernelOptions } from './live-kernel.ts';
import { NativeKernel } from './native/native-kernel.ts';

export { closeDescriptor, exitProcess, freeDescriptorCount } from './native/process.ts';
export { useHugePages } from './native/memory.ts';
export { currentThread, isThreadAsleep, threadCpuMs } from './native/thread.ts';
export { closeWake, createWake, signalWake } from './native/wake.ts';

/**
 * Opens the kernel of this system for one guest, on the thread that will run it.
 *
 * @throws PolluxError `NO_ADDON`, `NO_DESCRIPTORS`.
 */
export function openLiveKernel(options: LiveKernelOptions = {}): LiveKernel {
  return new NativeKernel(options);
}
