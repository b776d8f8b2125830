// How a NativeKernel waits, by both of its timers, and what other threads do to it meanwhile.

import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import * as assert from 'uvu/assert';
import { NS_PER_MS } from '../../host/base/units.ts';
import { Mode, Readiness } from '../../host/kernel/kernel.ts';
import { closeWake, createWake, signalWake } from '../../host/kernel/native/wake.ts';
import { FewList, ReadyList } from '../../host/kernel/ready-list.ts';
import { suite } from '../support/suite.ts';
import { startWorker } from '../support/worker.ts';
import type { Order } from './native-worker.ts';
import { connectTo, descriptors, ok, PATIENCE_NS, show, waitFor, withKernel } from './world.ts';

const { READ } = Readiness;

for (const forceTimerfd of [false, true]) {
  const waits = suite(`NativeKernel: waits by ${forceTimerfd ? 'timerfd' : 'epoll_pwait2'}`);
  const options = { forceTimerfd };

  waits('a wait of 0.3 ms is never early', () => {
    withKernel(({ kernel, ready }) => {
      assert.is(kernel.waitsByTimerfd, forceTimerfd);
      const set = ok(kernel.openSet());
      for (let round = 0; round < 30; round++) {
        const before = process.hrtime.bigint();
        assert.is(kernel.wait(set, 0.3 * NS_PER_MS, ready), 0);
        const tookNs = Number(process.hrtime.bigint() - before);
        assert.ok(tookNs >= 0.3 * NS_PER_MS, `${tookNs} ns`);
      }
    }, options);
  });

  waits('ready handles are reported in pairs', () => {
    withKernel(({ kernel, ready }) => {
      const { near, far } = connectTo(kernel);
      const set = ok(kernel.openSet());
      ok(kernel.watch(set, near, READ, Mode.LEVEL));
      assert.is(kernel.wait(set, 0, ready), 0);
      ok(kernel.send(far, 0, 1));
      assert.is(kernel.wait(set, PATIENCE_NS, ready), 1);
      assert.equal([...ready.pairs.subarray(0, 2)], [near, READ]);
      // Another list, then the first again: each is written into when it is given.
      const other = new ReadyList(1);
      assert.is(kernel.wait(set, 0, other), 1);
      assert.equal([...other.pairs], [near, READ]);
      ready.pairs.fill(0);
      assert.is(kernel.wait(set, 0, ready), 1);
      assert.equal([...ready.pairs.subarray(0, 2)], [near, READ]);
    }, options);
  });

  waits('closing a duplicated handle ends its events, and the copy has its own', () => {
    withKernel(({ kernel, ready }) => {
      const { near, far } = connectTo(kernel);
      const set = ok(kernel.openSet());
      ok(kernel.watch(set, near, READ, Mode.LEVEL));
      const copy = ok(kernel.dup(near));
      ok(kernel.close(near));
      ok(kernel.send(far, 0, 1));
      assert.is(waitFor(kernel, copy), 1);
      assert.is(kernel.wait(set, 0, ready), 0);
      ok(kernel.watch(set, copy, READ, Mode.LEVEL));
      assert.is(kernel.wait(set, 0, ready), 1);
      assert.is(ready.pairs[0], copy);
    }, options);
  });

  waits('another thread ends a wait for ever, of a set and of a few', async () => {
    const wakeDescriptor = ok(createWake());
    const worker = await startNativeWorker();
    withKernel(
      ({ kernel, ready }) => {
        const set = ok(kernel.openSet());
        order(worker, { act: 'wake', wakeDescriptor });
        assert.is(show(kernel.wait(set, Infinity, ready)), '-CANCELED');
        assert.is(show(kernel.waitFew(new FewList(), Infinity)), '-CANCELED');
        kernel.consumeWake();
        assert.is(kernel.wait(set, 0, ready), 0);
        order(worker, { act: 'wake', wakeDescriptor });
        assert.is(show(kernel.waitFew(new FewList(), Infinity)), '-CANCELED');
      },
      { ...options, wakeDescriptor },
    );
    await worker.terminate();
    closeWake(wakeDescriptor);
  });

  waits.run();
}

const threads = suite('NativeKernel: threads');

threads('terminating a worker closes what its kernel had open', async () => {
  await (await startNativeWorker()).terminate(); // what Node opens once stays open
  const before = descriptors();
  const worker = await startNativeWorker();
  order(worker, { act: 'hold' });
  await once(worker, 'message');
  const during = descriptors().filter((name) => name.includes('socket:'));
  assert.ok(during.length >= before.filter((name) => name.includes('socket:')).length + 3);
  await worker.terminate();
  assert.equal(descriptors(), before);
});

threads('a wake and terminate end a worker that waits for ever', async () => {
  const wakeDescriptor = ok(createWake());
  const before = descriptors();
  const worker = await startNativeWorker();
  order(worker, { act: 'wait', wakeDescriptor });
  await once(worker, 'message');
  signalWake(wakeDescriptor);
  await worker.terminate();
  assert.equal(descriptors(), before);
  closeWake(wakeDescriptor);
});

threads('many workers use the addon at once', async () => {
  const workers = await Promise.all([1, 2, 3, 4].map(() => startNativeWorker()));
  const filled = workers.map((worker) => once(worker, 'message'));
  for (const worker of workers) order(worker, { act: 'hold' });
  await Promise.all(filled);
  await Promise.all(workers.map((worker) => worker.terminate()));
});

threads.run();

async function startNativeWorker(): Promise<Worker> {
  const worker = startWorker(new URL('native-worker.ts', import.meta.url));
  await once(worker, 'message');
  return worker;
}

function order(worker: Worker, what: Order): void {
  worker.postMessage(what);
}
