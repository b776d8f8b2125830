// The time that a guest has to leave its code by itself when it is told to. Terminated, it leaves no
// end in a recording, so one whose thread waits for a core gets its time once it has one.

import type { ControlBlock } from '../wasi/control-block.ts';
import { SYSTEM } from './thread-probe.ts';

/** Enough to come back from any call of the host, and to leave. */
const PERIOD_MS = 100;
/** A thread that had the core for so much of a period is not held up by others. */
const SHARE_LEAST = 0.5;
/** After so many periods it is over in any case. */
const PERIODS_MAX = 10;

export class StopGrace {
  #timer: NodeJS.Timeout;

  /**
   * @param onOver is called once, 100 ms from now as a rule: when the guest's thread has computed for
   *   half of a period, or sleeps where the host can't wake it, and after 10 periods.
   */
  constructor(control: ControlBlock, onOver: () => void, probe = SYSTEM, periodMs = PERIOD_MS) {
    // The thread has worked for long before its guest runs.
    const startMs = control.isRunning ? probe.cpuMs(control.thread) : undefined;
    let periods = 0;
    const look = (): void => {
      periods += 1;
      const cpuMs = probe.cpuMs(control.thread);
      const isStarved =
        startMs !== undefined &&
        cpuMs !== undefined &&
        cpuMs - startMs < SHARE_LEAST * periodMs &&
        !probe.isAsleep(control.thread);
      if (isStarved && periods < PERIODS_MAX) this.#timer = setTimeout(look, periodMs);
      else onOver();
    };
    this.#timer = setTimeout(look, periodMs);
  }

  /** The guest is gone. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
