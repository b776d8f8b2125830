// What the contract suite can't ask of every kernel: threads, memory that moves, descriptors of the
// process, wrong arguments, and that nothing is left open.

import { once } from 'node:events';
import { fstatSync, readdirSync, readlinkSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import * as assert from 'uvu/assert';
import { Errno, errnoName } from '../../host/base/errno.ts';
import type { SysResult } from '../../host/base/sys-result.ts';
import { NS_PER_MS, NS_PER_S } from '../../host/base/units.ts';
import type { Address } from '../../host/kernel/address.ts';
import { type Handle, handleIndex, Mode, Readiness } from '../../host/kernel/kernel.ts';
import { NativeKernel, type NativeKernelOptions } from '../../host/kernel/native/native-kernel.ts';
import { closeDescriptor } from '../../host/kernel/native/process.ts';
import { closeWake, createWake, signalWake } from '../../host/kernel/native/wake.ts';
import { FewList, ReadyList } from '../../host/kernel/ready-list.ts';
import { suite } from '../support/suite.ts';
import { startWorker } from '../support/worker.ts';
import type { Order } from './native-worker.ts';

const { READ } = Readiness;
const PATIENCE_NS = 20 * NS_PER_S;
const LOCAL: Address = { family: 'ipv4', host: '127.0.0.1', port: 0 };

interface World {
  readonly kernel: NativeKernel;
  readonly memory: WebAssembly.Memory;
  readonly ready: ReadyList;
}

/** Runs `body` with a kernel, and ends the kernel in any case. */
function withKernel(body: (world: World) => void, options: NativeKernelOptions = {}): void {
  const kernel = new NativeKernel(options);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 16 });
  kernel.attach(memory.buffer as ArrayBuffer);
  try {
    body({ kernel, memory, ready: new ReadyList(16) });
  } finally {
    kernel.destroy();
  }
}

function ok(result: SysResult): number {
  assert.ok(result >= 0, `expected success, got ${show(result)}`);
  return result;
}

function show(result: SysResult): string {
  return result < 0 ? `-${errnoName(-result)}` : String(result);
}

function listen(kernel: NativeKernel): { listener: Handle; address: Address } {
  const listener = ok(kernel.open('ipv4'));
  ok(kernel.bind(listener, LOCAL));
  ok(kernel.listen(listener, 16));
  const address = kernel.localAddress(listener);
  if (typeof address === 'number') throw new Error(show(address));
  return { listener, address };
}

function connectTo(kernel: NativeKernel): { near: Handle; far: Handle } {
  const { listener, address } = listen(kernel);
  const far = ok(kernel.open('ipv4'));
  assert.is(show(kernel.connect(far, address)), '-INPROGRESS');
  assert.is(waitFor(kernel, listener), 1);
  const near = ok(kernel.accept(listener));
  ok(kernel.close(listener));
  return { near, far };
}

function waitFor(kernel: NativeKernel, handle: Handle): SysResult {
  const few = new FewList();
  few.add(handle, READ);
  return kernel.waitFew(few, PATIENCE_NS);
}

function write({ memory }: World, pointer: number, text: string): void {
  new Uint8Array(memory.buffer).set(new TextEncoder().encode(text), pointer);
}

function text({ memory }: World, pointer: number, lengthBytes: number): string {
  return new TextDecoder().decode(new Uint8Array(memory.buffer, pointer, lengthBytes));
}

async function startNativeWorker(): Promise<Worker> {
  const worker = startWorker(new URL('native-worker.ts', import.meta.url));
  await once(worker, 'message');
  return worker;
}

function order(worker: Worker, what: Order): void {
  worker.postMessage(what);
}

/** What the descriptors of this process are: sockets and pipes by number, others by path. */
function descriptors(): string[] {
  const found: string[] = [];
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      found.push(`${name} ${readlinkSync(`/proc/self/fd/${name}`)}`);
    } catch {
      // The descriptor of readdir itself.
    }
  }
  return found.sort();
}

const data = suite('NativeKernel: memory');

