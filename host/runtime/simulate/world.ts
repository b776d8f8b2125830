// A simulated world, as a test sees it: one guest on a simulated kernel, and the clients and servers
// that the test makes. Everything is synchronous, and happens only when the test says `run`.

import { NS_PER_MS } from '../../base/units.ts';
import { Errno } from '../../base/errno.ts';
import type { CallName, InjectedError } from '../../kernel/sim/traced-kernel.ts';
import type { Deed, Run } from './actions.ts';
import { type Buffers, checkBuffers } from './buffers.ts';
import type { SimEnd } from './core.ts';
import type { Driver } from './drivers.ts';
import { inspect, type Inspection } from './inspection.ts';
import { parseAddress, usage } from './options.ts';
import { Peer } from './peer.ts';
import { Server } from './server.ts';
import type { ServerOptions } from './server-socket.ts';
import { SimulationError } from './simulation-error.ts';

/** The world keeps what was done: this, as often as it may be, once. */
const RUN: Run = { kind: 'run' };

export interface ConnectOptions extends Buffers {
  /** To which listener: its number from 0, or its name. By default the first. */
  readonly listener?: number | string;
}

export class World {
  readonly #driver: Driver;
  readonly #invariants: { readonly name: string; readonly holds: (world: World) => unknown }[] = [];
  /** The peers that a test may hold, by number. */
  readonly #peers = new Map<number, Peer>();
  #failure: unknown;

  /** Made by `simulate`. */
  constructor(driver: Driver) {
    this.#driver = driver;
  }

  /**
   * A client starts to connect to a listener of the guest. Over TCP nothing has arrived before
   * {@link run}; a unix socket is connected at once, or waits for room in the listener's queue.
   *
   * @throws SimulationError `USAGE` for a listener that the guest does not have.
   */
  connect(options: ConnectOptions = {}): Peer {
    const { listener = 0, ...buffers } = options;
    const { core } = this.#driver;
    const address = core.listenerAddress(listener);
    if (address === undefined) {
      throw usage(`the guest has no listener ${JSON.stringify(listener)}; see the option listen`);
    }
    checkBuffers(buffers, address.family);
    const number = core.peerCount;
    this.#deed({ kind: 'connect', address, buffers });
    return this.#peer(number);
  }

  /**
   * A server begins to listen at an address, for a guest that connects. It accepts by itself.
   *
   * @param address `tcp:HOST:PORT`, a numeric host of the loopback, port 0 for a free one; `unix:PATH`.
   * @throws SimulationError `USAGE` for an address that can not be listened at.
   */
  listen(address: string, options: ServerOptions = {}): Server {
    const parsed = parseAddress(address);
    checkBuffers(options, parsed.family);
    const number = this.#driver.core.serverCount;
    this.#deed({ kind: 'listen', address: parsed, options: { ...options } });
    return new Server(number, {
      deed: (deed) => this.#deed(deed),
      socket: () => this.#driver.core.server(number).socket,
      connections: () => this.#driver.core.server(number).peers.map((peer) => this.#peer(peer)),
    });
  }

  /**
   * Lets the guest run until it waits and nothing is on its way to it. Deadlines of the guest do not
   * come by themselves: {@link advance} brings them.
   *
   * @throws SimulationError `CANNOT_CONNECT`, `TRAPPED`, `LIVELOCK`, `BLOCKED`, `NOT_DETERMINISTIC`,
   *   `INVARIANT`.
   */
  run(): this {
    return this.#run(RUN);
  }

