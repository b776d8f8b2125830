// The contract of the modes: a level is reported as long as it lasts, an edge once per arrival, a
// one-shot once. A kernel that lacks a mode says so, in `capabilities` and with NOTSUP.

import * as assert from 'uvu/assert';
import { Mode, Readiness } from '../../host/kernel/kernel.ts';
import {
  connect,
  fill,
  type Fixture,
  listen,
  ok,
  openContract,
  recv,
  send,
  show,
  type Skips,
  waitSet,
  watchOne,
} from './contract.ts';
import type { MakeKernel } from './peers.ts';

const { READ, WRITE, READ_HANGUP } = Readiness;

export function modesContract(makeKernel: MakeKernel, skips: Skips): void {
  const contract = openContract('modes', makeKernel, skips);
  const { kernel, peers } = makeKernel();
  const { edge, oneShot, demux } = kernel.capabilities;
  kernel.destroy();
  peers.close();

  const without =
    (mode: string): Row =>
    (title) =>
      contract.unproven(title, `${demux} has no ${mode} mode`);
  levelRows(contract.row);
  const edgeRow = edge ? contract.row : without('edge');
  edgeRows(edgeRow);
  edgeDirectionRows(edgeRow);
  edgeResetRows(edgeRow);
  oneShotRows(oneShot ? contract.row : without('one-shot'));
  capabilityRows(contract.row);
  contract.run();
}

type Row = ReturnType<typeof openContract>['row'];

/** What a set says of one handle, `''` for nothing. */
function reported(fixture: Fixture, set: number, handle: number): string {
  const events = waitSet(fixture, set);
  assert.ok(events.size <= 1);
  return events.get(handle) ?? '';
}

function levelRows(row: Row): void {
  row('a level is reported by every wait as long as it lasts', (fixture) => {
    const { handle, peer } = connect(fixture);
    const set = watchOne(fixture, handle, READ);
    assert.is(reported(fixture, set, handle), '');
    peer.send('abcd');
    fixture.peers.settle();
    for (let round = 0; round < 3; round++) assert.is(reported(fixture, set, handle), 'READ');
    assert.is(recv(fixture, handle, 2), 'ab');
    assert.is(reported(fixture, set, handle), 'READ');
    assert.is(recv(fixture, handle, 2), 'cd');
    assert.is(reported(fixture, set, handle), '');
  });

  row('a level that was there before it was watched is reported', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.send('abcd');
    fixture.peers.settle();
    const set = watchOne(fixture, handle, READ);
    assert.is(reported(fixture, set, handle), 'READ');
  });

  row('watching again changes the interest', (fixture) => {
    const { handle, peer } = connect(fixture);
    const set = watchOne(fixture, handle, READ);
    peer.send('x');
    fixture.peers.settle();
    assert.is(reported(fixture, set, handle), 'READ');
    ok(fixture.kernel.watch(set, handle, WRITE, Mode.LEVEL));
    assert.is(reported(fixture, set, handle), 'WRITE');
    ok(fixture.kernel.watch(set, handle, READ | WRITE, Mode.LEVEL));
    assert.is(reported(fixture, set, handle), 'READ|WRITE');
  });
}

function edgeRows(row: Row): void {
  row('an edge is reported once, and again when more arrives', (fixture) => {
    const { handle, peer } = connect(fixture);
    const set = watchOne(fixture, handle, READ, Mode.EDGE);
    peer.send('abcd');
    fixture.peers.settle();
    assert.is(reported(fixture, set, handle), 'READ');
    assert.is(reported(fixture, set, handle), '');
    peer.send('e');
    fixture.peers.settle();
    assert.is(reported(fixture, set, handle), 'READ');
    assert.is(reported(fixture, set, handle), '');
  });

  row('a read of a part of the data gives no edge', (fixture) => {
    const { handle, peer } = connect(fixture);
    const set = watchOne(fixture, handle, READ, Mode.EDGE);
    peer.send('abcd');
    fixture.peers.settle();
    assert.is(reported(fixture, set, handle), 'READ');
    assert.is(recv(fixture, handle, 2), 'ab');
    assert.is(reported(fixture, set, handle), '');
  });

  row('watching again gives the edge of what is there', (fixture) => {
    const { handle, peer } = connect(fixture);
    const set = watchOne(fixture, handle, READ, Mode.EDGE);
    peer.send('abcd');
    fixture.peers.settle();
    for (let round = 0; round < 3; round++) {
      assert.is(reported(fixture, set, handle), 'READ');
      assert.is(reported(fixture, set, handle), '');
      ok(fixture.kernel.watch(set, handle, READ, Mode.EDGE));
    }
  });

  row('what arrived before the handle was watched is an edge', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.send('abcd');
    fixture.peers.settle();
    const set = watchOne(fixture, handle, READ, Mode.EDGE);
    assert.equal([reported(fixture, set, handle), reported(fixture, set, handle)], ['READ', '']);
  });

  row('several arrivals between two waits are one edge', (fixture) => {
    const { handle, peer } = connect(fixture);
    const set = watchOne(fixture, handle, READ, Mode.EDGE);
    for (const text of ['a', 'b', 'c']) {
      peer.send(text);
      fixture.peers.settle();
    }
    assert.equal([reported(fixture, set, handle), reported(fixture, set, handle)], ['READ', '']);
  });
}

