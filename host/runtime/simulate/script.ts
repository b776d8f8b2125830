// What a test has done so far, in its order, and how far the guest that lives through it has come.
// A guest that has to be run anew goes through all of it again, and must do the same.

import { type Deed, doDeed, isRun, type Run } from './actions.ts';
import type { Core } from './core.ts';
import { SimulationError } from './simulation-error.ts';
import { Steps } from './steps.ts';

/** Thrown through a guest that is left where it is. */
class Left extends Error {}

export class Script {
  readonly #callBudget: number;
  readonly #onBegin: ((run: Run) => void) | undefined;
  readonly #steps = new Steps();
  /** The trace's hash at the end of each run, in two halves: the next time it must be the same. */
  readonly #hashes: number[] = [];
  #core: Core | undefined;
  #at = -1;
  #runCount = 0;
  #budgetLeft = 0;
  /** Of a run that is so many calls. Others count below 0. */
  #callsLeft = 0;
  #isLeft = false;

  /** @param onBegin is told of each run before it begins. */
  constructor(callBudget: number, onBegin?: (run: Run) => void) {
    this.#callBudget = callBudget;
    this.#onBegin = onBegin;
  }

  /** The guest was left in the midst of a call, and can not go on: it has to be run anew. */
  get isLeft(): boolean {
    return this.#isLeft;
  }

  /** The run that is under way. */
  get current(): Run {
    return this.#steps.at(this.#at) as Run;
  }

  add(step: Deed | Run): void {
    this.#steps.add(step);
  }

  /** Begins anew, in a world where nothing has happened yet. */
  rewind(core: Core): void {
    this.#core = core;
    this.#at = -1;
    this.#runCount = 0;
    this.#isLeft = false;
  }

  /** Does what comes next, up to a run, which begins. @returns false at the end */
  begin(): boolean {
    for (this.#at++; this.#at < this.#steps.count; this.#at++) {
      const next = this.#steps.at(this.#at);
      if (isRun(next)) {
        this.#beginRun(next);
        return true;
      }
      doDeed(this.#core as Core, next);
    }
    return false;
  }

  /** The run that was added last begins, where all before it has been done. */
  beginLast(core: Core): void {
    this.#core = core;
    this.#at = this.#steps.count - 1;
    this.#beginRun(this.current);
  }

  /** Ends the run. @throws SimulationError `NOT_DETERMINISTIC` */
  endRun(): void {
    const { hashHigh, hashLow } = (this.#core as Core).kernel.log;
    const at = 2 * this.#runCount++;
    if (at === this.#hashes.length) this.#hashes.push(hashHigh, hashLow);
    if (this.#hashes[at] === hashHigh && this.#hashes[at + 1] === hashLow) return;
    throw new SimulationError(
      'NOT_DETERMINISTIC',
      `the guest, run again, did something else before the end of run ${this.#runCount}`,
    );
  }

  /** From within a call: ends the run, and goes on with what follows, or leaves the guest there. */
  rest(): void {
    this.endRun();
    if (!this.begin()) this.#leave();
  }

  /** The guest has made a call. @throws SimulationError `LIVELOCK`; and what leaves the guest */
  called(): void {
    // A guest may catch what unwinds it, and go on.
    if (this.#isLeft) this.#leave();
    this.spend();
    if (--this.#callsLeft === 0) this.rest();
  }

  /** @throws SimulationError `LIVELOCK` when the run has taken more than it may. */
  spend(): void {
    if (--this.#budgetLeft >= 0) return;
    throw new SimulationError(
      'LIVELOCK',
      `the guest made ${this.#callBudget} calls and did not come to rest; the trace shows the last ones`,
    );
  }

  #beginRun(run: Run): void {
    this.#budgetLeft = this.#callBudget;
    this.#callsLeft = run.kind === 'calls' ? run.count : 0;
    this.#onBegin?.(run);
  }

  #leave(): never {
    this.#isLeft = true;
    throw new Left('the guest is left');
  }
}
