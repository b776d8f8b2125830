// Draining: the guest takes what is queued, finishes what is open, and gets nothing new. The host
// accepts nothing in its place; it only sees when a queue has become empty, and when nothing is
// left to do. What counts is who came in: connections that the guest made itself are its means, and
// end with it.

import { Readiness, Shutdown } from '../kernel/kernel.ts';
import { FewList } from '../kernel/ready-list.ts';
import { Outcome } from './control-block.ts';
import { type Descriptor, Kind } from './descriptors.ts';
import type { Sandbox } from './sandbox.ts';

export class Drain {
  readonly #sandbox: Sandbox;
  readonly #few = new FewList();
  #listeners: Descriptor[] = [];
  #isOn = false;

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Lets the listeners' queues grow no further. */
  begin(): void {
    if (this.#isOn) return;
    this.#isOn = true;
    for (const descriptor of this.#sandbox.descriptors.all()) {
      descriptor.isIdle = true;
      if (descriptor.kind !== Kind.LISTENER) continue;
      this.#sandbox.kernel.stopQueueing(descriptor.handle);
      this.#listeners.push(descriptor);
    }
  }

  /** A connection that moved no byte since the last time, or the beginning, gets its end. */
  endIdle(): void {
    for (const descriptor of this.#sandbox.descriptors.all()) {
      if (!descriptor.isAccepted) continue;
      if (descriptor.isIdle) this.#sandbox.kernel.shutdown(descriptor.handle, Shutdown.READ);
      descriptor.isIdle = true;
    }
  }

  /** The time is over: what is open is closed, and counted. */
  giveUp(): never {
    this.#sandbox.leave(Outcome.UNDRAINED, this.#sandbox.descriptors.acceptedCount);
  }

  /**
   * Retires listeners with an empty queue, and ends the guest when no connection is left either.
   * Called by every import while draining.
   */
  step(): void {
    this.#listeners = this.#listeners.filter((listener) => !this.#retire(listener));
    if (this.#listeners.length === 0 && this.#sandbox.descriptors.acceptedCount === 0) {
      this.#sandbox.leave(Outcome.DRAINED, 0);
    }
  }

  /** Closes a listener that has an empty queue. To the guest it stays open, and is never ready. */
  #retire(listener: Descriptor): boolean {
    if (listener.isRetired) return true;
    const { kernel, descriptors } = this.#sandbox;
    this.#few.clear();
    this.#few.add(listener.handle, Readiness.READ);
    // Only a 0 says that the queue is empty: a wake that came meanwhile says nothing of it.
    if (kernel.waitFew(this.#few, 0) !== 0) return false;
    kernel.close(listener.handle);
    listener.isRetired = true;
    descriptors.touch();
    return true;
  }
}