data('bytes go from one socket to the other through the guest memory', () => {
  withKernel((world) => {
    const { kernel } = world;
    const { near, far } = connectTo(kernel);
    write(world, 10, 'hello');
    assert.is(kernel.send(far, 10, 5), 5);
    assert.is(waitFor(kernel, near), 1);
    assert.is(kernel.recv(near, 1000, 64, 0), 5);
    assert.is(text(world, 1000, 5), 'hello');
    kernel.vectors.set([1003, 2, 1000, 3]);
    assert.is(kernel.sendVectors(near, 2), 5);
    assert.is(waitFor(kernel, far), 1);
    kernel.vectors.set([2000, 1, 2001, 10]);
    assert.is(kernel.recvVectors(far, 2, 0), 5);
    assert.is(text(world, 2000, 5), 'lohel');
  });
});

data('a pointer outside the memory answers FAULT', () => {
  withKernel(({ kernel }) => {
    const { near } = connectTo(kernel);
    const bad: [number, number][] = [
      [65536, 1],
      [65535, 2],
      [0, 65537],
      [-1, 1],
      [-1, -1],
      [2 ** 32, 1],
      [2 ** 32 + 5, 1],
      [1, 2 ** 32],
      [2 ** 53, 2 ** 53],
      [Infinity, 1],
      [NaN, 1],
      [0.5, 1],
    ];
    for (const [pointer, lengthBytes] of bad) {
      const results = [
        kernel.recv(near, pointer, lengthBytes, 0),
        kernel.send(near, pointer, lengthBytes),
        kernel.read(near, pointer, lengthBytes),
        kernel.write(near, pointer, lengthBytes),
        kernel.random(pointer, lengthBytes),
      ];
      assert.equal(results, Array(5).fill(-Errno.FAULT), `${pointer}, ${lengthBytes}`);
    }
    assert.is(kernel.send(near, 65536, 0), 0);
  });
});

data('memory that has grown answers FAULT until it is attached again', () => {
  withKernel((world) => {
    const { kernel, memory } = world;
    const { near, far } = connectTo(kernel);
    memory.grow(1);
    assert.is(show(kernel.send(far, 0, 1)), '-FAULT');
    kernel.vectors.set([0, 1]);
    assert.is(show(kernel.sendVectors(far, 1)), '-FAULT');
    kernel.attach(memory.buffer as ArrayBuffer);
    assert.is(kernel.send(far, 131071, 1), 1);
    assert.is(waitFor(kernel, near), 1);
    assert.is(kernel.recv(near, 0, 1, 0), 1);
  });
});

data('a buffer that was given away answers an errno, never its memory', () => {
  withKernel(({ kernel, ready }) => {
    const { near, far } = connectTo(kernel);
    const set = ok(kernel.openSet());
    ok(kernel.watch(set, near, READ, Mode.LEVEL));
    assert.is(kernel.wait(set, 0, ready), 0);
    assert.is(kernel.send(far, 0, 1), 1);
    assert.is(waitFor(kernel, near), 1);
    structuredClone(ready.pairs, { transfer: [ready.pairs.buffer as ArrayBuffer] });
    assert.is(show(kernel.wait(set, 0, ready)), '-INVAL');
    const few = new FewList();
    few.add(near, READ);
    assert.is(kernel.waitFew(few, 0), 1);
    structuredClone(few.words, { transfer: [few.words.buffer] });
    assert.is(show(kernel.waitFew(few, 0)), '-INVAL');
    structuredClone(kernel.vectors, { transfer: [kernel.vectors.buffer] });
    assert.is(show(kernel.recvVectors(near, 1, 0)), '-INVAL');
    const buffer = new ArrayBuffer(100);
    kernel.attach(buffer);
    structuredClone(buffer, { transfer: [buffer] });
    assert.is(show(kernel.recv(near, 0, 1, 0)), '-FAULT');
    assert.is(kernel.wait(set, 0, new ReadyList(1)), 1);
  });
});

data('a shared memory is refused', () => {
  withKernel(({ kernel }) => {
    const shared = new SharedArrayBuffer(65536) as unknown as ArrayBuffer;
    assert.throws(() => kernel.attach(shared), /shared/);
    const list = { pairs: new Int32Array(shared), capacityCount: 1 } as unknown as ReadyList;
    assert.is(show(kernel.wait(ok(kernel.openSet()), 0, list)), '-INVAL');
  });
});

