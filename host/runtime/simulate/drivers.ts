// How a world's guest is run. One that exports `turn` goes on where it was. One that runs `_start`
// can't be suspended: it is run anew, from its first instruction, through all that the test has
// done so far, and left by unwinding where it comes to rest. Its world is made anew with it. So is
// one with `turn` that was left in the midst of a turn.

import { NS_PER_MS } from '../../base/units.ts';
import { type Deed, doDeed, type Run } from './actions.ts';
import { type Core, type CoreHooks, ONLY_FOR_EVENTS } from './core.ts';
import { Script } from './script.ts';
import { SimulationError } from './simulation-error.ts';

/** How often a turn may be interrupted before it counts as blocked for good. */
const INTERRUPTIONS_MAX = 16;

export interface Driver {
  /** The world as it is now. */
  readonly core: Core;
  /** @throws SimulationError `USAGE`: nothing was done. */
  deed(deed: Deed): void;
  /** @throws SimulationError. */
  run(run: Run): void;
}

type MakeCore = (hooks: CoreHooks) => Core;

/** For guests with `turn`. */
export class InPlace implements Driver {
  core: Core;
  readonly #makeCore: () => Core;
  readonly #script: Script;
  #interruptions = 0;
  /** When the guest wants to be called again. */
  #callAgainNs = 0;

  constructor(makeCore: MakeCore, callBudget: number) {
    this.#script = new Script(callBudget);
    const hooks = { onBlock: () => this.#interrupt(), onCall: () => this.#script.called() };
    this.#makeCore = () => makeCore(hooks);
    this.core = this.#makeCore();
  }

  deed(deed: Deed): void {
    doDeed(this.core, deed);
    this.#script.add(deed);
  }

  run(run: Run): void {
    this.#script.add(run);
    if (this.#script.isLeft) this.#beginAnew();
    else this.#script.beginLast(this.core);
    try {
      do this.#perform();
      while (this.#script.begin());
    } catch (error) {
      // A guest may catch what unwinds it, and end in a way of its own: it had been left by then.
      if (!this.#script.isLeft) throw error;
    }
  }

  #beginAnew(): void {
    this.core = this.#makeCore();
    this.#callAgainNs = 0;
    this.#script.rewind(this.core);
    this.#script.begin();
  }

  /** Turns until the run is over, and every other that begins in the midst of a turn. */
  #perform(): void {
    const { timeline } = this.core.network;
    for (;;) {
      timeline.catchUp();
      if (this.core.end !== undefined) {
        passTime(this.core, this.#script.current);
        break;
      }
      const before = this.core.kernel.deedCount + timeline.happenedCount;
      this.#turn();
      const run = this.#script.current;
      if (run.kind === 'turn') break;
      const isBusy = this.#callAgainNs <= timeline.nowNs;
      if (isBusy || this.core.kernel.deedCount + timeline.happenedCount !== before) continue;
      const nextNs = this.#nextNs(run);
      if (nextNs === Infinity) break;
      timeline.advanceTo(nextNs);
    }
    this.#script.endRun();
  }

  #turn(): void {
    this.#interruptions = 0;
    this.#script.spend();
    const answerMs = this.core.turn(0);
    const delayMs = answerMs === ONLY_FOR_EVENTS ? Infinity : answerMs;
    this.#callAgainNs = this.core.nowNs + delayMs * NS_PER_MS;
  }

  /** When a guest that has nothing to do is called again in this run. Infinity: the run is over. */
  #nextNs(run: Run): number {
    const { timeline } = this.core.network;
    const endNs = run.kind === 'advance' ? run.toNs : Infinity;
    const deliveryNs = timeline.nextDeliveryNs;
    // A deadline of the guest's own comes before what arrives after it.
    if (deliveryNs <= endNs && deliveryNs < Infinity)
      return Math.min(deliveryNs, this.#callAgainNs);
    if (run.kind !== 'advance' || timeline.nowNs >= endNs) return Infinity;
    return Math.min(this.#callAgainNs, timeline.nextNs, endNs);
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

/** For guests with `_start`. */
export class ReExecution implements Driver {
  core: Core;
  readonly #makeCore: () => Core;
  readonly #script: Script;

  constructor(makeCore: MakeCore, callBudget: number) {
    this.#script = new Script(callBudget, (run) => {
      this.core.network.timeline.horizonNs = run.kind === 'advance' ? run.toNs : Infinity;
    });
    const onBlock = (deadlineNs: number): boolean => this.#block(deadlineNs);
    const onCall = (): void => this.#script.called();
    this.#makeCore = () => makeCore({ onBlock, onCall });
    this.core = this.#makeCore();
  }

  deed(deed: Deed): void {
    doDeed(this.core, deed);
    this.#script.add(deed);
  }

  run(run: Run): void {
    if (run.kind === 'turn') {
      throw new SimulationError('USAGE', 'this guest has no turn; use stepCall(), or run()');
    }
    this.#script.add(run);
    if (this.core.end === undefined || this.#script.isLeft) this.#replay();
    else passTime(this.core, run);
  }

  #replay(): void {
    this.core = this.#makeCore();
    this.#script.rewind(this.core);
    this.#script.begin();
    try {
      this.core.runCommand();
    } catch (error) {
      // A guest may catch what unwinds it, and end in a way of its own: it had been left by then.
      if (!this.#script.isLeft) throw error;
    }
    if (this.#script.isLeft) return;
    // The guest has ended, and the script may go on.
    do passTime(this.core, this.#script.current);
    while (this.#script.begin());
  }

  /** The guest rests. */
  #block(deadlineNs: number): boolean {
    const run = this.#script.current;
    const { timeline } = this.core.network;
    if (run.kind === 'advance') {
      if (Math.min(deadlineNs, timeline.nextNs) <= run.toNs) return false;
      timeline.advanceTo(run.toNs);
    }
    this.#script.rest();
    return true;
  }
}

/** What is left to do for a world without a guest. */
function passTime(core: Core, run: Run): void {
  const { timeline } = core.network;
  timeline.settle();
  if (run.kind === 'advance') timeline.advanceTo(run.toNs);
}
