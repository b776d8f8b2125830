// What the contract promises and only a live system can show: signals, the host's own descriptors,
// privileges, the real time; and a wake that comes together with events.

import { closeSync, fstatSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { NS_PER_MS, NS_PER_S } from '../../host/base/units.ts';
import { ClockId, Mode, Readiness } from '../../host/kernel/kernel.ts';
import { signalWake } from '../../host/kernel/native/wake.ts';
import { FewList, ReadyList } from '../../host/kernel/ready-list.ts';
import { type Suite, suite } from '../support/suite.ts';
import {
  connect,
  type Fixture,
  MEMORY_BYTES,
  nowNs,
  ok,
  patternText,
  put,
  read,
  show,
  watchOne,
  write,
} from './contract.ts';
import { makeNativeKernel, type NativeWorld, signalLater } from './native-peers.ts';
import { firstFreePort } from './native-skips.ts';
import type { StdioKinds } from './peers.ts';

const { READ, WRITE } = Readiness;
const WORD = 2 ** 32;

const test = suite('what only a live kernel shows (native)');

/** Runs `body` over a fresh kernel. */
async function withNative(
  body: (fixture: Fixture & NativeWorld) => void | Promise<void>,
  stdio?: StdioKinds,
): Promise<void> {
  const world = makeNativeKernel(stdio);
  const memory = new Uint8Array(new ArrayBuffer(MEMORY_BYTES));
  world.kernel.attach(memory.buffer);
  try {
    await body({ ...world, memory });
  } finally {
    world.kernel.destroy();
    world.peers.close();
  }
}

test('a signal does not end a wait, nor make it shorter or longer', () =>
  withNative(async (fixture) => {
    const { kernel } = fixture;
    const set = watchOne(fixture, connect(fixture).handle, READ);
    // A process does not stay for a signal's handler alone.
    const stay = setInterval(() => {}, 1000);
    const waitNs = 50 * NS_PER_MS;
    for (const wait of [
      () => kernel.wait(set, waitNs, new ReadyList(1)),
      () => kernel.waitFew(new FewList(), waitNs),
    ]) {
      const arrived = new Promise((done) => process.once('SIGUSR2', done));
      signalLater('SIGUSR2');
      const start = nowNs(fixture);
      assert.is(show(wait()), 0);
      const elapsedNs = nowNs(fixture) - start;
      assert.ok(elapsedNs >= waitNs, `${elapsedNs}`);
      assert.ok(elapsedNs < 40 * waitNs, `${elapsedNs}`);
      await arrived;
    }
    clearInterval(stay);
  }));

test('a wake that comes together with events leaves both: events first, or CANCELED first', () =>
  withNative((fixture) => {
    const { kernel, wakeDescriptor } = fixture;
    const { handle } = connect(fixture);
    const set = watchOne(fixture, handle, WRITE, Mode.EDGE);
    const few = new FewList();
    few.add(handle, WRITE);
    for (const wait of [
      () => kernel.wait(set, Infinity, new ReadyList(1)),
      () => kernel.waitFew(few, Infinity),
    ]) {
      signalWake(wakeDescriptor);
      const results = [show(wait())];
      if (results[0] === 1) results.push(show(wait()));
      assert.is(results.at(-1), '-CANCELED');
      assert.is(show(wait()), '-CANCELED');
      kernel.consumeWake();
      if (results.length === 1) assert.is(show(wait()), 1, 'the event is lost');
    }
  }));

test('a standard stream keeps its flags, and outlives its handle', () =>
  withNative(
    (fixture) => {
      const { kernel, stdioDescriptors } = fixture;
      const before = stdioDescriptors.map(flagsOf);
      const [input, output] = [ok(kernel.openStdio(0)), ok(kernel.openStdio(1))];
      assert.is(read(fixture, input), '-AGAIN');
      assert.is(write(fixture, output, 'x'), 1);
      watchOne(fixture, input, READ);
      assert.equal(stdioDescriptors.map(flagsOf), before);
      ok(kernel.close(input));
      ok(kernel.close(output));
      kernel.destroy();
      for (const descriptor of stdioDescriptors) fstatSync(descriptor);
      assert.equal(stdioDescriptors.map(flagsOf), before);
    },
    ['socket', 'pipe', 'socket'],
  ));

test('a pipe that blocks is written without blocking, however little room there is', () =>
  withNative(
    (fixture) => {
      const output = ok(fixture.kernel.openStdio(1));
      const isBlocking = (flagsOf(fixture.stdioDescriptors[1]) & 0o4000) === 0;
      assert.ok(isBlocking, 'the row shows nothing');
      put(fixture, patternText(0, MEMORY_BYTES));
      while (fixture.kernel.write(output, 0, MEMORY_BYTES) > 0);
      assert.is(write(fixture, output, patternText(0, 8192)), '-AGAIN');
    },
    ['none', 'pipe', 'none'],
  ));

test('every descriptor of a kernel is closed on exec', () =>
  withNative((fixture) => {
    const { kernel } = fixture;
    const { handle, listener } = connect(fixture);
    for (const open of [handle, listener, ok(kernel.dup(handle)), ok(kernel.open('unix'))]) {
      const descriptor = ok(kernel.release(open));
      assert.is(flagsOf(descriptor) & 0o2000000, 0o2000000);
      closeSync(descriptor);
    }
  }));

test('the realtime clock is the system’s', () =>
  withNative(({ kernel }) => {
    const instant = new Uint32Array(2);
    ok(kernel.clockTime(ClockId.REALTIME, instant));
    const ms = (instant[1]! * WORD + instant[0]!) / NS_PER_MS;
    assert.ok(Math.abs(ms - Date.now()) < 1000);
  }));

test('the clocks of processor time count work, and not waiting', () =>
  withNative((fixture) => {
    const { kernel } = fixture;
    const cpuNs = (): number => {
      const instant = new Uint32Array(2);
      ok(kernel.clockTime(ClockId.THREAD_CPU, instant));
      return instant[1]! * WORD + instant[0]!;
    };
    const start = cpuNs();
    const endNs = nowNs(fixture) + 5 * NS_PER_MS;
    while (nowNs(fixture) < endNs);
    const worked = cpuNs() - start;
    assert.ok(worked > 0 && worked < NS_PER_S);
    ok(kernel.waitFew(new FewList(), 50 * NS_PER_MS));
    assert.ok(cpuNs() - start - worked < 40 * NS_PER_MS);
  }));

bindRow(test);

test.run();

function bindRow(test: Suite): void {
  const title = 'bind to a port that only the superuser may take answers ACCES';
  if (process.geteuid?.() !== 0) {
    test.skip(title, 'the contract shows it, since this process is not the superuser');
    return;
  }
  if (firstFreePort() <= 1) {
    test.skip(title, 'this system lets everyone bind every port');
    return;
  }
  test(title, () =>
    withNative(({ kernel }) => {
      const handle = ok(kernel.open('ipv4'));
      const nobody = 65534;
      process.seteuid?.(nobody);
      try {
        const address = { family: 'ipv4', host: '127.0.0.1', port: 1 } as const;
        assert.is(show(kernel.bind(handle, address)), '-ACCES');
      } finally {
        process.seteuid?.(0);
      }
    }),
  );
}

/** The open(2) flags of a descriptor, O_CLOEXEC included. */
function flagsOf(descriptor: number): number {
  const text = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8');
  return parseInt(/^flags:\s*(\d+)/m.exec(text)?.[1] ?? '', 8);
}
