// The contract of waiting: `waitFew`, timeouts and `wake`.

import * as assert from 'uvu/assert';
import { NS_PER_MS } from '../../host/base/units.ts';
import { Mode, Readiness } from '../../host/kernel/kernel.ts';
import { FEW_COUNT_MAX, FewList, ReadyList } from '../../host/kernel/ready-list.ts';
import {
  acceptOne,
  connect,
  type Fixture,
  listen,
  nowNs,
  ok,
  openContract,
  PATIENCE_NS,
  readinessText,
  show,
  type Skips,
  watchOne,
} from './contract.ts';
import type { MakeKernel } from './peers.ts';

const { READ, WRITE } = Readiness;

export function waitContract(makeKernel: MakeKernel, skips: Skips): void {
  const contract = openContract('wait', makeKernel, skips);
  fewRows(contract.row);
  fewApartRows(contract.row);
  timeoutRows(contract.row);
  wakeRows(contract.row);
  contract.run();
}

type Row = ReturnType<typeof openContract>['row'];

function fewRows(row: Row): void {
  row('waitFew tells the readiness of each handle, and how many are ready', (fixture) => {
    const { kernel, peers } = fixture;
    const listening = listen(fixture);
    const [first, second] = [acceptOne(fixture, listening), acceptOne(fixture, listening)];
    second.peer.send('x');
    peers.settle();
    const few = new FewList();
    few.add(first.handle, READ);
    few.add(second.handle, READ);
    few.add(first.handle, READ | WRITE);
    assert.is(show(kernel.waitFew(few, PATIENCE_NS)), 2);
    const readiness = [0, 1, 2].map((index) => readinessText(few.readiness(index)));
    assert.equal(readiness, ['', 'READ', 'WRITE']);
  });

  row('waitFew takes eight handles', (fixture) => {
    const listening = listen(fixture);
    const few = new FewList();
    for (let index = 0; index < FEW_COUNT_MAX; index++) {
      few.add(acceptOne(fixture, listening).handle, WRITE);
    }
    assert.is(show(fixture.kernel.waitFew(few, 0)), FEW_COUNT_MAX);
    for (let index = 0; index < FEW_COUNT_MAX; index++) assert.is(few.readiness(index), WRITE);
  });

  row('waitFew forgets the readiness of the last time', (fixture) => {
    const { kernel, peers } = fixture;
    const { handle, peer } = connect(fixture);
    const few = new FewList();
    few.add(handle, READ);
    peer.send('x');
    peers.settle();
    assert.is(kernel.waitFew(few, 0), 1);
    ok(kernel.recv(handle, 0, 8, 0));
    assert.is(kernel.waitFew(few, 0), 0);
    assert.is(few.readiness(0), 0);
    assert.is(few.handle(0), handle);
  });
}

function fewApartRows(row: Row): void {
  row('waitFew touches no set: an edge stays in it', (fixture) => {
    const { kernel, peers } = fixture;
    const { handle, peer } = connect(fixture);
    const mode = kernel.capabilities.edge ? Mode.EDGE : Mode.LEVEL;
    const set = watchOne(fixture, handle, READ, mode);
    peer.send('x');
    peers.settle();
    const few = new FewList();
    few.add(handle, READ);
    assert.is(kernel.waitFew(few, 0), 1);
    assert.is(kernel.wait(set, 0, new ReadyList(1)), 1);
  });

  row('waitFew does not see what only a set watches', (fixture) => {
    const listening = listen(fixture);
    const [first, second] = [acceptOne(fixture, listening), acceptOne(fixture, listening)];
    watchOne(fixture, first.handle, WRITE);
    const few = new FewList();
    few.add(second.handle, READ);
    assert.is(show(fixture.kernel.waitFew(few, 0)), 0);
  });

  row('waitFew with a handle that is not open answers BADF', (fixture) => {
    const few = new FewList();
    few.add(connect(fixture).handle, WRITE);
    few.add(1234, READ);
    assert.is(show(fixture.kernel.waitFew(few, 0)), '-BADF');
  });

  row('waitFew without an interest answers INVAL', (fixture) => {
    const few = new FewList();
    few.add(connect(fixture).handle, 0);
    assert.is(show(fixture.kernel.waitFew(few, 0)), '-INVAL');
  });

  row('waitFew of no handle waits for the time alone', (fixture) => {
    const start = nowNs(fixture);
    assert.is(show(fixture.kernel.waitFew(new FewList(), NS_PER_MS)), 0);
    assert.ok(nowNs(fixture) - start >= NS_PER_MS);
  });
}

/** Both kinds of wait, with nothing to wait for but the time or a wake. */
function waits(fixture: Fixture): { name: string; wait: (timeoutNs: number) => number }[] {
  const { kernel } = fixture;
  const { handle } = connect(fixture);
  const set = watchOne(fixture, handle, READ);
  const few = new FewList();
  few.add(handle, READ);
  return [
    { name: 'wait', wait: (timeoutNs) => kernel.wait(set, timeoutNs, new ReadyList(4)) },
    { name: 'waitFew', wait: (timeoutNs) => kernel.waitFew(few, timeoutNs) },
  ];
}

