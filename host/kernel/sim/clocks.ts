// The clocks of a simulated kernel. All follow virtual time. Reading one takes a little of it, as
// it does on a real machine: a guest that reads the clock until it has moved on comes to an end.

import { Errno } from '../../base/errno.ts';
import type { SysResult } from '../../base/sys-result.ts';
import { NS_PER_S } from '../../base/units.ts';
import { ClockId } from '../kernel.ts';
import type { Timeline } from './timeline.ts';

const WORD = 0x1_0000_0000;
const RESOLUTION_NS = 1;
/** When a simulated world begins: 2026-01-01T00:00:00Z, in seconds since 1970. */
export const EPOCH_SECONDS = 1_767_225_600;

export class SimClocks {
  readonly #timeline: Timeline;
  readonly #stepNs: number;
  readonly #startNs: number;
  /** Time that passed in calls and not in waits: the processor's. */
  #busyNs = 0;

  /** @param stepNs how much time each reading takes. */
  constructor(timeline: Timeline, stepNs: number) {
    this.#timeline = timeline;
    this.#stepNs = stepNs;
    this.#startNs = timeline.nowNs;
  }

  /** As `Kernel.clockTime`. */
  read(clock: ClockId, instant: Uint32Array): SysResult {
    if (!isClock(clock)) return -Errno.INVAL;
    this.#timeline.advanceTo(this.#timeline.nowNs + this.#stepNs);
    this.#busyNs += this.#stepNs;
    const { nowNs } = this.#timeline;
    if (clock === ClockId.REALTIME) putRealtime(nowNs, instant);
    else put(clock === ClockId.MONOTONIC ? nowNs - this.#startNs : this.#busyNs, instant);
    return 0;
  }

  /** As `Kernel.clockResolution`. */
  resolution(clock: ClockId, instant: Uint32Array): SysResult {
    if (!isClock(clock)) return -Errno.INVAL;
    put(RESOLUTION_NS, instant);
    return 0;
  }
}

function isClock(clock: number): boolean {
  return Number.isInteger(clock) && clock >= ClockId.REALTIME && clock <= ClockId.THREAD_CPU;
}

function put(ns: number, instant: Uint32Array): void {
  instant[0] = ns % WORD;
  instant[1] = Math.floor(ns / WORD);
}

/** In two steps: nanoseconds since 1970 do not fit a double. */
function putRealtime(nowNs: number, instant: Uint32Array): void {
  const seconds = EPOCH_SECONDS + Math.floor(nowNs / NS_PER_S);
  // seconds * 1e9, in words: the upper half of seconds first.
  const high = Math.floor(seconds / 0x1_0000) * NS_PER_S;
  const low = (seconds % 0x1_0000) * NS_PER_S + (nowNs % NS_PER_S);
  const lowSum = (high % 0x1_0000) * 0x1_0000 + low;
  instant[0] = lowSum % WORD;
  instant[1] = Math.floor(high / 0x1_0000) + Math.floor(lowSum / WORD);
}
