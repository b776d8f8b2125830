// A list that is kept up to date, change by change, beside one that is loaded anew each time: they
// must come to the same. And what a guest sees of it: poll_oneoff, with long lists that change.
// POLLUX_FUZZ_SEED=N pins the seed that a failure names.

import { randomInt } from 'node:crypto';
import * as assert from 'uvu/assert';
import { Errno } from '../../host/base/errno.ts';
import { Prng } from '../../host/base/prng.ts';
import { PollList } from '../../host/wasi/poll-list.ts';
import { NONE } from '../../host/wasi/subscription-chains.ts';
import { makeSimKernel } from '../contract/sim-peers.ts';
import { suite } from '../support/suite.ts';
import { FAR, LIST, MONOTONIC, NOW, Poller, type Wanted, writeList } from './poller.ts';
import { Subscription } from './spec.ts';
import { TestWorld, withWorld } from './world.ts';

const SEED = Number(process.env['POLLUX_FUZZ_SEED'] ?? randomInt(2 ** 31));
const WORLD_COUNT = 12;
const STEP_COUNT = 400;
const FD_MAX = 90;
/** How many subscriptions a list of a long chain has of one descriptor. */
const CHAIN_COUNT = 40;
/** Of the lists that changed. The others changed much, or have a chain that is too long. */
const UPDATED_SHARE_MIN = 0.2;

const test = suite('poll_oneoff: lists that change a little');

/** A guest's list and descriptors, changed at random. */
class Play {
  readonly #world: TestWorld;
  readonly #random: Prng;
  readonly #wanted: Wanted[] = [];
  readonly #kept: PollList;
  updatedCount = 0;
  loadedCount = 0;

  constructor(world: TestWorld, random: Prng) {
    this.#world = world;
    this.#random = random;
    this.#kept = new PollList(world.caller.sandbox);
    const count = random.pick([12, 40, 70]);
    for (let index = 0; index < count; index++) this.#wanted.push(this.#any());
  }

