// One life of a simulated world: its machine, its clients, and its guest from the first instruction
// on. A `_start` guest that is run again gets a new one.

import { assert } from '../../base/assert.ts';
import { Prng } from '../../base/prng.ts';
import { NS_PER_MS } from '../../base/units.ts';
import type { Address } from '../../kernel/address.ts';
import { Network } from '../../kernel/sim/network.ts';
import { RegularFile } from '../../kernel/sim/plain-files.ts';
import { TracedKernel } from '../../kernel/sim/traced-kernel.ts';
import { ConnectPolicy } from '../../wasi/connect-policy.ts';
import { ControlBlock, Counter, Outcome } from '../../wasi/control-block.ts';
import { makeImports } from '../../wasi/imports.ts';
import { Sandbox } from '../../wasi/sandbox.ts';
import type { GuestModule } from '../module-bytes.ts';
import { type Buffers, checkBuffers } from './buffers.ts';
import { findDirectory, readSlots, type SlotView } from './guest-core.ts';
import {
  checkRange,
  parseAddress,
  parseListeners,
  parseRules,
  type SimListener,
  type SimulateOptions,
} from './options.ts';
import { PeerSocket } from './peer-socket.ts';
import { Preopened } from './preopened.ts';
import { type ServerOptions, ServerSocket } from './server-socket.ts';
import { SimulationError } from './simulation-error.ts';

const FD_COUNT_MAX = 20_000;
/** What `turn` answers when only events give it something to do. */
export const ONLY_FOR_EVENTS = 0x7fff_ffff;
const SEGMENT_BYTES_MAX = 65_483;

/** How a guest ended. */
export interface SimEnd {
  /** `exited`: by itself. `failed-turn`: `turn` answered an errno. */
  readonly reason: 'exited' | 'failed-turn';
  readonly code: number;
}

/** A server of the world, and the numbers of the peers that it has accepted. */
export interface SimServer {
  readonly socket: ServerSocket;
  readonly peers: readonly number[];
}

export interface CoreHooks {
  /** See `SimKernelOptions.onBlock`. */
  readonly onBlock: (deadlineNs: number) => boolean;
  /** After each call that the guest made of its kernel. It may throw to leave the guest. */
  readonly onCall: () => void;
}

export class Core {
  readonly network: Network;
  readonly kernel: TracedKernel;
  readonly sandbox: Sandbox;
  readonly stdout: RegularFile;
  readonly stderr: RegularFile;
  /** How the guest ended; undefined while it lives. */
  end: SimEnd | undefined;
  readonly #guest: GuestModule;
  readonly #control: ControlBlock;
  readonly #listeners: readonly SimListener[];
  readonly #preopened: Preopened;
  /** Clients and connections of servers, in the order in which they began. */
  readonly #peers: PeerSocket[] = [];
  readonly #servers: SimServer[] = [];
  #instance: WebAssembly.Instance | undefined;
  /** Where the directory of the guest's reactor core is in its memory, if it has one. */
  #directory: number | undefined;

