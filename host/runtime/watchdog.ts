// Ends a guest that computes without end: one that computes for longer between two calls of the host
// than it may. A guest that waits has all the time in the world, and one whose core is busy with other
// things is not to blame for it.

import type { ControlBlock } from '../wasi/control-block.ts';
import { SYSTEM, type ThreadProbe } from './thread-probe.ts';

/** How often a guest is looked at, at least, in its time. */
const LOOKS_PER_GAP = 4;

export class Watchdog {
  readonly #control: ControlBlock;
  readonly #probe: ThreadProbe;
  readonly #timer: NodeJS.Timeout;
  readonly #periodMs: number;
  /** As of the last look. */
  #heartbeat = -1;
  #cpuMs = 0;
  /** Since the guest was last seen alive. */
  #gapMs = 0;

  /**
   * @param maxGapMs of CPU time, or of sleep outside of the host's waits. It is never cut short: a
   *   guest may get a little more, a quarter as a rule.
   * @param onExceeded is called once.
   */
  constructor(control: ControlBlock, maxGapMs: number, onExceeded: () => void, probe = SYSTEM) {
    this.#control = control;
    this.#probe = probe;
    this.#periodMs = Math.max(1, maxGapMs / LOOKS_PER_GAP);
    this.#timer = setInterval(() => {
      this.#look();
      // The first period it may have waited still, when the last look saw it wait.
      if (this.#gapMs < maxGapMs + this.#periodMs) return;
      this.stop();
      onExceeded();
    }, this.#periodMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { heartbeat, isRunning, isWaiting, thread } = this.#control;
    // The thread has worked for long before its guest runs.
    if (!isRunning) return;
    const cpuMs = this.#probe.cpuMs(thread) ?? this.#cpuMs;
    if (isWaiting || heartbeat !== this.#heartbeat) this.#gapMs = 0;
    // Asleep without the host, as by memory.atomic.wait32. A look that comes late counts as one in time.
    else if (this.#probe.isAsleep(thread)) this.#gapMs += this.#periodMs;
    else this.#gapMs += cpuMs - this.#cpuMs;
    this.#heartbeat = heartbeat;
    this.#cpuMs = cpuMs;
  }
}
