// The contract of a level, by trial: whatever happened to a socket between two waits, a set that
// watches it by level says what `waitFew` says, which has no memory. A kernel that keeps what it has
// seen, to ask the system less often, is found out here.

import * as assert from 'uvu/assert';
import { Errno } from '../../host/base/errno.ts';
import { Mode, Readiness, RECV_PEEK } from '../../host/kernel/kernel.ts';
import type { Family } from '../../host/kernel/address.ts';
import {
  type Connected,
  connect,
  type Fixture,
  ok,
  openContract,
  readyFew,
  send,
  type Skips,
  waitSet,
  watchOne,
} from './contract.ts';
import type { MakeKernel } from './peers.ts';

const { READ, WRITE } = Readiness;
const SEEDS = Array.from({ length: 60 }, (_, index) => index + 1);
const STEPS_COUNT = 40;
const FAMILIES: readonly Family[] = ['ipv4', 'unix'];

export function levelsContract(makeKernel: MakeKernel, skips: Skips): void {
  const contract = openContract('levels', makeKernel, skips);
  for (const family of FAMILIES) {
    contract.row(`a set and waitFew agree after any sequence of events (${family})`, (fixture) => {
      for (const seed of SEEDS) trial(fixture, family, seed);
    });
  }
  contract.run();
}

interface Trial extends Connected {
  readonly fixture: Fixture;
  readonly set: number;
  /** The next of the seed's numbers, below `limit`. */
  readonly below: (limit: number) => number;
  /** No more can come from the peer. */
  isOver: boolean;
}

type Step = (trial: Trial) => void;

function receive({ fixture, handle, below }: Trial, flags: number): void {
  fixture.kernel.recv(handle, 0, below(24), flags);
}

/** What is done more often stands here more often. The peer's last words come last. */
const STEPS: readonly (readonly [name: string, step: Step])[] = [
  ['peer sends', ({ peer, below }) => peer.send('x'.repeat(1 + below(24)))],
  ['peer sends', ({ peer, below }) => peer.send('x'.repeat(1 + below(24)))],
  ['recv', (trial) => receive(trial, 0)],
  ['recv', (trial) => receive(trial, 0)],
  ['recv of all', ({ fixture, handle }) => void fixture.kernel.recv(handle, 0, 4096, 0)],
  ['peek', (trial) => receive(trial, RECV_PEEK)],
  [
    'recv of pieces',
    ({ fixture: { kernel }, handle, below }) => {
      kernel.vectors.set([0, below(12), 64, below(12)]);
      kernel.recvVectors(handle, 2, 0);
    },
  ],
  ['send', ({ fixture, handle }) => void send(fixture, handle, 'y')],
  ['nothing', () => undefined],
  [
    'watch again',
    ({ fixture, set, handle, below }) => {
      const interest = [READ, WRITE, READ | WRITE][below(3)] as number;
      ok(fixture.kernel.watch(set, handle, interest, Mode.LEVEL));
      ok(fixture.kernel.watch(set, handle, READ, Mode.LEVEL));
    },
  ],
  [
    'recv by a copy',
    ({ fixture: { kernel }, handle, below }) => {
      const copy = kernel.dup(handle);
      if (copy === -Errno.BUSY) return;
      ok(copy);
      kernel.recv(copy, 0, below(24), 0);
      ok(kernel.close(copy));
    },
  ],
  [
    'a second set looks',
    ({ fixture, handle }) => {
      const second = watchOne(fixture, handle, READ);
      waitSet(fixture, second);
      ok(fixture.kernel.closeSet(second));
    },
  ],
];

const LAST_STEPS: readonly (readonly [name: string, step: Step])[] = [
  ['peer ends', ({ peer }) => peer.endSending()],
  [
    'peer sends and ends',
    ({ peer }) => {
      peer.send('the last words');
      peer.endSending();
    },
  ],
  ['peer closes', ({ peer }) => peer.close()],
  ['peer resets', ({ peer }) => peer.reset()],
];

function trial(fixture: Fixture, family: Family, seed: number): void {
  const connected = connect(fixture, family);
  const set = watchOne(fixture, connected.handle, READ);
  const run = { ...connected, fixture, set, below: numbersOf(seed), isOver: false };
  const story: string[] = [];
  if (seed % 2 === 0) receiveInTurns(run);
  for (let step = 0; step < STEPS_COUNT; step++) {
    story.push(takeStep(run));
    fixture.peers.settle();
    // Not every step is looked at: what was missed must not be lost.
    if (run.below(3) === 0) continue;
    const expected = readyFew(fixture, run.handle, READ);
    const found = waitSet(fixture, set).get(run.handle) ?? '';
    story.push(found === '' ? 'not ready' : found);
    assert.is(found, expected, `seed ${seed}: ${story.join(', ')}; waitFew says ${expected}`);
  }
  ok(fixture.kernel.closeSet(set));
  ok(fixture.kernel.close(run.handle));
  ok(fixture.kernel.close(run.listener));
}

/** Small messages that are taken whole, each as it comes: a kernel may begin to receive them ahead. */
function receiveInTurns({ fixture, handle, peer, set }: Trial): void {
  for (let turn = 0; turn < 4; turn++) {
    peer.send('a message');
    fixture.peers.settle();
    assert.is(waitSet(fixture, set).get(handle), 'READ');
    assert.is(fixture.kernel.recv(handle, 0, 4096, 0), 9);
  }
}

function takeStep(run: Trial): string {
  const isLast = !run.isOver && run.below(30) === 0;
  if (isLast) run.isOver = true;
  const steps = isLast ? LAST_STEPS : STEPS;
  const [name, step] = steps[run.below(steps.length)] as (typeof steps)[number];
  if (run.isOver && !isLast && name === 'peer sends') return 'nothing';
  step(run);
  return name;
}

/** Numbers that a seed gives: xorshift32. */
function numbersOf(seed: number): (limit: number) => number {
  let state = Math.imul(seed, 0x9e3779b9) | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}
