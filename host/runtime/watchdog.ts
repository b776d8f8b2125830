// Ends a guest that computes without end: one that lets more time pass between two calls of the
// host than it may. A guest that waits has all the time in the world.

import type { ControlBlock } from '../wasi/control-block.ts';

/** How often a guest is looked at, at least, in its time. */
const LOOKS_PER_GAP = 4;

export class Watchdog {
  readonly #control: ControlBlock;
  readonly #timer: NodeJS.Timeout;
  #heartbeat = -1;
  #aliveMs = performance.now();

  /**
   * @param maxGapMs is never cut short: a look may come late, so that a guest may get a little more,
   *   a quarter as a rule.
   * @param onExceeded is called once.
   */
  constructor(control: ControlBlock, maxGapMs: number, onExceeded: () => void) {
    this.#control = control;
    const periodMs = Math.max(1, maxGapMs / LOOKS_PER_GAP);
    this.#timer = setInterval(() => {
      const sinceMs = performance.now() - this.#lastSeenMs();
      // It may have called right after the look that saw it alive.
      if (sinceMs < maxGapMs + periodMs) return;
      this.stop();
      onExceeded();
    }, periodMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #lastSeenMs(): number {
    const heartbeat = this.#control.heartbeat;
    const isAlive = this.#control.isWaiting || heartbeat !== this.#heartbeat;
    if (isAlive || !this.#control.isRunning) this.#aliveMs = performance.now();
    this.#heartbeat = heartbeat;
    return this.#aliveMs;
  }
}