data('random fills what it is asked for and no byte more', () => {
  withKernel(({ kernel, memory }) => {
    assert.is(kernel.random(100, 50_000), 0);
    const bytes = new Uint8Array(memory.buffer);
    const zeros = bytes.subarray(100, 50_100).filter((byte) => byte === 0).length;
    assert.ok(zeros > 100 && zeros < 300, `${zeros} of 50,000 random bytes are 0`);
    assert.ok([...bytes.subarray(0, 100), ...bytes.subarray(50_100)].every((byte) => byte === 0));
  });
});

data.run();

const handles = suite('NativeKernel: handles and descriptors');

handles('a closed handle answers BADF when its index is in use again', () => {
  withKernel(({ kernel }) => {
    const { near, far } = connectTo(kernel);
    ok(kernel.close(near));
    const opened = [ok(kernel.open('unix')), ok(kernel.open('unix'))];
    assert.ok(opened.map(handleIndex).includes(handleIndex(near)));
    assert.not(opened.includes(near));
    assert.is(show(kernel.recv(near, 0, 1, 0)), '-BADF');
    assert.is(show(kernel.close(near)), '-BADF');
    assert.is(kernel.close(far), 0);
  });
});

handles('a released descriptor can be adopted by another kernel', () => {
  withKernel((one) => {
    withKernel((other) => {
      const { near, far } = connectTo(one.kernel);
      const descriptor = ok(one.kernel.release(near));
      assert.is(show(one.kernel.recv(near, 0, 1, 0)), '-BADF');
      const adopted = ok(other.kernel.adopt(descriptor));
      write(one, 0, 'x');
      assert.is(one.kernel.send(far, 0, 1), 1);
      assert.is(waitFor(other.kernel, adopted), 1);
      assert.is(other.kernel.recv(adopted, 9, 1, 0), 1);
      assert.is(text(other, 9, 1), 'x');
      ok(other.kernel.close(adopted));
      assert.throws(() => fstatSync(descriptor), /EBADF/);
    });
  });
});

handles('a released descriptor outlives its kernel and is closed by closeDescriptor', () => {
  let descriptor = -1;
  withKernel(({ kernel }) => {
    descriptor = ok(kernel.release(connectTo(kernel).near));
  });
  assert.ok(fstatSync(descriptor).isSocket());
  assert.is(closeDescriptor(descriptor), 0);
  assert.is(show(closeDescriptor(descriptor)), '-BADF');
});

handles('destroy closes every descriptor, and later calls answer BADF', () => {
  const before = descriptors();
  const kernel = new NativeKernel();
  const { near } = connectTo(kernel);
  const set = ok(kernel.openSet());
  ok(kernel.openStdio(0));
  ok(kernel.dup(near));
  kernel.destroy();
  kernel.destroy();
  assert.equal(descriptors(), before);
  const results = [
    kernel.open('ipv4'),
    kernel.recv(near, 0, 0, 0),
    kernel.recvVectors(near, 0, 0),
    kernel.openSet(),
    kernel.wait(set, 0, new ReadyList(1)),
    kernel.waitFew(new FewList(), 0),
    kernel.openStdio(0),
    kernel.clockTime(1, new Uint32Array(2)),
    kernel.adopt(0),
  ];
  assert.equal(results.map(show), Array(results.length).fill('-BADF'));
  kernel.wake();
  kernel.consumeWake();
});

handles('a wake descriptor that was given stays open', () => {
  const wakeDescriptor = ok(createWake());
  withKernel(() => {}, { wakeDescriptor });
  assert.is(signalWake(wakeDescriptor), 0);
  assert.is(closeWake(wakeDescriptor), 0);
  assert.is(show(signalWake(wakeDescriptor)), '-BADF');
  assert.throws(() => new NativeKernel({ wakeDescriptor: 9999 }), /BADF/);
});

handles('what the peer has not acknowledged falls to 0', () => {
  withKernel(({ kernel }) => {
    const { near, far } = connectTo(kernel);
    let sent = 0;
    for (let count = 0; count >= 0; count = kernel.send(near, 0, 65536)) sent += count;
    assert.ok(ok(kernel.unacknowledgedBytes(near)) > 0, `${sent} bytes were sent`);
    for (let got = 0; got < sent; got += kernel.recv(far, 0, 65536, 0)) {
      assert.is(waitFor(kernel, far), 1);
    }
    while (ok(kernel.unacknowledgedBytes(near)) > 0) continue;
  });
});