function edgeDirectionRows(row: Row): void {
  row('an edge of one direction tells what the other is ready for', (fixture) => {
    const { handle, peer } = connect(fixture);
    const set = watchOne(fixture, handle, READ | WRITE, Mode.EDGE);
    assert.is(reported(fixture, set, handle), 'WRITE');
    assert.is(reported(fixture, set, handle), '');
    peer.send('x');
    fixture.peers.settle();
    assert.is(reported(fixture, set, handle), 'READ|WRITE');
  });

  row('a full socket gives an edge when there is room again', (fixture) => {
    const { handle, peer } = connect(fixture);
    const set = watchOne(fixture, handle, WRITE, Mode.EDGE);
    assert.is(reported(fixture, set, handle), 'WRITE');
    fill(fixture, handle);
    assert.is(reported(fixture, set, handle), '');
    for (let event = ''; event === ''; event = reported(fixture, set, handle)) {
      assert.is.not(peer.receive().text, '', 'all was read, and no edge came');
      fixture.peers.settle();
    }
    assert.type(send(fixture, handle, 'x'), 'number');
  });

  row('each connection that comes to a listener is an edge', (fixture) => {
    const { listener, address } = listen(fixture);
    const set = watchOne(fixture, listener, READ, Mode.EDGE);
    for (let round = 0; round < 2; round++) {
      fixture.peers.connect(address);
      fixture.peers.settle();
      assert.is(reported(fixture, set, listener), 'READ');
      assert.is(reported(fixture, set, listener), '');
    }
  });
}

function edgeResetRows(row: Row): void {
  row('the end of the peer is an edge', (fixture) => {
    const { handle, peer } = connect(fixture);
    const set = watchOne(fixture, handle, READ | READ_HANGUP, Mode.EDGE);
    peer.endSending();
    fixture.peers.settle();
    assert.is(reported(fixture, set, handle), 'READ|READ_HANGUP');
    assert.is(reported(fixture, set, handle), '');
  });

  row('data and the end that came before the wait are one edge, and it tells both', (fixture) => {
    const { handle, peer } = connect(fixture);
    const set = watchOne(fixture, handle, READ | READ_HANGUP, Mode.EDGE);
    peer.send('abc');
    peer.endSending();
    fixture.peers.settle();
    assert.is(reported(fixture, set, handle), 'READ|READ_HANGUP');
    assert.equal([recv(fixture, handle), recv(fixture, handle)], ['abc', '']);
    assert.is(reported(fixture, set, handle), '');
  });

  row('a reset is an edge, with its error', (fixture) => {
    const { handle, peer } = connect(fixture);
    const set = watchOne(fixture, handle, READ, Mode.EDGE);
    peer.reset();
    fixture.peers.settle();
    assert.is(reported(fixture, set, handle), 'READ|ERROR|HANGUP');
    assert.is(reported(fixture, set, handle), '');
  });
}

function oneShotRows(row: Row): void {
  row('a one-shot is reported once, also when more arrives', (fixture) => {
    const { handle, peer } = connect(fixture);
    const set = watchOne(fixture, handle, READ, Mode.ONE_SHOT);
    peer.send('a');
    fixture.peers.settle();
    assert.is(reported(fixture, set, handle), 'READ');
    peer.send('b');
    fixture.peers.settle();
    assert.is(reported(fixture, set, handle), '');
  });

  row('a one-shot that was reported is reported again once it is watched again', (fixture) => {
    const { handle, peer } = connect(fixture);
    const set = watchOne(fixture, handle, READ, Mode.ONE_SHOT);
    peer.send('a');
    fixture.peers.settle();
    for (let round = 0; round < 3; round++) {
      assert.is(reported(fixture, set, handle), 'READ');
      assert.is(reported(fixture, set, handle), '');
      ok(fixture.kernel.watch(set, handle, READ, Mode.ONE_SHOT));
    }
  });

  row('a one-shot that was reported keeps still about a reset too', (fixture) => {
    const { handle, peer } = connect(fixture);
    const set = watchOne(fixture, handle, READ, Mode.ONE_SHOT);
    peer.send('a');
    fixture.peers.settle();
    assert.is(reported(fixture, set, handle), 'READ');
    peer.reset();
    fixture.peers.settle();
    assert.is(reported(fixture, set, handle), '');
  });
}

function capabilityRows(row: Row): void {
  row('a mode is watched where capabilities have it, and answers NOTSUP elsewhere', (fixture) => {
    const { kernel } = fixture;
    const { handle } = connect(fixture);
    const set = ok(kernel.openSet());
    const { edge, oneShot } = kernel.capabilities;
    assert.is(show(kernel.watch(set, handle, READ, Mode.EDGE)), edge ? 0 : '-NOTSUP');
    assert.is(show(kernel.watch(set, handle, READ, Mode.ONE_SHOT)), oneShot ? 0 : '-NOTSUP');
    assert.is(show(kernel.watch(set, handle, READ, 3 as Mode)), '-NOTSUP');
  });
}
