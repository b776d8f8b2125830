// The clock subscriptions of one poll_oneoff: when each is due, on its own clock, unsigned, to the
// nanosecond. The earliest decides how long to wait; all that are due are reported.

import { Errno } from '../base/errno.ts';
import { durationUntilNs, NS_PER_S, wordsToDurationNs } from '../base/units.ts';
import { ClockId } from '../kernel/kernel.ts';
import { CLOCK_ABSTIME, Subscription } from './layout.ts';
import type { Sandbox } from './sandbox.ts';

/** The realtime clock may be set while a guest waits for it, so it is read again this often. */
const REALTIME_STEP_NS = NS_PER_S;

export class PollClocks {
  readonly #sandbox: Sandbox;
  readonly #instant = new Uint32Array(2);
  readonly #clocks: DueClock[] = [];
  /** The monotonic clock as read for this round of waiting; NaN until something needs it. */
  #nowNs = NaN;

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  clear(): void {
    // To set the length of an array costs a call into V8, even to what it is.
    if (this.#clocks.length > 0) this.#clocks.length = 0;
    this.#nowNs = NaN;
  }

  /** Time has passed: reads the clocks anew when they are next needed. */
  nextRound(): void {
    this.#nowNs = NaN;
  }

  /**
   * Takes the clock subscription `index` of `list`.
   *
   * @returns 0, or the errno of its event: `NOTSUP` for the clocks of CPU time, `INVAL` for a clock
   *   that does not exist or flags that mean nothing.
   */
  add(list: Int32Array, index: number): number {
    const word = index * Subscription.WORDS;
    const clock = list[word + Subscription.CLOCK_ID / 4] as number;
    const flags = (list[word + Subscription.CLOCK_FLAGS / 4] as number) & 0xffff;
    if ((flags & ~CLOCK_ABSTIME) !== 0) return Errno.INVAL;
    if (clock === ClockId.PROCESS_CPU || clock === ClockId.THREAD_CPU) return Errno.NOTSUP;
    if (clock !== ClockId.REALTIME && clock !== ClockId.MONOTONIC) return Errno.INVAL;
    const low = (list[word + Subscription.CLOCK_TIMEOUT / 4] as number) >>> 0;
    const high = (list[word + Subscription.CLOCK_TIMEOUT / 4 + 1] as number) >>> 0;
    const isInstant = flags === CLOCK_ABSTIME;
    // A duration passes at one speed, whatever the realtime clock is set to meanwhile.
    const isRealtime = isInstant && clock === ClockId.REALTIME;
    const ns = wordsToDurationNs(low, high);
    const dueNs = isInstant || ns === 0 ? ns : this.#monotonicNs() + ns;
    this.#clocks.push({ index, low, high, isRealtime, dueNs });
    return 0;
  }

  /** How long to wait for the earliest, in ns: 0 when one is due, Infinity without a clock. */
  timeoutNs(): number {
    let leastNs = Infinity;
    for (const clock of this.#clocks) {
      const remainingNs = this.#remainingNs(clock);
      leastNs = Math.min(leastNs, clock.isRealtime ? REALTIME_STEP_NS : Infinity, remainingNs);
    }
    return leastNs;
  }

  /** Calls `report` with the subscription of each clock that is due, in guest order. */
  reportDue(report: (index: number) => void): void {
    for (const clock of this.#clocks) if (this.#remainingNs(clock) === 0) report(clock.index);
  }

  #remainingNs(clock: DueClock): number {
    if (!clock.isRealtime) {
      return clock.dueNs === 0 ? 0 : Math.max(0, clock.dueNs - this.#monotonicNs());
    }
    this.#sandbox.kernel.clockTime(ClockId.REALTIME, this.#instant);
    const [nowLow, nowHigh] = this.#instant as unknown as [number, number];
    return durationUntilNs(clock.low, clock.high, nowLow, nowHigh);
  }

  #monotonicNs(): number {
    if (Number.isNaN(this.#nowNs)) this.#nowNs = this.#sandbox.monotonicNs();
    return this.#nowNs;
  }
}

interface DueClock {
  /** Which subscription it is. */
  readonly index: number;
  /** The timeout as the guest gave it. */
  readonly low: number;
  readonly high: number;
  /** An instant of the realtime clock, which may be set; the others are due at `dueNs`. */
  readonly isRealtime: boolean;
  /** On the monotonic clock. */
  readonly dueNs: number;
}