function timeoutRows(row: Row): void {
  row('a wait of no time comes back at once with 0', (fixture) => {
    for (const { name, wait } of waits(fixture)) assert.is(show(wait(0)), 0, name);
  });

  row('a wait is never shorter than asked', (fixture) => {
    // 0.3 ms shows a timeout that is cut to milliseconds, a part of a nanosecond one that is cut.
    const timeouts = [0.5, 1, 999, 0.3 * NS_PER_MS, 0.999_999 * NS_PER_MS, 1.5 * NS_PER_MS];
    for (const { name, wait } of waits(fixture)) {
      for (const timeoutNs of timeouts) {
        for (let round = 0; round < 5; round++) {
          const start = nowNs(fixture);
          assert.is(show(wait(timeoutNs)), 0, name);
          const elapsed = nowNs(fixture) - start;
          assert.ok(elapsed >= timeoutNs, `${name} of ${timeoutNs} ns took ${elapsed}`);
        }
      }
    }
  });

  row('a time below 0, or one that is no number, answers INVAL', (fixture) => {
    for (const { name, wait } of waits(fixture)) {
      for (const timeoutNs of [-1, -Infinity, NaN]) {
        assert.is(show(wait(timeoutNs)), '-INVAL', `${name} ${timeoutNs}`);
      }
    }
  });

  row('a wait without an end, or with a very far one, ends when something is ready', (fixture) => {
    const { kernel } = fixture;
    const { handle } = connect(fixture);
    const set = watchOne(fixture, handle, WRITE);
    const few = new FewList();
    few.add(handle, WRITE);
    for (const timeoutNs of [Infinity, Number.MAX_VALUE, 2 ** 64, 2 ** 63, 2 ** 53]) {
      assert.is(show(kernel.wait(set, timeoutNs, new ReadyList(1))), 1, `${timeoutNs}`);
      assert.is(show(kernel.waitFew(few, timeoutNs)), 1, `${timeoutNs}`);
    }
  });

  row('a very far end is not taken for one that has passed', (fixture) => {
    for (const timeoutNs of [Infinity, Number.MAX_VALUE, 2 ** 64, 2 ** 63, 2 ** 53]) {
      for (const { name, wait } of waits(fixture)) {
        fixture.peers.later({ act: 'wake' });
        assert.is(show(wait(timeoutNs)), '-CANCELED', `${name} ${timeoutNs}`);
        fixture.kernel.consumeWake();
      }
    }
  });
}

function wakeRows(row: Row): void {
  row('a wake ends a blocked wait, from another thread', (fixture) => {
    for (const { name, wait } of waits(fixture)) {
      fixture.peers.later({ act: 'wake' });
      assert.is(show(wait(Infinity)), '-CANCELED', name);
      fixture.kernel.consumeWake();
    }
  });

  row('a wake before the wait ends it, and every one after it until it is consumed', (fixture) => {
    const { kernel } = fixture;
    kernel.wake();
    for (const { name, wait } of waits(fixture)) {
      for (const timeoutNs of [Infinity, Infinity, 0]) {
        assert.is(show(wait(timeoutNs)), '-CANCELED', name);
      }
    }
    kernel.consumeWake();
    for (const { name, wait } of waits(fixture)) assert.is(show(wait(0)), 0, name);
  });

  row('wakes that came together are one', (fixture) => {
    const { kernel } = fixture;
    for (let count = 0; count < 1000; count++) kernel.wake();
    kernel.consumeWake();
    for (const { name, wait } of waits(fixture)) assert.is(show(wait(0)), 0, name);
  });

  row('consuming a wake that did not come changes nothing', (fixture) => {
    const { kernel } = fixture;
    kernel.consumeWake();
    for (const { name, wait } of waits(fixture)) assert.is(show(wait(0)), 0, name);
    kernel.wake();
    for (const { name, wait } of waits(fixture)) assert.is(show(wait(0)), '-CANCELED', name);
  });

  row('a wake comes before what is ready, which is not lost', (fixture) => {
    const { kernel } = fixture;
    const { handle } = connect(fixture);
    const mode = kernel.capabilities.edge ? Mode.EDGE : Mode.LEVEL;
    const set = watchOne(fixture, handle, WRITE, mode);
    const few = new FewList();
    few.add(handle, WRITE);
    kernel.wake();
    assert.is(show(kernel.wait(set, Infinity, new ReadyList(4))), '-CANCELED');
    assert.is(show(kernel.waitFew(few, Infinity)), '-CANCELED');
    kernel.consumeWake();
    assert.is(show(kernel.wait(set, 0, new ReadyList(4))), 1);
    assert.is(show(kernel.waitFew(few, 0)), 1);
  });

  row('a wake ends the waits of every set', (fixture) => {
    const { kernel } = fixture;
    const sets = [ok(kernel.openSet()), ok(kernel.openSet())];
    kernel.wake();
    for (const set of sets) {
      assert.is(show(kernel.wait(set, Infinity, new ReadyList(1))), '-CANCELED');
    }
  });
}
