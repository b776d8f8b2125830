// How a world's guest is run. One that exports `turn` goes on where it was. One that runs `_start`
// can't be suspended: it is run anew, from its first instruction, through all that the test has
// done so far, and left by unwinding where it comes to rest. Its world is made anew with it.

import { NS_PER_MS } from '../../base/units.ts';
import { type Deed, doDeed, type Run } from './actions.ts';
import { Core, type CoreHooks } from './core.ts';
import { SimulationError } from './simulation-error.ts';

/** What `turn` answers when only events matter. */
const ONLY_FOR_EVENTS = 0x7fff_ffff;
/** How often a turn may be interrupted before it counts as blocked for good. */
const INTERRUPTIONS_MAX = 16;

export interface Driver {
  /** The world as it is now. */
  readonly core: Core;
  deed(deed: Deed): void;
  /** @throws SimulationError. */
  run(run: Run): void;
}

type MakeCore = (hooks: CoreHooks) => Core;

/** Counts a run's calls, and stops it when there are too many. */
class Budget {
  readonly #callCountMax: number;
  #leftCount = 0;

  constructor(callCountMax: number) {
    this.#callCountMax = callCountMax;
  }

  renew(): void {
    this.#leftCount = this.#callCountMax;
  }

  spend(): void {
    if (--this.#leftCount >= 0) return;
    throw new SimulationError(
      'LIVELOCK',
      `the guest made ${this.#callCountMax} calls and did not come to rest; the trace shows the last ones`,
    );
  }
}

/** For guests with `turn`. */
export class InPlace implements Driver {
  readonly core: Core;
  readonly #budget: Budget;
  #interruptions = 0;
  /** When the guest wants to be called again. */
  #callAgainNs = 0;

  constructor(makeCore: MakeCore, callBudget: number) {
    this.#budget = new Budget(callBudget);
    this.core = makeCore({
      onBlock: () => this.#interrupt(),
      onCall: () => this.#budget.spend(),
    });
  }

  deed(deed: Deed): void {
    doDeed(this.core, deed);
  }

  run(run: Run): void {
    this.#budget.renew();
    if (run.kind === 'calls') {
      throw new SimulationError('USAGE', 'a turn can not be left midway; use stepTurn()');
    }
    if (run.kind === 'turn') this.#turn();
    else if (run.kind === 'run') this.#settle(Infinity);
    else this.#advance(run.toNs);
  }

  #turn(): void {
    if (this.core.end !== undefined) return;
    this.#interruptions = 0;
    this.#budget.spend();
    const answerMs = this.core.turn(0);
    const delayMs = answerMs === ONLY_FOR_EVENTS ? Infinity : answerMs;
    this.#callAgainNs = this.core.nowNs + delayMs * NS_PER_MS;
  }

  /** Turns until one finds nothing to do and nothing is on its way that comes by `limitNs`. */
  #settle(limitNs: number): void {
    const { timeline } = this.core.network;
    for (;;) {
      timeline.catchUp();
      if (this.core.end !== undefined) {
        timeline.settle();
        return;
      }
      const before = this.core.kernel.deedCount + timeline.happenedCount;
      this.#turn();
      const isBusy = this.#callAgainNs <= timeline.nowNs;
      if (isBusy || this.core.kernel.deedCount + timeline.happenedCount !== before) continue;
      const nextNs = timeline.nextDeliveryNs;
      if (nextNs === Infinity || nextNs > limitNs) return;
      // A deadline of the guest's own comes before what arrives after it.
      timeline.advanceTo(Math.min(nextNs, Math.max(this.#callAgainNs, timeline.nowNs)));
    }
  }

  #advance(toNs: number): void {
    const { timeline } = this.core.network;
    for (;;) {
      this.#settle(toNs);
      const nextNs = Math.min(this.#callAgainNs, timeline.nextNs);
      if (this.core.end !== undefined || nextNs > toNs) break;
      timeline.advanceTo(nextNs);
    }
    timeline.advanceTo(toNs);
    this.#settle(toNs);
  }

  /** A turn blocks, and nothing will come: `poll_oneoff` answers INTR, as the contract of turns has it. */
  #interrupt(): boolean {
    if (this.#interruptions++ === INTERRUPTIONS_MAX) {
      throw new SimulationError(
        'BLOCKED',
        'a turn blocks in a call that nothing will ever end; a turn may wait in poll_oneoff alone',
      );
    }
    this.core.kernel.wake();
    return true;
  }
}

/** Thrown through a guest that has come to rest. */
class AtRest extends Error {}

/** For guests with `_start`. */
export class ReExecution implements Driver {
  core: Core;
  readonly #makeCore: MakeCore;
  readonly #budget: Budget;
  readonly #log: (Deed | Run)[] = [];
  /** The trace's hash at the end of each run, which the next time must be the same. */
  readonly #hashes: string[] = [];
  // Of the replay that is under way:
  #at = 0;
  #runCount = 0;
  #callsLeft = 0;
  #isLeft = false;

