// Random calls of the epoll imports, and random deeds of clients, on both kernels: every answer and
// every event is the model's. POLLUX_FUZZ_SEED=N pins the seed that a failure names.

import { randomInt } from 'node:crypto';
import * as assert from 'uvu/assert';
import { Prng } from '../../host/base/prng.ts';
import type { Peer } from '../contract/peers.ts';
import { suite } from '../support/suite.ts';
import { ModelConnection, ModelInstance } from './epoll-model.ts';
import { Epoller, onBoth } from './epoller.ts';
import { EpollBit } from './spec.ts';
import type { TestWorld } from './world.ts';

const SEED = Number(process.env['POLLUX_FUZZ_SEED'] ?? randomInt(2 ** 31));
const STEP_COUNT = 3000;
const CONNECTION_COUNT_MAX = 12;
const INSTANCE_COUNT_MAX = 4;
const TOLD_MIN = 500;
/** Bits after which there is less to tell. */
const RARE = /^(?:ET|ONESHOT)$/;

const test = suite('epoll against a model');

interface Connection {
  readonly model: ModelConnection;
  readonly peer: Peer;
}

class Play {
  readonly #world: TestWorld;
  readonly #epoller: Epoller;
  readonly #random: Prng;
  readonly #connections = new Map<number, Connection>();
  readonly #instances = new Map<number, ModelInstance>();
  #lastTag = 0;
  /** How many events there were. */
  toldCount = 0;

  constructor(world: TestWorld, epoller: Epoller, random: Prng) {
    this.#world = world;
    this.#epoller = epoller;
    this.#random = random;
  }

  step(): void {
    const random = this.#random;
    const [fd, connection] = this.#pick(this.#connections);
    const [epfd, instance] = this.#pick(this.#instances);
    const choice = random.between(0, 99);
    if (connection === undefined || choice < 4) this.#connect();
    else if (instance === undefined || choice < 6) this.#create();
    else if (choice < 7 && this.#random.between(0, 9) === 0) this.#closeInstance(epfd);
    else if (choice < 8) this.#close(fd);
    else if (choice < 9) this.#renumber(fd);
    else if (choice < 35) this.#control(epfd, instance, fd, connection);
    else if (choice < 60) this.#actAsPeer(connection);
    else if (choice < 70) this.#receive(fd, connection);
    else if (choice < 71) this.#end(fd, connection);
    else this.#wait(epfd, instance);
  }

  #pick<T>(map: ReadonlyMap<number, T>): [number, T | undefined] {
    if (map.size === 0) return [-1, undefined];
    const key = this.#random.pick([...map.keys()]);
    return [key, map.get(key)];
  }

  // ---- what the guest does -----------------------------------------------------------------------

  #connect(): void {
    if (this.#connections.size === CONNECTION_COUNT_MAX) return;
    const { fd, peer } = this.#world.connect();
    this.#connections.set(fd, { model: new ModelConnection(), peer });
  }

  #create(): void {
    if (this.#instances.size === INSTANCE_COUNT_MAX) return;
    this.#instances.set(this.#epoller.create(), new ModelInstance());
  }

