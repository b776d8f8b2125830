// The contract of one handle in several sets: each set has its own interest and mode, and what one of
// them was told, or a reader did for it, changes nothing for another. And of no interest at all.

import * as assert from 'uvu/assert';
import { Mode, Readiness } from '../../host/kernel/kernel.ts';
import {
  connect,
  type Fixture,
  ok,
  openContract,
  recv,
  type Skips,
  waitSet,
  watchOne,
} from './contract.ts';
import type { MakeKernel } from './peers.ts';

const { READ, WRITE, READ_HANGUP } = Readiness;

export function severalSetsContract(makeKernel: MakeKernel, skips: Skips): void {
  const contract = openContract('several sets', makeKernel, skips);
  const { kernel, peers } = makeKernel();
  const { edge, oneShot, demux } = kernel.capabilities;
  kernel.destroy();
  peers.close();
  const hasModes = edge && oneShot;
  levelRows(contract.row);
  modeRows(
    hasModes ? contract.row : (title) => contract.unproven(title, `${demux} has levels alone`),
  );
  noInterestRows(contract.row);
  contract.run();
}

type Row = ReturnType<typeof openContract>['row'];

/** What each set says of the handle, `''` for nothing. */
function told(fixture: Fixture, sets: readonly number[], handle: number): string[] {
  return sets.map((set) => waitSet(fixture, set).get(handle) ?? '');
}

function levelRows(row: Row): void {
  row('a level in two sets is told to both until it is read, in any order of asking', (fixture) => {
    const { handle, peer } = connect(fixture);
    const sets = [watchOne(fixture, handle, READ), watchOne(fixture, handle, READ)];
    for (let round = 0; round < 3; round++) {
      assert.equal(told(fixture, sets, handle), ['', '']);
      peer.send('abcd');
      fixture.peers.settle();
      assert.equal(told(fixture, sets, handle), ['READ', 'READ']);
      assert.is(recv(fixture, handle, 2), 'ab');
      assert.equal(told(fixture, sets.toReversed(), handle), ['READ', 'READ']);
      assert.is(recv(fixture, handle), 'cd');
      sets.reverse();
    }
  });

  row('what was read for one set, and came again, is told to the other', (fixture) => {
    const { handle, peer } = connect(fixture);
    const sets = [watchOne(fixture, handle, READ), watchOne(fixture, handle, READ)];
    peer.send('a');
    fixture.peers.settle();
    assert.equal(told(fixture, sets.slice(0, 1), handle), ['READ']);
    assert.is(recv(fixture, handle), 'a');
    peer.send('b');
    fixture.peers.settle();
    assert.equal(told(fixture, sets.slice(1), handle), ['READ']);
    assert.equal(told(fixture, sets, handle), ['READ', 'READ']);
    assert.equal(told(fixture, sets, handle), ['READ', 'READ']);
  });

  row('a level that was read between is not told to a set that asks later', (fixture) => {
    const { handle, peer } = connect(fixture);
    const sets = [watchOne(fixture, handle, READ), watchOne(fixture, handle, READ)];
    peer.send('a');
    fixture.peers.settle();
    assert.equal(told(fixture, sets.slice(0, 1), handle), ['READ']);
    assert.is(recv(fixture, handle), 'a');
    assert.equal(told(fixture, sets, handle), ['', '']);
  });
}

