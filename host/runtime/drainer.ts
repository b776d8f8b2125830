// The timetable of a drain, kept by the main thread: when it begins, when what is idle gets its
// end, when it is over. What is done then is the guest's thread's, in wasi/drain.ts.

import { Reason } from '../wasi/control-block.ts';

export interface DrainSteps {
  /** The delay is over: clean up what the main thread owns. */
  readonly begin: () => void;
  /** Tells the guest's thread. */
  readonly ask: (reason: number) => void;
  /** The time is over. */
  readonly giveUp: () => void;
}

const TIMEOUT_MS = 10_000;
/** When connections that are idle get their end. */
const IDLE_SHARE = 0.5;
/**
 * How long after that it is asked again: a connection that is kept after its answer, as HTTP does, was
 * busy when the drain began, and is idle only later.
 */
const IDLE_AGAIN_SHARE = 0.25;

export class Drainer {
  readonly #delayMs: number;
  readonly #timeoutMs: number;
  readonly #steps: DrainSteps;
  #timers: NodeJS.Timeout[] | undefined;

  constructor(
    options: { readonly drainDelayMs?: number; readonly drainTimeoutMs?: number },
    steps: DrainSteps,
  ) {
    this.#delayMs = options.drainDelayMs ?? 0;
    this.#timeoutMs = options.drainTimeoutMs ?? TIMEOUT_MS;
    this.#steps = steps;
  }

  /** Begins, unless it has begun. */
  start(): void {
    if (this.#timers !== undefined) return;
    const { ask, begin, giveUp } = this.#steps;
    const startMs = this.#delayMs;
    const timeoutMs = this.#timeoutMs;
    const timers = [
      setTimeout(() => {
        begin();
        ask(Reason.DRAIN);
      }, startMs),
      setTimeout(
        () => {
          ask(Reason.DRAIN_IDLE);
          // Counted from here: of two looks that are late together the second finds everyone idle.
          timers.push(setTimeout(() => ask(Reason.DRAIN_IDLE), IDLE_AGAIN_SHARE * timeoutMs));
        },
        startMs + IDLE_SHARE * timeoutMs,
      ),
      setTimeout(giveUp, startMs + timeoutMs),
    ];
    this.#timers = timers;
  }

  /** The guest has ended. */
  stop(): void {
    for (const timer of this.#timers ?? []) clearTimeout(timer);
  }
}
