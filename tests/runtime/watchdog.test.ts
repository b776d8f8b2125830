// Which guests the watchdog ends: over a control block and a thread that are made up, so that the
// machine has no say in it.

import * as assert from 'uvu/assert';
import type { ThreadProbe } from '../../host/runtime/thread-probe.ts';
import { Watchdog } from '../../host/runtime/watchdog.ts';
import { ControlBlock, Counter } from '../../host/wasi/control-block.ts';
import { suite } from '../support/suite.ts';

const test = suite('watchdog');

const THREAD = 7;
const GAP_MS = 4;
/** Of its looks; so much more a guest may get. */
const PERIOD_MS = GAP_MS / 4;
const LOOKS = 30;

/** A thread of which each look finds what `next` says: CPU time since the last one, or asleep. */
class FakeThread implements ThreadProbe {
  readonly control = new ControlBlock();
  readonly #next: (look: number) => number | 'asleep';
  #looks = 0;
  #cpuMs = 0;
  #isAsleep = false;
  onLook = (): void => undefined;

  constructor(next: (look: number) => number | 'asleep') {
    this.#next = next;
  }

  cpuMs(thread: number): number {
    assert.is(thread, THREAD);
    const next = this.#next(this.#looks++);
    this.#isAsleep = next === 'asleep';
    if (next !== 'asleep') this.#cpuMs += next;
    this.onLook();
    return this.#cpuMs;
  }

  isAsleep(thread: number): boolean {
    assert.is(thread, THREAD);
    return this.#isAsleep;
  }

  call(): void {
    (this.control.counters[Counter.CALLS] as number) += 1;
  }

  /** @returns after how many looks it was ended, or `goes on` after many. */
  async watched(): Promise<number | 'goes on'> {
    // Not before the watchdog has looked once.
    setTimeout(() => this.control.markRunning(THREAD), 2 * PERIOD_MS);
    return new Promise((resolve) => {
      const watchdog = new Watchdog(this.control, GAP_MS, () => resolve(this.#looks), this);
      const { onLook } = this;
      this.onLook = () => {
        onLook();
        if (this.#looks < LOOKS) return;
        watchdog.stop();
        resolve('goes on');
      };
    });
  }
}

test('a guest that computes for its gap and a period is ended', async () => {
  const computed = new FakeThread(() => 1);
  // The first look only finds it alive.
  assert.is(await computed.watched(), 1 + GAP_MS + PERIOD_MS);
});

test('what its thread computed before the guest ran does not count', async () => {
  assert.is(await new FakeThread((look) => (look === 0 ? 1000 : 0)).watched(), 'goes on');
});

test('a guest whose core is busy with other things goes on', async () => {
  assert.is(await new FakeThread(() => 0).watched(), 'goes on');
});

test('it is ended when it has had its gap of the core, however long that took', async () => {
  const starved = new FakeThread((look) => (look % 5 === 0 ? 1 : 0));
  assert.is(await starved.watched(), 1 + 5 * (GAP_MS + PERIOD_MS));
});

test('a guest that sleeps without the host is ended, as one that computes', async () => {
  assert.is(await new FakeThread(() => 'asleep').watched(), 1 + GAP_MS + PERIOD_MS);
});

test('a guest that calls the host goes on', async () => {
  const caller = new FakeThread(() => 3);
  caller.onLook = () => caller.call();
  assert.is(await caller.watched(), 'goes on');
});

test('a guest that waits in the host goes on, asleep or not', async () => {
  for (const next of ['asleep', 3] as const) {
    const waiter = new FakeThread(() => next);
    waiter.control.isWaiting = true;
    assert.is(await waiter.watched(), 'goes on');
  }
});

test('each call begins the gap anew', async () => {
  const caller = new FakeThread(() => 1);
  let looks = 0;
  caller.onLook = () => {
    looks += 1;
    if (looks % GAP_MS === 0) caller.call();
  };
  assert.is(await caller.watched(), 'goes on');
});

test.run();
