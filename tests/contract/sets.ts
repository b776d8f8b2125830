// The contract of sets: what a wait names, in which order, and what it must never name.

import * as assert from 'uvu/assert';
import { handleIndex, Mode, Readiness } from '../../host/kernel/kernel.ts';
import { ReadyList } from '../../host/kernel/ready-list.ts';
import {
  acceptOne,
  connect,
  type Fixture,
  listen,
  ok,
  openContract,
  recv,
  show,
  type Skips,
  waitSet,
  watchOne,
} from './contract.ts';
import type { MakeKernel, Peer } from './peers.ts';

const { READ, WRITE } = Readiness;

export function setsContract(makeKernel: MakeKernel, skips: Skips): void {
  const contract = openContract('sets', makeKernel, skips);
  watchRows(contract.row);
  closeRows(contract.row);
  fairRows(contract.row);
  severalRows(contract.row);
  errorRows(contract.row);
  contract.run();
}

type Row = ReturnType<typeof openContract>['row'];

/** Connections whose peers have each sent a byte, watched in one set. */
function readyConnections(
  fixture: Fixture,
  count: number,
): { set: number; handles: number[]; peers: Peer[] } {
  const listening = listen(fixture);
  const set = ok(fixture.kernel.openSet());
  const connections = Array.from({ length: count }, () => acceptOne(fixture, listening));
  for (const { handle, peer } of connections) {
    ok(fixture.kernel.watch(set, handle, READ, Mode.LEVEL));
    peer.send('x');
  }
  fixture.peers.settle();
  return {
    set,
    handles: connections.map(({ handle }) => handle),
    peers: connections.map(({ peer }) => peer),
  };
}

function sorted(numbers: Iterable<number>): number[] {
  return [...numbers].sort((left, right) => left - right);
}

function watchRows(row: Row): void {
  row('an empty set has nothing to report', (fixture) => {
    assert.is(waitSet(fixture, ok(fixture.kernel.openSet())).size, 0);
  });

  row('a wait names the ready handles and no others', (fixture) => {
    const { set, handles } = readyConnections(fixture, 3);
    recv(fixture, handles[1] as number);
    assert.equal(sorted(waitSet(fixture, set).keys()), sorted([handles[0]!, handles[2]!]));
  });

  row('a wait writes its pairs densely from the start and nothing behind them', (fixture) => {
    const { set, handles } = readyConnections(fixture, 2);
    const ready = new ReadyList(8);
    ready.pairs.fill(-7);
    assert.is(fixture.kernel.wait(set, 0, ready), 2);
    assert.equal(sorted([ready.pairs[0]!, ready.pairs[2]!]), sorted(handles));
    assert.equal([ready.pairs[1], ready.pairs[3]], [READ, READ]);
    assert.ok(ready.pairs.subarray(4).every((word) => word === -7));
  });

  row('what is no longer watched is not reported', (fixture) => {
    const { kernel } = fixture;
    const { set, handles } = readyConnections(fixture, 2);
    assert.is(show(kernel.unwatch(set, handles[0]!)), 0);
    assert.equal([...waitSet(fixture, set).keys()], [handles[1]]);
  });

  row('a second unwatch, and one of a handle that was not watched, answer 0', (fixture) => {
    const { kernel } = fixture;
    const { set, handles } = readyConnections(fixture, 1);
    assert.is(show(kernel.unwatch(set, handles[0]!)), 0);
    assert.is(show(kernel.unwatch(set, handles[0]!)), 0);
    assert.is(show(kernel.unwatch(set, connect(fixture).handle)), 0);
  });

  row('a handle can be watched again after unwatch', (fixture) => {
    const { set, handles } = readyConnections(fixture, 1);
    ok(fixture.kernel.unwatch(set, handles[0]!));
    ok(fixture.kernel.watch(set, handles[0]!, READ, Mode.LEVEL));
    assert.equal([...waitSet(fixture, set).keys()], handles);
  });
}

function closeRows(row: Row): void {
  row('a closed handle is not reported', (fixture) => {
    const { set, handles } = readyConnections(fixture, 2);
    ok(fixture.kernel.close(handles[0]!));
    assert.equal([...waitSet(fixture, set).keys()], [handles[1]]);
  });

  row('a closed handle is not reported although the socket lives on', (fixture) => {
    const { kernel, peers } = fixture;
    const { set, handles, peers: clients } = readyConnections(fixture, 2);
    const second = ok(kernel.dup(handles[0]!));
    ok(kernel.close(handles[0]!));
    clients[0]!.send('more');
    peers.settle();
    assert.equal([...waitSet(fixture, set).keys()], [handles[1]]);
    assert.is(recv(fixture, second), 'xmore');
  });

  row('the successor of a closed handle is not reported in its place', (fixture) => {
    const { kernel, peers } = fixture;
    const listening = listen(fixture);
    const first = acceptOne(fixture, listening);
    const set = watchOne(fixture, first.handle, READ);
    const second = ok(kernel.dup(first.handle));
    first.peer.send('x');
    peers.settle();
    ok(kernel.close(first.handle));
    const successor = acceptOne(fixture, listening);
    assert.is(handleIndex(successor.handle), handleIndex(first.handle));
    assert.is(waitSet(fixture, set).size, 0);
    ok(kernel.watch(set, successor.handle, READ, Mode.LEVEL));
    assert.is(waitSet(fixture, set).size, 0);
    successor.peer.send('y');
    peers.settle();
    assert.equal([...waitSet(fixture, set)], [[successor.handle, 'READ']]);
    ok(kernel.close(second));
  });

  row('a handle that was ready and is closed before it fits in the list never comes', (fixture) => {
    const { set, handles } = readyConnections(fixture, 4);
    const first = [...waitSet(fixture, set, { capacity: 2 }).keys()];
    const waiting = handles.filter((handle) => !first.includes(handle));
    ok(fixture.kernel.close(waiting[0]!));
    for (let round = 0; round < 4; round++) {
      assert.not(waitSet(fixture, set, { capacity: 2 }).has(waiting[0]!));
    }
  });

  row('closing a set leaves what it watched open', (fixture) => {
    const { kernel } = fixture;
    const { set, handles } = readyConnections(fixture, 1);
    assert.is(kernel.closeSet(set), 0);
    assert.is(recv(fixture, handles[0]!), 'x');
  });
}

