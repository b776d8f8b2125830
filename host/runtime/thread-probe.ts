// What the main thread asks the system of the guest's thread: whether it computes, sleeps, or waits for
// a core. On a busy machine a clock on the wall can't tell these apart.

import { isThreadAsleep, threadCpuMs } from '../kernel/choose.ts';

/** What the system knows of a thread. */
export interface ThreadProbe {
  /** See `threadCpuMs`. */
  cpuMs(thread: number): number | undefined;
  /** See `isThreadAsleep`. */
  isAsleep(thread: number): boolean;
}

export const SYSTEM: ThreadProbe = { cpuMs: threadCpuMs, isAsleep: isThreadAsleep };