  constructor(makeCore: MakeCore, callBudget: number) {
    this.#makeCore = makeCore;
    this.#budget = new Budget(callBudget);
    this.core = makeCore(this.#hooks());
  }

  deed(deed: Deed): void {
    this.#log.push(deed);
    doDeed(this.core, deed);
  }

  run(run: Run): void {
    if (run.kind === 'turn') {
      throw new SimulationError('USAGE', 'this guest has no turn; use stepCall(), or run()');
    }
    this.#log.push(run);
    if (this.core.end === undefined) this.#replay();
    else this.#passTime(run);
  }

  #hooks(): CoreHooks {
    return { onBlock: (deadlineNs) => this.#block(deadlineNs), onCall: () => this.#called() };
  }

  #replay(): void {
    this.core = this.#makeCore(this.#hooks());
    this.#at = -1;
    this.#runCount = 0;
    this.#isLeft = false;
    this.#begin();
    if (!this.#wasLeft()) this.#afterEnd();
  }

  /** Runs the guest. @returns true when it was left at rest, false when it came to its end */
  #wasLeft(): boolean {
    try {
      this.core.runCommand();
    } catch (error) {
      // A guest may catch what unwinds it, and end in a way of its own: it had been left by then.
      if (!this.#isLeft) throw error;
    }
    return this.#isLeft;
  }

  /** Does what comes next in the log, up to something to run for. @returns false at the log's end */
  #begin(): boolean {
    for (this.#at++; this.#at < this.#log.length; this.#at++) {
      const next = this.#log[this.#at] as Deed | Run;
      if (isRun(next)) {
        this.#budget.renew();
        this.#callsLeft = next.kind === 'calls' ? next.count : 0;
        this.core.network.timeline.horizonNs = next.kind === 'advance' ? next.toNs : Infinity;
        return true;
      }
      doDeed(this.core, next);
    }
    return false;
  }

  /** The guest rests. */
  #block(deadlineNs: number): boolean {
    const run = this.#log[this.#at] as Run;
    const { timeline } = this.core.network;
    if (run.kind === 'advance') {
      if (Math.min(deadlineNs, timeline.nextNs) <= run.toNs) return false;
      timeline.advanceTo(run.toNs);
    }
    this.#rest();
    return true;
  }

  #called(): void {
    this.#budget.spend();
    const run = this.#log[this.#at] as Run;
    if (run.kind === 'calls' && --this.#callsLeft === 0) this.#rest();
  }

  /** Goes on with the log, or leaves the guest where it is. */
  #rest(): void {
    this.#checkHash();
    if (this.#begin()) return;
    this.#isLeft = true;
    throw new AtRest('the guest is at rest');
  }

  #checkHash(): void {
    const { hash } = this.core.kernel.log;
    const before = (this.#hashes[this.#runCount++] ??= hash);
    if (before === hash) return;
    throw new SimulationError(
      'NOT_DETERMINISTIC',
      `the guest, run again, did something else before the end of run ${this.#runCount}`,
    );
  }

  /** The guest has ended, and the log may go on. */
  #afterEnd(): void {
    for (; this.#at < this.#log.length; this.#at++) {
      const next = this.#log[this.#at] as Deed | Run;
      if (isRun(next)) this.#passTime(next);
      else doDeed(this.core, next);
    }
  }

  /** What is left to do for a world without a guest. */
  #passTime(run: Run): void {
    const { timeline } = this.core.network;
    timeline.settle();
    if (run.kind === 'advance') timeline.advanceTo(run.toNs);
  }
}

function isRun(step: Deed | Run): step is Run {
  return ['run', 'advance', 'turn', 'calls'].includes(step.kind);
}
