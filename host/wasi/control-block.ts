// What a guest's thread and its supervisor tell each other while the guest runs: one block of
// shared memory, since a thread inside a guest receives no message and a thread inside a system
// call can't be interrupted. The layout is here and nowhere else.
//
//     words (i32)     0 attention | 1 state | 2 owns | 3 outcome | 4 exit code | 5 waiting | 6 thread | ...
//     counters (f64)  at byte 64: one each, see Counter; written by the guest's thread alone

const COUNTERS_AT_BYTES = 64;
const ATTENTION = 0;
const STATE = 1;
const OWNS = 2;
const OUTCOME = 3;
const EXIT_CODE = 4;
const WAITING = 5;
const THREAD = 6;

/** Why the supervisor calls: bits of the attention word. */
export const Reason = {
  /** Leave the guest at once. */
  STOP: 1,
  /** Take what is queued and finish what is open, but nothing new. */
  DRAIN: 2,
  /** Much of the time to drain is over: end what is idle. */
  DRAIN_IDLE: 4,
  /** All of it is over: close what is open. */
  DRAIN_OVER: 8,
  /** Set by the guest's own thread: it has ended, and no import may return to it any more. */
  DEAD: 1 << 30,
} as const;

export const State = { STARTING: 0, RUNNING: 1 } as const;

/** How a guest ended. */
export const Outcome = {
  NONE: 0,
  EXITED: 1,
  STOPPED: 2,
  TRAPPED: 3,
  FAILED: 4,
  /** Nothing was left to do. */
  DRAINED: 5,
  /** The time to drain ran out; the exit code says how many connections were open. */
  UNDRAINED: 6,
  /** It computed for longer between two host calls than it may. */
  LIMITED: 7,
} as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

export const Counter = {
  CALLS: 0,
  POLLS: 1,
  EVENTS: 2,
  ACCEPTED: 3,
  CLOSED: 4,
  RECEIVED_BYTES: 5,
  SENT_BYTES: 6,
  /** Accepts that were refused since the guest has as many descriptors as it may. */
  ACCEPTS_REFUSED: 7,
  /** Signs of life within a long call. */
  PULSES: 8,
  /** Sockets that the guest opened itself. */
  OPENED: 9,
  COUNT: 10,
} as const;

export class ControlBlock {
  readonly buffer: SharedArrayBuffer;
  readonly words: Int32Array;
  /** One {@link Counter} each. Read by the other thread unlocked: exact when the guest rests. */
  readonly counters: Float64Array;

  constructor(
    buffer = new SharedArrayBuffer(
      COUNTERS_AT_BYTES + Counter.COUNT * Float64Array.BYTES_PER_ELEMENT,
    ),
  ) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer, 0, COUNTERS_AT_BYTES / Int32Array.BYTES_PER_ELEMENT);
    this.counters = new Float64Array(buffer, COUNTERS_AT_BYTES, Counter.COUNT);
  }

  /** Supervisor: asks for attention. Wake the guest's kernel after this, never before. */
  ask(reason: number): void {
    Atomics.or(this.words, ATTENTION, reason);
  }

  /**
   * Guest's thread: true when {@link takeReasons} has something to say. A plain load, since it is
   * asked in every call: the word alone decides, and it is taken atomically.
   */
  get wantsAttention(): boolean {
    return this.words[ATTENTION] !== 0;
  }

  /** Guest's thread: takes the reasons. `DEAD` stays. */
  takeReasons(): number {
    return Atomics.and(this.words, ATTENTION, Reason.DEAD);
  }

  /** Changes whenever the guest calls the host, and within long calls. */
  get heartbeat(): number {
    return (this.counters[Counter.CALLS] as number) + (this.counters[Counter.PULSES] as number);
  }

  /** Guest's thread: no import returns to the guest from here on. The first outcome stands. */
  end(outcome: Outcome, exitCode: number): void {
    if (Atomics.compareExchange(this.words, OUTCOME, Outcome.NONE, outcome) === Outcome.NONE) {
      Atomics.store(this.words, EXIT_CODE, exitCode | 0);
    }
    Atomics.or(this.words, ATTENTION, Reason.DEAD);
  }

  get outcome(): Outcome {
    return Atomics.load(this.words, OUTCOME) as Outcome;
  }

  /** The guest's exit code, all 32 bits of it. */
  get exitCode(): number {
    return Atomics.load(this.words, EXIT_CODE) >>> 0;
  }

  get isRunning(): boolean {
    return Atomics.load(this.words, STATE) === State.RUNNING;
  }

  /**
   * Guest's thread: its code runs from here on.
   *
   * @param thread the system's number of the thread; 0 where no one watches it.
   */
  markRunning(thread = 0): void {
    Atomics.store(this.words, THREAD, thread);
    Atomics.store(this.words, STATE, State.RUNNING);
  }

  /** The system's number of the guest's thread, when it {@link isRunning}. */
  get thread(): number {
    return Atomics.load(this.words, THREAD);
  }

  /** True from when the guest's thread has taken over the descriptors: it closes them then. */
  get ownsDescriptors(): boolean {
    return Atomics.load(this.words, OWNS) === 1;
  }

  takeDescriptors(): void {
    Atomics.store(this.words, OWNS, 1);
  }

  /**
   * True while the guest's thread is in a wait: this time is not the guest's. A hint, as the
   * counters are: who looks again and again sees it in time.
   */
  get isWaiting(): boolean {
    return this.words[WAITING] === 1;
  }

  set isWaiting(value: boolean) {
    this.words[WAITING] = value ? 1 : 0;
  }
}