handles.run();

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

const wrong = suite('NativeKernel: wrong arguments');

const WRONG_VALUES: readonly unknown[] = [
  undefined,
  null,
  NaN,
  -1,
  0.5,
  2 ** 31,
  1e300,
  -Infinity,
  'text',
  '',
  true,
  {},
  [],
  Symbol('s'),
  10n,
  () => 0,
  new Int32Array(1),
];

/** They end the kernel, make waits wait, or take the standard streams of this test. */
const NOT_FOR_RANDOM_CALLS = new Set(['constructor', 'destroy', 'consumeWake', 'adopt']);

wrong('every method answers an errno or throws a TypeError for a wrong argument', () => {
  withKernel(({ kernel, ready }) => {
    const { near } = connectTo(kernel);
    const set = ok(kernel.openSet());
    const right: readonly unknown[] = [near, set, 0, 1, ready, new FewList(), LOCAL, 'ipv4'];
    const names = Object.getOwnPropertyNames(NativeKernel.prototype);
    kernel.wake(); // so that no wait lasts
    for (const name of names.filter((method) => !NOT_FOR_RANDOM_CALLS.has(method))) {
      const method = (kernel as unknown as Record<string, (...args: unknown[]) => unknown>)[name];
      for (const value of WRONG_VALUES) {
        checkRefusal(name, () => method?.call(kernel, value));
        for (const first of right) {
          checkRefusal(name, () => method?.call(kernel, first, value));
          checkRefusal(name, () => method?.call(kernel, first, 0, value));
          checkRefusal(name, () => method?.call(kernel, first, 0, 0, value));
        }
      }
    }
  });
});

/** No crash, and nothing but numbers, nothing, addresses and TypeErrors. */
function checkRefusal(name: string, call: () => unknown): void {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    assert.instance(error, TypeError, `${name} threw ${String(error)}`);
    return;
  }
  assert.ok(['number', 'undefined', 'object'].includes(typeof result), `${name}: ${typeof result}`);
}

wrong('a number that is not whole is no handle and no descriptor', () => {
  withKernel(({ kernel }) => {
    for (const value of [NaN, 0.5, 2 ** 32, -(2 ** 33), Infinity]) {
      assert.is(show(kernel.adopt(value)), '-INVAL', `adopt ${value}`);
      assert.is(show(kernel.close(value)), '-INVAL', `close ${value}`);
      assert.is(show(closeDescriptor(value)), '-INVAL', `closeDescriptor ${value}`);
    }
  });
});

wrong('a timeout that is no duration answers INVAL', () => {
  withKernel(({ kernel, ready }) => {
    const set = ok(kernel.openSet());
    for (const timeoutNs of [NaN, -1, -Infinity]) {
      assert.is(show(kernel.wait(set, timeoutNs, ready)), '-INVAL');
      assert.is(show(kernel.waitFew(new FewList(), timeoutNs)), '-INVAL');
    }
  });
});

wrong('an address that is none answers INVAL, NAMETOOLONG or AFNOSUPPORT', () => {
  withKernel(({ kernel }) => {
    const handle = ok(kernel.open('ipv4'));
    const local = ok(kernel.open('unix'));
    const bind = (address: Address): string => show(kernel.bind(handle, address));
    assert.is(bind({ family: 'ipv4', host: 'localhost', port: 0 }), '-INVAL');
    assert.is(bind({ family: 'ipv4', host: 'é'.repeat(500), port: 0 }), '-INVAL');
    assert.is(bind({ family: 'ipv4', host: '127.0.0.1', port: 65536 }), '-INVAL');
    assert.is(bind({ family: 'ipv4', host: '127.0.0.1', port: -1 }), '-INVAL');
    assert.is(show(kernel.open('appletalk' as 'ipv4')), '-AFNOSUPPORT');
    const connect = (bytes: number): string =>
      show(kernel.connect(local, { family: 'unix', path: `/${'p'.repeat(bytes - 1)}` }));
    assert.is(connect(107), '-NOENT');
    assert.is(connect(108), '-NAMETOOLONG');
    assert.is(connect(5000), '-NAMETOOLONG');
  });
});

wrong.run();