function modeRows(row: Row): void {
  row('a level, an edge and a one-shot of one handle are told each in its manner', (fixture) => {
    const { kernel, peers } = fixture;
    const { handle, peer } = connect(fixture);
    const sets = [Mode.LEVEL, Mode.EDGE, Mode.ONE_SHOT].map((mode) =>
      watchOne(fixture, handle, READ, mode),
    );
    const say = (text: string): void => {
      peer.send(text);
      peers.settle();
    };
    say('abcd');
    assert.equal(told(fixture, sets, handle), ['READ', 'READ', 'READ']);
    assert.equal(told(fixture, sets, handle), ['READ', '', '']);
    assert.is(recv(fixture, handle, 2), 'ab');
    assert.equal(told(fixture, sets, handle), ['READ', '', '']);
    say('e');
    assert.equal(told(fixture, sets, handle), ['READ', 'READ', '']);
    assert.is(recv(fixture, handle), 'cde');
    assert.equal(told(fixture, sets, handle), ['', '', '']);
    ok(kernel.watch(sets[2]!, handle, READ, Mode.ONE_SHOT));
    assert.equal(told(fixture, sets, handle), ['', '', '']);
    say('f');
    assert.equal(told(fixture, sets, handle), ['READ', 'READ', 'READ']);
  });

  row('to change or end the watching in one set changes nothing in another', (fixture) => {
    const { kernel, peers } = fixture;
    const { handle, peer } = connect(fixture);
    const sets = [Mode.EDGE, Mode.LEVEL].map((mode) => watchOne(fixture, handle, READ, mode));
    peer.send('a');
    peers.settle();
    assert.equal(told(fixture, sets, handle), ['READ', 'READ']);
    ok(kernel.watch(sets[1]!, handle, READ | WRITE, Mode.EDGE));
    assert.equal(told(fixture, sets, handle), ['', 'READ|WRITE']);
    ok(kernel.watch(sets[0]!, handle, READ, Mode.LEVEL));
    assert.equal(told(fixture, sets, handle), ['READ', '']);
    ok(kernel.unwatch(sets[1]!, handle));
    assert.equal(told(fixture, sets, handle), ['READ', '']);
    ok(kernel.closeSet(sets[1]!));
    assert.equal(told(fixture, sets.slice(0, 1), handle), ['READ']);
  });

  row('a one-shot that watches the end alone is told of it, and data is not', (fixture) => {
    const { handle, peer } = connect(fixture);
    const set = watchOne(fixture, handle, READ_HANGUP, Mode.ONE_SHOT);
    peer.send('a');
    fixture.peers.settle();
    assert.equal(told(fixture, [set, set], handle), ['', '']);
    peer.endSending();
    fixture.peers.settle();
    assert.equal(told(fixture, [set, set], handle), ['READ_HANGUP', '']);
  });

  row('without an interest an edge and a one-shot are told of a reset once', (fixture) => {
    const { handle, peer } = connect(fixture);
    const sets = [Mode.EDGE, Mode.ONE_SHOT].map((mode) => watchOne(fixture, handle, 0, mode));
    peer.send('a');
    fixture.peers.settle();
    assert.equal(told(fixture, sets, handle), ['', '']);
    peer.reset();
    fixture.peers.settle();
    assert.equal(told(fixture, sets, handle), ['ERROR|HANGUP', 'ERROR|HANGUP']);
    assert.equal(told(fixture, sets, handle), ['', '']);
  });
}

function noInterestRows(row: Row): void {
  row('without an interest a handle is told of for its error and hang-up alone', (fixture) => {
    const { handle, peer } = connect(fixture);
    const set = watchOne(fixture, handle, 0);
    assert.equal(told(fixture, [set], handle), ['']);
    peer.send('a');
    peer.endSending();
    fixture.peers.settle();
    assert.equal(told(fixture, [set, set], handle), ['', '']);
    peer.reset();
    fixture.peers.settle();
    // After the peer's end, see resetAfterEndIsPipe of the simulated kernel's rules.
    assert.equal(told(fixture, [set, set], handle), ['ERROR|HANGUP', 'ERROR|HANGUP']);
  });

  row('an interest can be dropped, and taken up again', (fixture) => {
    const { kernel, peers } = fixture;
    const { handle, peer } = connect(fixture);
    const set = watchOne(fixture, handle, READ);
    peer.send('a');
    peers.settle();
    assert.equal(told(fixture, [set], handle), ['READ']);
    ok(kernel.watch(set, handle, 0, Mode.LEVEL));
    assert.equal(told(fixture, [set, set], handle), ['', '']);
    ok(kernel.watch(set, handle, READ, Mode.LEVEL));
    assert.equal(told(fixture, [set, set], handle), ['READ', 'READ']);
  });
}
