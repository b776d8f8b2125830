// The contract of clocks, randomness and the attached memory.

import * as assert from 'uvu/assert';
import { NS_PER_MS, NS_PER_S } from '../../host/base/units.ts';
import { ClockId } from '../../host/kernel/kernel.ts';
import { FewList } from '../../host/kernel/ready-list.ts';
import { MEMORY_BYTES, nowNs, ok, openContract, show, type Skips } from './contract.ts';
import type { MakeKernel } from './peers.ts';
import { OUTSIDE } from './recv.ts';

const WORD = 2 ** 32;
const UNTOUCHED = 0x2e;

export function clocksContract(makeKernel: MakeKernel, skips: Skips): void {
  const contract = openContract('clocks and randomness', makeKernel, skips);
  clockRows(contract.row);
  randomRows(contract.row);
  contract.run();
}

type Row = ReturnType<typeof openContract>['row'];

function clockRows(row: Row): void {
  row('the monotonic clock starts near 0 with the kernel', (fixture) => {
    assert.ok(nowNs(fixture) < 10 * NS_PER_S);
  });

  row('the monotonic clock never goes back', (fixture) => {
    let last = nowNs(fixture);
    for (let count = 0; count < 10_000; count++) {
      const now = nowNs(fixture);
      assert.ok(now >= last);
      last = now;
    }
  });

  row('a wait moves the monotonic and the realtime clock on', (fixture) => {
    const { kernel } = fixture;
    const realtime = new Uint32Array(2);
    ok(kernel.clockTime(ClockId.REALTIME, realtime));
    const [low, high] = [realtime[0]!, realtime[1]!];
    const start = nowNs(fixture);
    ok(kernel.waitFew(new FewList(), 2 * NS_PER_MS));
    assert.ok(nowNs(fixture) - start >= 2 * NS_PER_MS);
    ok(kernel.clockTime(ClockId.REALTIME, realtime));
    assert.ok(realtime[1]! > high || (realtime[1] === high && realtime[0]! > low));
  });

  row('the realtime clock counts nanoseconds since 1970', ({ kernel }) => {
    const instant = new Uint32Array(2);
    assert.is(kernel.clockTime(ClockId.REALTIME, instant), 0);
    const seconds = (instant[1]! * WORD + instant[0]!) / NS_PER_S;
    const [year2020, year2200] = [1_577_836_800, 7_258_118_400];
    assert.ok(seconds > year2020 && seconds < year2200, `${seconds}`);
  });

  row('the clocks of processor time never go back', ({ kernel }) => {
    for (const clock of [ClockId.PROCESS_CPU, ClockId.THREAD_CPU]) {
      const instant = new Uint32Array(2);
      let last = 0;
      for (let count = 0; count < 100; count++) {
        assert.is(kernel.clockTime(clock, instant), 0);
        const now = instant[1]! * WORD + instant[0]!;
        assert.ok(now >= last);
        last = now;
      }
    }
  });

  row('each clock has a resolution above 0 and of at most a second', ({ kernel }) => {
    for (const clock of Object.values(ClockId)) {
      const step = new Uint32Array(2);
      assert.is(kernel.clockResolution(clock, step), 0);
      assert.ok(step[1] === 0 && step[0]! > 0 && step[0]! <= NS_PER_S);
    }
  });

  row('a clock that does not exist answers INVAL and leaves the instant alone', ({ kernel }) => {
    for (const clock of [4, -1, 2 ** 31 - 1] as ClockId[]) {
      const instant = new Uint32Array([7, 7]);
      assert.is(show(kernel.clockTime(clock, instant)), '-INVAL');
      assert.is(show(kernel.clockResolution(clock, instant)), '-INVAL');
      assert.equal([...instant], [7, 7]);
    }
  });
}

function randomRows(row: Row): void {
  row('random fills its piece of memory and nothing else', ({ kernel, memory }) => {
    memory.fill(UNTOUCHED);
    assert.is(kernel.random(100, 64), 0);
    const piece = memory.slice(100, 164);
    // That 64 random bytes hold fewer than 16 values happens in no one's lifetime.
    assert.ok(new Set(piece).size >= 16);
    assert.ok(memory.subarray(0, 100).every((byte) => byte === UNTOUCHED));
    assert.ok(memory.subarray(164).every((byte) => byte === UNTOUCHED));
  });

  row('random gives other bytes each time', ({ kernel, memory }) => {
    ok(kernel.random(0, 32));
    ok(kernel.random(32, 32));
    assert.not.equal(memory.slice(0, 32), memory.slice(32, 64));
  });

  row('random fills a whole memory, and nothing when asked for nothing', ({ kernel, memory }) => {
    assert.is(kernel.random(0, 0), 0);
    assert.ok(memory.every((byte) => byte === 0));
    assert.is(kernel.random(0, MEMORY_BYTES), 0);
    for (let start = 0; start < MEMORY_BYTES; start += 256) {
      const piece = memory.subarray(start, start + 256);
      assert.ok(
        piece.some((byte) => byte !== 0),
        `nothing at ${start}`,
      );
    }
  });

  row('random outside the memory answers FAULT and writes nothing', ({ kernel, memory }) => {
    for (const [pointer, length] of OUTSIDE) {
      assert.is(show(kernel.random(pointer, length)), '-FAULT');
    }
    assert.ok(memory.every((byte) => byte === 0));
  });

  row('a kernel without a memory answers FAULT', (fixture) => {
    const { kernel } = fixture;
    kernel.attach(new ArrayBuffer(0));
    assert.is(show(kernel.random(0, 1)), '-FAULT');
  });
}
