// Virtual time, and what will happen in it. Nothing sleeps: a wait lets the time jump to the next
// happening. Two kinds are kept apart: deliveries are on their way and come by themselves; timers
// wait for time to pass (a SYN that is sent again), and do not keep a world from being quiet.

/** Something that happens at an instant. */
export interface Happening {
  happen(): void;
}

/** A happening in a queue: it can be taken back until it has happened. */
export class Appointment {
  readonly dueNs: number;
  /** Of two with one instant, the one that was made first comes first. */
  readonly order: number;
  happening: Happening | undefined;
  queue: Queue | undefined;

  constructor(dueNs: number, order: number, happening: Happening) {
    this.dueNs = dueNs;
    this.order = order;
    this.happening = happening;
  }

  /** Takes it back. */
  cancel(): void {
    this.happening = undefined;
    this.queue?.dropCancelled();
  }
}

export class Timeline {
  /** Whole nanoseconds since the world began. Exact up to 2^53: 104 days. */
  nowNs = 0;
  /** A wait does not let time pass beyond this to meet a delivery. */
  horizonNs = Infinity;
  /** How much has happened. */
  happenedCount = 0;
  readonly #deliveries = new Queue();
  readonly #timers = new Queue();
  #order = 0;

  /** Something on its way: it arrives `delayNs` from now. */
  deliver(delayNs: number, happening: Happening): Appointment {
    return this.#deliveries.add(new Appointment(this.nowNs + delayNs, this.#order++, happening));
  }

  /** Something that time alone brings, `delayNs` from now. */
  startTimer(delayNs: number, happening: Happening): Appointment {
    return this.#timers.add(new Appointment(this.nowNs + delayNs, this.#order++, happening));
  }

  /** When the next delivery arrives; Infinity when nothing is on its way. */
  get nextDeliveryNs(): number {
    return this.#deliveries.nextNs;
  }

  /** When anything happens next; Infinity for never. */
  get nextNs(): number {
    return Math.min(this.#deliveries.nextNs, this.#timers.nextNs);
  }

  /** Lets everything happen that is due, what follows from it included. */
  catchUp(): void {
    while (this.#deliveries.nextNs <= this.nowNs || this.#timers.nextNs <= this.nowNs) {
      const queue = this.#isTimerFirst() ? this.#timers : this.#deliveries;
      const happening = queue.take();
      this.happenedCount++;
      happening.happen();
    }
  }

  /** Moves the time on to `instantNs`, letting everything happen on the way, in its order. */
  advanceTo(instantNs: number): void {
    for (;;) {
      this.catchUp();
      const nextNs = this.nextNs;
      if (nextNs > instantNs) break;
      this.nowNs = nextNs;
    }
    if (instantNs > this.nowNs) this.nowNs = instantNs;
  }

  /** Lets everything arrive that is on its way. Timers wait, except those due by then. */
  settle(): void {
    this.catchUp();
    while (this.#deliveries.nextNs < Infinity) this.advanceTo(this.#deliveries.nextNs);
  }

  #isTimerFirst(): boolean {
    const timer = this.#timers.first;
    const delivery = this.#deliveries.first;
    if (timer === undefined || delivery === undefined) return delivery === undefined;
    return isBefore(timer, delivery);
  }
}

function isBefore(left: Appointment, right: Appointment): boolean {
  return left.dueNs < right.dueNs || (left.dueNs === right.dueNs && left.order < right.order);
}

/** A binary heap, the next on top. Those taken back are dropped when they come to the top. */
class Queue {
  readonly #heap: Appointment[] = [];
  /** The instant of the top; Infinity for none. */
  nextNs = Infinity;

  get first(): Appointment | undefined {
    return this.#heap[0];
  }

  add(appointment: Appointment): Appointment {
    const heap = this.#heap;
    let at = heap.length;
    appointment.queue = this;
    heap.push(appointment);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(appointment, heap[parent] as Appointment)) break;
      heap[at] = heap[parent] as Appointment;
      at = parent;
    }
    heap[at] = appointment;
    this.nextNs = (heap[0] as Appointment).dueNs;
    return appointment;
  }

  /** Takes the top, which exists and was not taken back. */
  take(): Happening {
    const happening = (this.#heap[0] as Appointment).happening as Happening;
    this.#removeTop();
    this.dropCancelled();
    return happening;
  }

  /** Makes the top one that will happen, and tells its instant. */
  dropCancelled(): void {
    while (this.#heap.length > 0 && (this.#heap[0] as Appointment).happening === undefined) {
      this.#removeTop();
    }
    this.nextNs = this.#heap.length > 0 ? (this.#heap[0] as Appointment).dueNs : Infinity;
  }

  #removeTop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Appointment;
    const count = heap.length;
    if (count === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= count) break;
      if (child + 1 < count && isBefore(heap[child + 1] as Appointment, heap[child] as Appointment))
        child++;
      if (!isBefore(heap[child] as Appointment, last)) break;
      heap[at] = heap[child] as Appointment;
      at = child;
    }
    heap[at] = last;
  }
}
