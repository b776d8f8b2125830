// Random deeds on two kernels of one machine, as a probe that no one wrote: the same seed does the
// same on Linux and in the twin, and says what each call answered. A difference is a bug of the twin,
// or of a rule that no probe has yet.

import { Prng } from '../../host/base/prng.ts';
import type { Family } from '../../host/kernel/address.ts';
import {
  type Handle,
  type Mode,
  Readiness,
  RECV_PEEK,
  type Shutdown,
} from '../../host/kernel/kernel.ts';
import { name, type Probe, probe, type ProbeWorld, type Side } from './probe.ts';

const { READ, WRITE, READ_HANGUP } = Readiness;
const INTERESTS = [1, 2, 3, 4, 5, 6, 7].map(
  (bits) => (bits & (READ | WRITE)) | ((bits & 4) !== 0 ? READ_HANGUP : 0),
);
const STEPS_COUNT = 80;
const HANDLES_MAX = 12;
/** No SYN finds the queue full: when it is sent again depends on how fast the machine is. */
const BACKLOG = 16;
const MODES_COUNT = 3;

/** One socket of either side, with a name that is the same in both worlds. */
interface Known {
  readonly name: string;
  readonly side: Side;
  readonly handle: Handle;
}

/** A probe of random deeds. */
export function fuzzProbe(seed: number, family: Family, stepCount = STEPS_COUNT): Probe {
  return probe(`fuzz ${family} ${seed}`, (world) => {
    const fuzzer = new Fuzzer(world, new Prng(seed), family);
    for (let step = 0; step < stepCount; step++) fuzzer.step();
  });
}

class Fuzzer {
  readonly #world: ProbeWorld;
  readonly #random: Prng;
  readonly #listener: Known;
  readonly #address;
  readonly #sockets: Known[] = [];
  readonly #sets: { side: Side; set: number; names: Record<string, Handle> }[];
  #count = 0;

  constructor(world: ProbeWorld, random: Prng, family: Family) {
    this.#world = world;
    this.#random = random;
    const { near, far } = world;
    const { listener, address } = near.listen(family, BACKLOG);
    this.#listener = { name: 'L', side: near, handle: listener };
    this.#address = address;
    this.#sets = [near, near, far].map((side) => ({ side, set: side.set(), names: {} }));
    for (const { side, names } of this.#sets) if (side === near) names['L'] = listener;
    this.#connect();
    this.#accept();
  }

  step(): void {
    const roll = this.#random.between(0, 99);
    if (this.#sockets.length === 0 || roll < 6) this.#connect();
    else if (roll < 14) this.#accept();
    else if (roll < 40) this.#wait();
    else if (roll < 52) this.#watch();
    else this.#act(this.#random.pick(this.#sockets));
    this.#world.settle();
  }

  #add(side: Side, handle: Handle): Known {
    const known = {
      name: `${side === this.#world.near ? 'n' : 'f'}${this.#count++}`,
      side,
      handle,
    };
    this.#sockets.push(known);
    side.sockets.push(handle);
    for (const set of this.#sets) if (set.side === side) set.names[known.name] = handle;
    return known;
  }

  #connect(): void {
    if (this.#sockets.length >= HANDLES_MAX) return;
    const { far } = this.#world;
    const known = this.#add(far, far.kernel.open(this.#address.family));
    this.#say(known, 'connect', name(far.kernel.connect(known.handle, this.#address)));
  }

  #accept(): void {
    const { near } = this.#world;
    const handle = near.kernel.accept(this.#listener.handle);
    if (handle < 0) this.#say(this.#listener, 'accept', name(handle));
    else this.#say(this.#listener, 'accept', this.#add(near, handle).name);
  }

  #wait(): void {
    const { side, set, names } = this.#random.pick(this.#sets);
    const capacity = this.#random.pick([1, 2, 16]);
    this.#world.say(`wait ${capacity}`, side.wait(set, names, capacity));
  }

  #watch(): void {
    const { side, set } = this.#random.pick(this.#sets);
    const own = [...this.#sockets, this.#listener].filter((known) => known.side === side);
    if (own.length === 0) return;
    const known = this.#random.pick(own);
    if (this.#random.between(0, 5) === 0) {
      this.#say(known, 'unwatch', name(side.kernel.unwatch(set, known.handle)));
      return;
    }
    const mode = this.#random.between(0, MODES_COUNT - 1) as Mode;
    const interest = this.#random.pick(INTERESTS);
    this.#say(known, `watch ${interest} ${mode}`, side.watch(set, known.handle, interest, mode));
  }

  #act(known: Known): void {
    const { side, handle } = known;
    const roll = this.#random.between(0, 99);
    const lengthBytes = this.#random.between(0, 12);
    if (roll < 30)
      this.#say(known, `send ${lengthBytes}`, side.send(handle, 'x'.repeat(lengthBytes)));
    else if (roll < 55) this.#say(known, `recv ${lengthBytes}`, side.recv(handle, lengthBytes));
    else if (roll < 60) this.#say(known, 'peek', side.recv(handle, lengthBytes, RECV_PEEK));
    else if (roll < 72) this.#poll(known);
    else if (roll < 80) {
      const how = this.#random.between(1, 3) as Shutdown;
      this.#say(known, `shutdown ${how}`, name(side.kernel.shutdown(handle, how)));
    } else if (roll < 84) this.#say(known, 'error', side.error(handle));
    else if (roll < 87) this.#say(known, 'name', typeof side.kernel.peerAddress(handle));
    else if (roll < 90) this.#dup(known);
    else if (roll < 92)
      this.#say(known, 'connect', name(side.kernel.connect(handle, this.#address)));
    else if (roll < 94) this.#say(known, 'accept', side.accept(handle));
    else this.#end(known, roll < 96);
  }

  #poll(known: Known): void {
    const interest = this.#random.pick(INTERESTS);
    this.#say(known, `poll ${interest}`, known.side.poll(known.handle, interest));
  }

  #dup(known: Known): void {
    if (this.#sockets.length >= HANDLES_MAX) return;
    this.#say(known, 'dup', this.#add(known.side, known.side.kernel.dup(known.handle)).name);
  }

  #end(known: Known, isReset: boolean): void {
    this.#sockets.splice(this.#sockets.indexOf(known), 1);
    const { sockets } = known.side;
    sockets.splice(sockets.indexOf(known.handle), 1);
    if (isReset) this.#say(known, 'linger', name(known.side.kernel.setOption(known.handle, 3, 0)));
    this.#say(known, 'close', name(known.side.kernel.close(known.handle)));
  }

  #say(known: Known, what: string, result: string): void {
    this.#world.say(`${known.name} ${what}`, result);
  }
}
