// What the watchdog asks of the system: what a thread has computed, and whether it sleeps.

import { readdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { binding } from '../../host/kernel/native/binding.ts';
import { currentThread, isThreadAsleep, threadCpuMs } from '../../host/kernel/native/thread.ts';
import { suite } from '../support/suite.ts';

const test = suite('threads');

/** The highest that there may be is 2^22. Source: proc(5), pid_max. */
const NO_THREADS = [0, -1, 2 ** 30, -(2 ** 31)];

test('the CPU time of a thread grows as it computes, and by no more than the time that passes', () => {
  const thread = currentThread();
  const fromMs = performance.now();
  const before = threadCpuMs(thread) ?? NaN;
  let now = before;
  while (now < before + 5) now = threadCpuMs(thread) ?? NaN;
  assert.ok(now - before <= performance.now() - fromMs);
});

test('the CPU time of another thread can be asked for', () => {
  const others = threads().filter((thread) => thread !== currentThread());
  assert.ok(others.length > 0);
  for (const other of others) assert.ok((threadCpuMs(other) ?? NaN) >= 0);
});

test('there is none of a thread that does not exist', () => {
  for (const thread of NO_THREADS) assert.is(threadCpuMs(thread), undefined);
});

test('what is no number of a thread is refused', () => {
  for (const wrong of [NaN, 0.5, 2 ** 31, undefined, 'text', {}]) {
    assert.ok(binding().threadCpuNs(wrong as number) < 0);
  }
});

test('a thread that runs is not asleep, one that waits for work is', async () => {
  assert.is(isThreadAsleep(currentThread()), false);
  while (!threads().some(isThreadAsleep)) await setImmediate();
});

test('a thread that does not exist counts as asleep', () => {
  for (const thread of NO_THREADS) assert.is(isThreadAsleep(thread), true);
});

test.run();

function threads(): number[] {
  return readdirSync('/proc/self/task').map(Number);
}