  #closeInstance(epfd: number): void {
    this.#world.closeFd(epfd);
    this.#instances.delete(epfd);
  }

  #close(fd: number): void {
    this.#world.closeFd(fd);
    this.#forget(fd);
  }

  #renumber(from: number): void {
    const [to] = this.#pick(this.#connections);
    assert.is(this.#world.errno('fd_renumber', from, to), 'SUCCESS');
    if (from === to) return;
    const moved = this.#connections.get(from) as Connection;
    this.#forget(to);
    this.#connections.delete(from);
    this.#connections.set(to, moved);
  }

  #forget(fd: number): void {
    const { model, peer } = this.#connections.get(fd) as Connection;
    for (const instance of this.#instances.values()) instance.del(model);
    this.#connections.delete(fd);
    if (!model.isReset) peer.close();
    this.#world.peers.settle();
  }

  #control(epfd: number, instance: ModelInstance, fd: number, { model }: Connection): void {
    const bits = Object.entries(EpollBit).filter(
      ([name]) => this.#random.between(0, 9) < (RARE.test(name) ? 2 : 5),
    );
    const events = bits.map(([name]) => name).join('|');
    const mask = bits.reduce((sum, [, bit]) => sum | bit, 0);
    const tag = ++this.#lastTag;
    const op = this.#random.pick(['ADD', 'ADD', 'MOD', 'MOD', 'DEL'] as const);
    const expected =
      op === 'ADD'
        ? instance.add(model, mask, tag)
        : op === 'MOD'
          ? instance.mod(model, mask, tag)
          : instance.del(model);
    assert.is(this.#epoller.ctl(epfd, op, fd, events, tag), expected);
  }

  #receive(fd: number, { model }: Connection): void {
    const most = this.#random.pick([1, 3, 1000]);
    const text = this.#world.recv(fd, most);
    if (model.unreadBytes > 0) {
      assert.is(text.length, Math.min(most, model.unreadBytes));
      model.unreadBytes -= text.length;
    } else if (model.isReset) {
      assert.is(text, model.hasError ? '[CONNRESET]' : '');
      model.hasError = false;
    } else {
      assert.is(text, model.hasPeerEnded ? '' : '[AGAIN]');
    }
  }

  #end(fd: number, { model }: Connection): void {
    if (model.isReset || model.hasEnded) return;
    this.#world.endSending(fd);
    model.hasEnded = true;
    this.#wake(model, 0);
  }

  #wait(epfd: number, instance: ModelInstance): void {
    const max = this.#random.pick([1, 2, 5, 64]);
    const events = this.#epoller.events(epfd, { max });
    assert.ok(typeof events !== 'string', String(events));
    const ready = instance.ready();
    const sureCount = [...ready.values()].filter(({ isSure }) => isSure).length;
    assert.ok(events.length >= Math.min(max, sureCount), 'not all that is ready and fits');
    for (const [tag, bits] of events) {
      assert.is(bits, namesOf(ready.get(tag)?.bits ?? 0), `tag ${tag}`);
    }
    const tags = events.map(([tag]) => tag);
    assert.is(new Set(tags).size, tags.length, 'one of them is told of twice');
    instance.told(tags);
    this.toldCount += tags.length;
  }

  // ---- what its clients do -----------------------------------------------------------------------

  #actAsPeer({ model, peer }: Connection): void {
    if (model.isReset || model.hasPeerEnded) return;
    const choice = this.#random.between(0, 19);
    if (choice === 0) {
      peer.reset();
      model.isReset = true;
      model.hasError = true;
      this.#wake(model, 0);
    } else if (choice < 3) {
      peer.endSending();
      model.hasPeerEnded = true;
      this.#wake(model, 0);
    } else {
      const lengthBytes = this.#random.between(1, 8);
      peer.send('x'.repeat(lengthBytes));
      model.unreadBytes += lengthBytes;
      this.#wake(model, EpollBit['IN'] as number);
    }
    this.#world.peers.settle();
  }

  #wake(model: ModelConnection, bits: number): void {
    for (const instance of this.#instances.values()) instance.wake(model, bits);
  }
}

function namesOf(bits: number): string {
  const names = Object.entries(EpollBit).filter(([, bit]) => (bits & bit) !== 0);
  return names.map(([name]) => name).join('|');
}

onBoth(test, `${STEP_COUNT} steps, seed ${SEED}`, (world, epoller) => {
  const play = new Play(world, epoller, new Prng(SEED));
  for (let step = 0; step < STEP_COUNT; step++) {
    try {
      play.step();
    } catch (error) {
      throw new Error(`step ${step}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
  assert.ok(play.toldCount > TOLD_MIN, `only ${play.toldCount} events`);
});

test.run();