function fairRows(row: Row): void {
  row('a list smaller than what is ready is fair: the rest comes first next time', (fixture) => {
    const { set, handles } = readyConnections(fixture, 6);
    for (let round = 0; round < 3; round++) {
      const named: number[] = [];
      for (let part = 0; part < 3; part++) {
        const events = waitSet(fixture, set, { capacity: 2 });
        assert.is(events.size, 2);
        named.push(...events.keys());
      }
      assert.equal(sorted(named), sorted(handles));
    }
  });

  row('a list of one goes round all that are ready', (fixture) => {
    const { set, handles } = readyConnections(fixture, 3);
    const named: number[] = [];
    for (let part = 0; part < 6; part++) {
      named.push(...waitSet(fixture, set, { capacity: 1 }).keys());
    }
    assert.equal(sorted(named.slice(0, 3)), sorted(handles));
    assert.equal(sorted(named.slice(3)), sorted(handles));
  });

  row('a list takes more events than a kernel gathers at a time', (fixture) => {
    const { set, handles } = readyConnections(fixture, 300);
    assert.equal(sorted(waitSet(fixture, set, { capacity: 512 }).keys()), sorted(handles));
  });
}

function severalRows(row: Row): void {
  row('one handle is watched in several sets, each with its own interest', (fixture) => {
    const { kernel, peers } = fixture;
    const { handle, peer } = connect(fixture);
    const reads = watchOne(fixture, handle, READ);
    const writes = watchOne(fixture, handle, WRITE);
    assert.is.not(reads, writes);
    peer.send('x');
    peers.settle();
    assert.equal([...waitSet(fixture, reads)], [[handle, 'READ']]);
    assert.equal([...waitSet(fixture, writes)], [[handle, 'WRITE']]);
    ok(kernel.unwatch(reads, handle));
    assert.is(waitSet(fixture, reads).size, 0);
    assert.equal([...waitSet(fixture, writes)], [[handle, 'WRITE']]);
  });

  row('closing a handle ends its watching in every set', (fixture) => {
    const { handle } = connect(fixture);
    const sets = [watchOne(fixture, handle, WRITE), watchOne(fixture, handle, WRITE)];
    ok(fixture.kernel.dup(handle));
    ok(fixture.kernel.close(handle));
    for (const set of sets) assert.is(waitSet(fixture, set).size, 0);
  });

  row('the number of a closed set is used again, and the new set is empty', (fixture) => {
    const { handle } = connect(fixture);
    const first = watchOne(fixture, handle, WRITE);
    ok(fixture.kernel.closeSet(first));
    const again = ok(fixture.kernel.openSet());
    assert.is(again, first);
    assert.is(waitSet(fixture, again).size, 0);
  });
}

function errorRows(row: Row): void {
  row('every call on a set that is not open answers BADF', (fixture) => {
    const { kernel } = fixture;
    const { handle } = connect(fixture);
    const closed = ok(kernel.openSet());
    ok(kernel.closeSet(closed));
    for (const set of [closed, 1234, -1]) {
      assert.is(show(kernel.watch(set, handle, READ, Mode.LEVEL)), '-BADF');
      assert.is(show(kernel.unwatch(set, handle)), '-BADF');
      assert.is(show(kernel.wait(set, 0, new ReadyList(1))), '-BADF');
      assert.is(show(kernel.closeSet(set)), '-BADF');
    }
  });

  row('watch with what is no interest answers INVAL, and changes nothing', (fixture) => {
    const { kernel } = fixture;
    const { set, handles } = readyConnections(fixture, 1);
    for (const interest of [Readiness.ERROR, Readiness.HANGUP, 32]) {
      assert.is(show(kernel.watch(set, handles[0]!, interest, Mode.LEVEL)), '-INVAL');
    }
    assert.equal([...waitSet(fixture, set).keys()], handles);
  });

  row('a wait into a list without room answers INVAL', (fixture) => {
    const set = ok(fixture.kernel.openSet());
    assert.is(show(fixture.kernel.wait(set, 0, new ReadyList(0))), '-INVAL');
  });

  row('openSet without a free descriptor answers MFILE', ({ kernel, peers }) => {
    const giveBack = peers.exhaustDescriptors();
    assert.is(show(kernel.openSet()), '-MFILE');
    // A set may be made of two.
    giveBack(2);
    ok(kernel.openSet());
  });
}