  /** As {@link run}, and lets `ms` milliseconds pass, with all that comes in them. */
  advance(ms: number): this {
    if (!(ms >= 0 && ms < Infinity)) throw usage(`advance(${ms}): give milliseconds, 0 or more`);
    return this.#run({
      kind: 'advance',
      toNs: this.#driver.core.nowNs + Math.round(ms * NS_PER_MS),
    });
  }

  /** One turn of a guest that exports `turn`, which does not wait. @throws as {@link run}; `USAGE` */
  stepTurn(): this {
    return this.#run({ kind: 'turn' });
  }

  /**
   * Lets the guest make so many calls of its kernel, or fewer when it comes to rest before. One that
   * exports `turn` may be left in the midst of a turn: what comes next then runs it anew, as a
   * guest with `_start` is, and goes on from there. @throws as {@link run}
   */
  stepCall(count = 1): this {
    if (!Number.isInteger(count) || count < 1) throw usage(`stepCall(${count}): give 1 or more`);
    return this.#run({ kind: 'calls', count });
  }

  /**
   * Has one call of the guest's kernel fail: the `nth` of its kind from now on.
   *
   * @param call `accept`, `recv`, `send`, `wait` ... @param errno its name, `MFILE`.
   * @throws SimulationError `USAGE` for an errno that does not exist.
   */
  failCall(call: CallName, errno: keyof typeof Errno, nth = 1): this {
    const number = Errno[errno] as Errno | undefined;
    if (number === undefined || number === 0) throw usage(`${errno} is no errno, such as MFILE`);
    if (!Number.isInteger(nth) || nth < 1) throw usage(`nth is ${nth}; 1 is the next call`);
    const error: InjectedError = { call, nth, errno: number };
    this.#deed({ kind: 'inject', error });
    return this;
  }

  /** Something that must be true whenever the guest has run. `holds` may also throw. */
  invariant(name: string, holds: (world: World) => unknown): this {
    this.#invariants.push({ name, holds });
    this.#checkInvariants();
    return this;
  }

  /** Virtual time, in milliseconds since the world began. */
  get nowMs(): number {
    return this.#driver.core.nowNs / NS_PER_MS;
  }

  /** How the guest ended; undefined while it lives. */
  get end(): SimEnd | undefined {
    return this.#driver.core.end;
  }

  /** All that the guest has written to standard output so far. */
  get stdout(): string {
    return new TextDecoder().decode(this.#driver.core.stdout.contents);
  }

  get stderr(): string {
    return new TextDecoder().decode(this.#driver.core.stderr.contents);
  }

  /** What the world looks like inside, as plain data. @throws SimulationError `UNREADABLE` */
  inspect(): Inspection {
    return inspect(this.#driver.core);
  }

  /**
   * The guest's calls of its kernel, a line each: `0.005000 recv(h4, 65536) = 6 "Hello\n"`. The time
   * is in milliseconds; h4 is the kernel's handle, its first listener is h3. For snapshots.
   */
  trace(): string {
    return this.#driver.core.kernel.log.text();
  }

  /** Of every call so far, and every byte that moved in one. Equal: the same happened. */
  get traceHash(): string {
    return this.#driver.core.kernel.log.hash;
  }

  /** How many calls of its kernel the guest has made, and how much has happened around it. */
  get eventCount(): number {
    const { kernel, network } = this.#driver.core;
    return kernel.log.callCount + network.timeline.happenedCount;
  }

  #peer(number: number): Peer {
    const known = this.#peers.get(number);
    if (known !== undefined) return known;
    const peer = new Peer(number, {
      deed: (deed) => this.#deed(deed),
      socket: () => this.#driver.core.peer(number),
    });
    this.#peers.set(number, peer);
    return peer;
  }

  #deed(deed: Deed): void {
    this.#checkUsable();
    this.#driver.deed(deed);
  }

  #run(run: Run): this {
    this.#checkUsable();
    try {
      this.#driver.run(run);
      this.#checkInvariants();
    } catch (error) {
      if (!(error instanceof SimulationError && error.code === 'USAGE')) this.#failure = error;
      throw error;
    }
    return this;
  }

  #checkInvariants(): void {
    for (const { name, holds } of this.#invariants) {
      if (holds(this) !== false) continue;
      throw new SimulationError('INVARIANT', `${name}: this no longer holds, ${this.nowMs} ms in`);
    }
  }

  #checkUsable(): void {
    if (this.#failure === undefined) return;
    throw new SimulationError('FAILED', 'this world has failed before, and can not go on', {
      cause: this.#failure,
    });
  }
}
