// What the system knows of a thread of this process, for another thread that watches it.

import { readFileSync } from 'node:fs';
import { NS_PER_MS } from '../../base/units.ts';
import { binding } from './binding.ts';

/**
 * The number of the calling thread, by which others ask for it.
 *
 * @throws PolluxError `NO_ADDON`. Source: gettid(2).
 */
export function currentThread(): number {
  return binding().currentThread();
}

/**
 * How long a thread has computed since it began, in milliseconds: while it sleeps, or others have its
 * core, this stands still.
 *
 * @returns undefined when the process has no such thread.
 * @throws PolluxError `NO_ADDON`. Source: clock_getcpuclockid(3).
 */
export function threadCpuMs(thread: number): number | undefined {
  const cpuNs = binding().threadCpuNs(thread);
  return cpuNs < 0 ? undefined : cpuNs / NS_PER_MS;
}

/**
 * True for a thread that neither runs nor waits for its turn to.
 *
 * @returns also true when the process has no such thread. Source: proc(5), /proc/PID/stat, state.
 */
export function isThreadAsleep(thread: number): boolean {
  try {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'latin1');
    // Behind the name, which may hold anything.
    return stat.charAt(stat.lastIndexOf(')') + 2) !== 'R';
  } catch {
    return true;
  }
}