  step(): void {
    const { sandbox } = this.#world.caller;
    const random = this.#random;
    for (let deeds = random.pick([0, 1, 1, 2, 5]); deeds > 0; deeds--) this.#changeDescriptors();
    for (let edits = random.pick([0, 1, 1, 2, 8]); edits > 0; edits--) this.#changeList();
    if (random.between(0, 59) === 0) this.#addChain();
    if (this.#wanted.length === 0) this.#wanted.push(this.#any());
    writeList(this.#world, this.#wanted);
    const count = this.#wanted.length;
    if (!this.#kept.isUnchanged(LIST, count)) {
      if (this.#kept.update(LIST, count)) this.updatedCount++;
      else {
        this.loadedCount++;
        assert.is(this.#kept.load(LIST, count), 0);
      }
    }
    const loaded = new PollList(sandbox);
    assert.is(loaded.load(LIST, count), 0);
    assert.equal(meaningOf(this.#kept), meaningOf(loaded));
  }

  #any(): Wanted {
    const fd = this.#random.between(0, FD_MAX);
    return this.#random.pick<() => Wanted>([
      () => ({ read: fd }),
      () => ({ read: fd }),
      () => ({ write: fd }),
      () => (this.#random.between(0, 5) === 0 ? this.#clock() : { write: fd }),
    ])();
  }

  #clock(): Wanted {
    return { clock: MONOTONIC, ns: BigInt(this.#random.between(1, 9)) };
  }

  #changeList(): void {
    const wanted = this.#wanted;
    const at = this.#random.between(0, wanted.length);
    this.#random.pick([
      () => wanted.push(this.#any()),
      () =>
        wanted.length < 200 ? wanted.push(...Array.from({ length: 3 }, () => this.#any())) : 0,
      () => wanted.splice(at, 1, this.#any()),
      () => wanted.splice(at, this.#random.between(0, 1), this.#any()),
      () => wanted.splice(at, 1),
      () => wanted.forEach((each, index) => 'clock' in each && (wanted[index] = this.#clock())),
      // As our guests do: the last one into the hole.
      () => (at < wanted.length - 1 ? (wanted[at] = wanted.pop() as Wanted) : wanted.pop()),
    ])();
  }

  /** More of one descriptor than there is patience for, or no more of them. */
  #addChain(): void {
    const fd = this.#random.between(3, 12);
    if (this.#wanted.length > 120) this.#wanted.length = 20;
    else for (let count = 0; count < CHAIN_COUNT; count++) this.#wanted.push({ read: fd });
  }

  #changeDescriptors(): void {
    const world = this.#world;
    const { descriptors } = world.caller.sandbox;
    const fd = this.#random.between(4, FD_MAX);
    const to = this.#random.between(4, FD_MAX);
    const isOpen = descriptors.get(fd) !== undefined;
    const hasRoom = descriptors.openCount < FD_MAX;
    const choice = this.#random.between(0, 119);
    if (choice < 40 && hasRoom) world.addQuiet(1);
    else if (choice < 70 && isOpen) world.closeFd(fd);
    else if (choice < 100) world.errno('fd_renumber', fd, to);
    else if (choice < 102) descriptors.touch();
    else if (choice < 104) this.#retire(fd);
    else if (choice < 108 && isOpen) this.#changeMany(fd);
  }

  /** As draining does. */
  #retire(fd: number): void {
    const { descriptors } = this.#world.caller.sandbox;
    const descriptor = descriptors.get(fd);
    if (descriptor === undefined || descriptor.isRetired) return;
    this.#world.kernel.close(descriptor.handle);
    descriptor.isRetired = true;
    descriptors.touch();
  }

  /** Closes `fd`, and makes more changes than a table remembers. */
  #changeMany(fd: number): void {
    const world = this.#world;
    world.closeFd(fd);
    for (let time = 0; time < 40; time++) {
      world.addQuiet(1).forEach((quiet) => world.closeFd(quiet));
    }
  }
}

/** All that a list says, of each subscription. */
function meaningOf(list: PollList): unknown {
  const indexes = Array.from({ length: list.count }, (_, index) => index);
  return {
    handlesCount: list.handlesCount,
    handles: indexes.map((index) => list.handleOf(index)),
    chains: indexes.map((index) => {
      const handle = list.handleOf(index);
      if (handle === NONE) return [];
      return [list.firstOf(handle), list.nextOf(index), list.interestOf(handle)];
    }),
    known: [...list.known],
    clocks: [...list.clocks],
    words: [...list.words.subarray(0, list.count * (Subscription.BYTES / 4))],
  };
}

test('a list that is updated comes to what it is when it is loaded', () => {
  let updatedCount = 0;
  let loadedCount = 0;
  for (let number = 0; number < WORLD_COUNT; number++) {
    const seed = SEED + number;
    const world = new TestWorld({
      makeKernel: makeSimKernel,
      stdio: ['file', 'null', 'pipe'],
    });
    const play = new Play(world, new Prng(seed));
    try {
      for (let step = 0; step < STEP_COUNT; step++) play.step();
    } catch (error) {
      throw new Error(`POLLUX_FUZZ_SEED=${seed}: ${(error as Error).message}`, { cause: error });
    }
    updatedCount += play.updatedCount;
    loadedCount += play.loadedCount;
    world.close();
  }
  const share = updatedCount / (updatedCount + loadedCount);
  assert.ok(share > UPDATED_SHARE_MIN, `${share} of the lists were updated`);
});

test('a tag that means nothing is INVAL in a list that changed a little, and the next one counts', () => {
  withWorld((world) => {
    const wanted: Wanted[] = world.addQuiet(20).map((fd) => ({ read: fd }));
    const list = new PollList(world.caller.sandbox);
    const write = (): void => writeList(world, wanted);
    write();
    assert.is(list.load(LIST, 20), 0);
    new Uint8Array(world.caller.memory.buffer)[LIST + 7 * Subscription.BYTES + Subscription.TAG] =
      3;
    assert.is(list.update(LIST, 20), false);
    assert.is(list.load(LIST, 20), -Errno.INVAL);
    write();
    assert.is(list.update(LIST, 20), false);
    assert.is(list.load(LIST, 20), 0);
  })();
});

/** A world with more descriptors than a short list has, none of them ready. */
function longRow(
  title: string,
  body: (world: TestWorld, poller: Poller, more: readonly Wanted[]) => void,
): void {
  test(
    title,
    withWorld((world) => {
      const more = world.addQuiet(30).map((fd) => ({ read: fd }));
      body(world, new Poller(world), more);
    }),
  );
}

longRow('connections come and go, one by one, and each is heard', (world, poller, more) => {
  const list: Wanted[] = [...more, NOW];
  poller.poll(list, String(list.length - 1));
  for (let time = 0; time < 8; time++) {
    const { fd, peer } = world.connect();
    list.splice(time, 0, { read: fd });
    poller.poll(list, String(list.length - 1));
    peer.send('data');
    world.peers.settle();
    poller.poll(list, `${time} ${list.length - 1}`);
    assert.is(world.recv(fd), 'data');
    if (time % 2 === 0) continue;
    world.closeFd(fd);
    poller.poll(list, `${time}:BADF ${list.length - 1}`);
    list.splice(time, 1, more[time] as Wanted);
  }
});

longRow('interest in writing comes and goes in a long list', (world, poller, more) => {
  const { fd } = world.connect();
  for (let time = 0; time < 3; time++) {
    poller.poll([...more, { read: fd }, { write: fd }, FAR], String(more.length + 1));
    poller.poll([...more, { read: fd }, NOW], String(more.length + 1));
  }
});

longRow('two connections change their numbers in a long list', (world, poller, more) => {
  const [ready, waiting] = [world.readable(), world.connect().fd];
  const list: Wanted[] = [{ read: ready }, { read: waiting }, ...more, NOW];
  const clock = list.length - 1;
  poller.poll(list, `0 ${clock}`);
  assert.is(world.errno('fd_renumber', ready, waiting), 'SUCCESS');
  poller.poll(list, `0:BADF 1 ${clock}`);
});

longRow('what a change asks the kernel for is only what changed', (world, poller, more) => {
  const { fd } = world.connect();
  const list: Wanted[] = [...more, NOW];
  poller.poll(list, String(more.length));
  world.name(fd, 'new');
  const asked = world.watched.during(() => {
    poller.poll([{ read: fd }, ...more.slice(1), NOW], String(more.length));
  });
  assert.equal(asked, ['watch new R', 'wait']);
});

test.run();