  constructor(guest: GuestModule, options: SimulateOptions, hooks: CoreHooks) {
    this.#guest = guest;
    const random = new Prng(options.seed ?? 0);
    this.network = makeNetwork(options, random);
    const { rules } = this.network;
    const stdin = new RegularFile(rules, bytesOfText(options.stdin ?? ''), true);
    this.stdout = new RegularFile(rules, new Uint8Array(0), false);
    this.stderr = new RegularFile(rules, new Uint8Array(0), false);
    this.kernel = new TracedKernel({
      network: this.network,
      random: random.fork('random'),
      stdio: [stdin, this.stdout, this.stderr],
      onBlock: hooks.onBlock,
    });
    this.kernel.onCall = hooks.onCall;
    this.#control = new ControlBlock(makeControlBuffer());
    this.#listeners = parseListeners(options.listen ?? ['tcp:127.0.0.1:8000']);
    this.sandbox = new Sandbox({
      kernel: this.kernel,
      control: this.#control,
      args: [guest.name, ...(options.args ?? [])],
      environ: environOf(options, this.#listeners),
      isInterruptible: guest.entry === 'reactor',
      fdCountMax: options.maxFds ?? FD_COUNT_MAX,
      connectPolicy: new ConnectPolicy(parseRules(options.allowConnect ?? [])),
    });
    const connections = (options.connect ?? []).map((text) => parseAddress(text));
    checkBuffers(options, 'ipv4');
    for (const { address } of this.#listeners) this.#makeFolder(address);
    this.#preopened = new Preopened(this.kernel, this.sandbox.descriptors, connections, options);
    this.#preopened.openStdio();
    this.#preopened.openListeners(this.#listeners, options);
  }

  get nowNs(): number {
    return this.network.timeline.nowNs;
  }

  // ---- its peers ------------------------------------------------------------------------------

  get peerCount(): number {
    return this.#peers.length;
  }

  get serverCount(): number {
    return this.#servers.length;
  }

  /** @param which its number from 0, or its name. @returns undefined when there is none */
  listenerAddress(which: number | string): Address | undefined {
    return this.#listeners.find(({ name }, index) => which === index || which === name)?.address;
  }

  peer(index: number): PeerSocket {
    const peer = this.#peers[index];
    assert(peer !== undefined, 'a peer is made before it is used');
    return peer;
  }

  server(index: number): SimServer {
    const server = this.#servers[index];
    assert(server !== undefined, 'a server is made before it is used');
    return server;
  }

  /** A new peer connects to a listener of the guest. */
  connect(address: Address, buffers: Buffers): void {
    this.#peers.push(PeerSocket.connecting(this.network, reachable(address), buffers));
  }

  /** A new server. @throws SimulationError `USAGE` when it can not listen there */
  listen(address: Address, options: ServerOptions): void {
    const peers: number[] = [];
    this.#makeFolder(address);
    const socket = new ServerSocket(this.network, address, options, (peer) => {
      peers.push(this.#peers.push(peer) - 1);
    });
    this.#servers.push({ socket, peers });
  }

  #makeFolder(address: Address): void {
    if (address.family === 'unix') this.network.makeFolder(address.path);
  }

  // ---- the guest ------------------------------------------------------------------------------

  /** Runs `_start`. @throws what a hook throws; SimulationError `CANNOT_CONNECT`, `TRAPPED`. */
  runCommand(): void {
    while (!this.#preopened.connect(Infinity));
    this.#enter(() => {
      (this.#makeInstance().exports['_start'] as () => void)();
      this.#endWith({ reason: 'exited', code: 0 });
    });
  }

  /**
   * Calls `turn`, and before the first one `_initialize`. Where the guest's connections do not stand
   * yet, time has to pass first.
   *
   * @returns its answer, 0 after the end. @throws as {@link runCommand}
   */
  turn(timeoutMs: number): number {
    if (this.#instance === undefined && !this.#preopened.connect(0)) return ONLY_FOR_EVENTS;
    let answer = 0;
    this.#enter(() => {
      const isFirst = this.#instance === undefined;
      const { exports } = this.#instance ?? this.#makeInstance();
      if (isFirst) (exports['_initialize'] as (() => void) | undefined)?.();
      answer = (exports['turn'] as (timeoutMs: number) => number)(timeoutMs);
    });
    if (answer < 0) this.#endWith({ reason: 'failed-turn', code: -answer });
    return this.end === undefined ? answer : 0;
  }

  /** What the guest's own core knows of its descriptors; nothing of a guest without our core. */
  slots(): ReadonlyMap<number, SlotView> {
    if (this.#directory === undefined) return new Map();
    return readSlots(this.#memory.buffer as ArrayBuffer, this.#directory);
  }

  #makeInstance(): WebAssembly.Instance {
    this.#control.markRunning();
    this.#instance = new WebAssembly.Instance(this.#guest.module, makeImports(this.sandbox));
    this.sandbox.useMemory(this.#memory);
    this.#directory = findDirectory(this.#memory.buffer as ArrayBuffer);
    return this.#instance;
  }

  get #memory(): WebAssembly.Memory {
    return this.#instance?.exports['memory'] as WebAssembly.Memory;
  }

  #enter(body: () => void): void {
    this.kernel.isTracing = true;
    try {
      body();
    } catch (error) {
      this.#explain(error);
    } finally {
      this.kernel.isTracing = false;
    }
  }

  /** Makes of what was thrown the guest's end, or throws it on. */
  #explain(error: unknown): void {
    if (this.#control.outcome === Outcome.EXITED) {
      this.#endWith({ reason: 'exited', code: this.#control.exitCode });
      return;
    }
    const isTrap = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
    if (!isTrap) throw error;
    this.kernel.destroy();
    throw new SimulationError('TRAPPED', `the guest trapped: ${error.message}`, { cause: error });
  }

  /** As a process that ends: everything it had open is closed. */
  #endWith(end: SimEnd): void {
    this.end ??= end;
    this.kernel.destroy();
  }
}

function makeNetwork(options: SimulateOptions, random: Prng): Network {
  const [latencyFrom, latencyTo] = checkRange(options.latencyMs ?? 0, 'latencyMs', 0);
  const segment = options.segmentBytes ?? SEGMENT_BYTES_MAX;
  const [bytesFrom, bytesTo] = checkRange(segment, 'segmentBytes', 1);
  const latency = random.fork('latency');
  const splits = random.fork('segments');
  const toNs = (ms: number): number => Math.round(ms * NS_PER_MS);
  return new Network({
    latencyNs:
      latencyFrom === latencyTo
        ? () => toNs(latencyFrom)
        : () => latency.between(toNs(latencyFrom), toNs(latencyTo)),
    segmentBytesMax:
      bytesFrom === bytesTo ? () => bytesTo : () => splits.between(bytesFrom, bytesTo),
  });
}

/** A client of a listener on every host goes to the loopback. */
function reachable(address: Address): Address {
  if (address.family === 'unix') return address;
  if (address.host === '0.0.0.0') return { ...address, host: '127.0.0.1' };
  return address.host === '::' ? { ...address, host: '::1' } : address;
}

function environOf(options: SimulateOptions, listeners: readonly SimListener[]): string[] {
  const variables = {
    ...options.env,
    LISTEN_FDS: String(listeners.length),
    LISTEN_FDNAMES: listeners.map(({ name }) => name).join(':'),
  };
  return Object.entries(variables).map(([name, value]) => `${name}=${value}`);
}

/** Only one thread looks at it: where a page has no shared memory, it need not be shared. */
function makeControlBuffer(): SharedArrayBuffer {
  const { byteLength } =
    typeof SharedArrayBuffer === 'undefined' ? CONTROL : new ControlBlock().buffer;
  return new ArrayBuffer(byteLength) as unknown as SharedArrayBuffer;
}
const CONTROL = { byteLength: 64 + 8 * Counter.COUNT };

function bytesOfText(text: string | Uint8Array): Uint8Array {
  return typeof text === 'string' ? new TextEncoder().encode(text) : text;
}
