// How long a guest gets to leave: over a thread that is made up, so that the machine has no say in it.

import * as assert from 'uvu/assert';
import { StopGrace } from '../../host/runtime/stop-grace.ts';
import type { ThreadProbe } from '../../host/runtime/thread-probe.ts';
import { ControlBlock } from '../../host/wasi/control-block.ts';
import { suite } from '../support/suite.ts';

const test = suite('the time to leave');

const THREAD = 7;
const PERIOD_MS = 2;
const PERIODS_MAX = 10;
/** What the thread computed before it was told to leave. */
const BEFORE_MS = 3_600_000;

/** A thread that is asked `looks` times. */
class FakeThread implements ThreadProbe {
  readonly control = new ControlBlock();
  readonly #cpuMs: number | undefined;
  readonly #isAsleep: boolean;
  looks = -1;

  /** @param cpuMs in each period; undefined: it is gone. */
  constructor(cpuMs: number | undefined, isAsleep = false) {
    this.control.markRunning(THREAD);
    this.#cpuMs = cpuMs;
    this.#isAsleep = isAsleep;
  }

  cpuMs(thread: number): number | undefined {
    assert.is(thread, THREAD);
    this.looks += 1;
    return this.#cpuMs === undefined ? undefined : BEFORE_MS + this.looks * this.#cpuMs;
  }

  isAsleep(thread: number): boolean {
    assert.is(thread, THREAD);
    return this.#isAsleep;
  }
}

/** @returns after how many periods it is over */
async function periodsOf(thread: FakeThread): Promise<number> {
  await new Promise<void>((over) => new StopGrace(thread.control, over, thread, PERIOD_MS));
  return thread.looks;
}

test('a guest that computes has one period', async () => {
  assert.is(await periodsOf(new FakeThread(PERIOD_MS)), 1);
  assert.is(await periodsOf(new FakeThread(PERIOD_MS / 2)), 1);
});

test('one that has the core for less has two, or three', async () => {
  assert.is(await periodsOf(new FakeThread(PERIOD_MS / 4)), 2);
  assert.is(await periodsOf(new FakeThread(PERIOD_MS / 6)), 3);
});

test('one that gets no core at all has ten', async () => {
  assert.is(await periodsOf(new FakeThread(0)), PERIODS_MAX);
});

test('one that sleeps without the host has one', async () => {
  assert.is(await periodsOf(new FakeThread(0, true)), 1);
});

test('one whose thread is gone has one', async () => {
  assert.is(await periodsOf(new FakeThread(undefined)), 1);
});

test('one that has not begun has one', async () => {
  const control = new ControlBlock();
  let looks = 0;
  const probe: ThreadProbe = { cpuMs: () => looks++, isAsleep: () => false };
  await new Promise<void>((over) => new StopGrace(control, over, probe, PERIOD_MS));
  assert.is(looks, 1);
});

test('nothing is called once it is stopped', async () => {
  const thread = new FakeThread(PERIOD_MS);
  const grace = new StopGrace(thread.control, () => assert.unreachable(), thread, PERIOD_MS);
  grace.stop();
  await periodsOf(new FakeThread(0));
});

test.run();
