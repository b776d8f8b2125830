// A probe is a short script over two kernels of one machine, `near` and `far`, that says facts. It
// runs on the real kernel and on the simulated one, and the facts have to be the same.
//
// A fact says what happened, not how many bytes a buffer has: that changes from one version of
// Linux to the next. Where a real wait is needed, `settle` is what both worlds have.

import { errnoName } from '../../host/base/errno.ts';
import type { Address, Family } from '../../host/kernel/address.ts';
import {
  type Handle,
  type Interest,
  type Kernel,
  Mode,
  Readiness,
  type SetHandle,
} from '../../host/kernel/kernel.ts';
import { FewList, ReadyList } from '../../host/kernel/ready-list.ts';
import type { Peers, StdioKinds } from '../contract/peers.ts';

const MEMORY_BYTES = 1 << 20;
const { READ, WRITE, READ_HANGUP } = Readiness;
const ALL = READ | WRITE | READ_HANGUP;
/** What {@link Side.fill} sends at a time, and how often at most. */
const PIECE_BYTES = 16_384;
const PIECES_MAX = 2000;

export interface Probe {
  readonly name: string;
  readonly stdio: StdioKinds;
  readonly script: (world: ProbeWorld) => void;
  /** It needs an IPv6 loopback, which not every machine has. */
  readonly needsIpv6: boolean;
}

export interface ProbeWorld {
  readonly near: Side;
  readonly far: Side;
  readonly peers: Peers;
  /** Comes back when everything has arrived. */
  settle(): void;
  /** States a fact. */
  say(what: string, ...facts: (string | number | boolean)[]): void;
}

const NO_STDIO: StdioKinds = ['none', 'none', 'none'];

export function probe(name: string, script: Probe['script'], stdio = NO_STDIO): Probe {
  return { name, script, stdio, needsIpv6: false };
}

export function probeIpv6(name: string, script: Probe['script']): Probe {
  return { name, script, stdio: NO_STDIO, needsIpv6: true };
}

/** A connection: `server` was accepted by near, `client` is far's. */
export interface Pair {
  readonly listener: Handle;
  readonly address: Address;
  readonly server: Handle;
  readonly client: Handle;
}

export function connectPair(world: ProbeWorld, family: Family = 'ipv4'): Pair {
  const { listener, address } = world.near.listen(family);
  return { listener, address, ...acceptOne(world, listener, address) };
}

export function acceptOne(
  { near, far, settle }: ProbeWorld,
  listener: Handle,
  address: Address,
): { server: Handle; client: Handle } {
  const client = far.dial(address);
  settle();
  return { server: must(near.kernel.accept(listener)), client };
}

/** One kernel, with its memory and the words that probes are made of. */
export class Side {
  readonly kernel: Kernel;
  readonly memory = Buffer.from(new ArrayBuffer(MEMORY_BYTES));
  /** The TCP sockets it has opened and accepted: what may have bytes on their way. */
  readonly sockets: Handle[] = [];
  #pathCount = 0;
  readonly #folder: string;

  constructor(kernel: Kernel, folder: string) {
    this.kernel = kernel;
    this.#folder = folder;
    kernel.attach(this.memory.buffer);
  }

  open(family: Family = 'ipv4'): Handle {
    const handle = must(this.kernel.open(family));
    this.sockets.push(handle);
    return handle;
  }

  free(family: Family): Address {
    if (family === 'unix') return { family, path: `${this.#folder}/${this.#pathCount++}` };
    return { family, host: family === 'ipv4' ? '127.0.0.1' : '::1', port: 0 };
  }

  listen(family: Family = 'ipv4', backlog = 16): { listener: Handle; address: Address } {
    const listener = this.open(family);
    must(this.kernel.bind(listener, this.free(family)));
    must(this.kernel.listen(listener, backlog));
    return { listener, address: this.kernel.localAddress(listener) as Address };
  }

  /** Starts to connect. */
  dial(address: Address): Handle {
    const handle = this.open(address.family);
    this.kernel.connect(handle, address);
    return handle;
  }

  accept(listener: Handle): string {
    const handle = this.kernel.accept(listener);
    if (handle >= 0) this.sockets.push(handle);
    return handle < 0 ? name(handle) : 'ok';
  }

  send(handle: Handle, text: string): string {
    this.memory.write(text, 0, 'latin1');
    return name(this.kernel.send(handle, 0, text.length));
  }

  /** `"text"`, `0` or `-NAME`. */
  recv(handle: Handle, lengthBytes = 64, flags = 0): string {
    return this.#text(this.kernel.recv(handle, 0, lengthBytes, flags));
  }

  read(handle: Handle, lengthBytes = 64): string {
    return this.#text(this.kernel.read(handle, 0, lengthBytes));
  }

  write(handle: Handle, text: string): string {
    this.memory.write(text, 0, 'latin1');
    return name(this.kernel.write(handle, 0, text.length));
  }

  /** What it is ready for, `-` for nothing. */
  poll(handle: Handle, interest: Interest = ALL): string {
    const few = new FewList();
    few.add(handle, interest);
    const count = this.kernel.waitFew(few, 0);
    return count < 0 ? name(count) : readiness(few.readiness(0));
  }

  set(): SetHandle {
    return must(this.kernel.openSet());
  }

  watch(set: SetHandle, handle: Handle, interest: Interest, mode: Mode = Mode.LEVEL): string {
    return name(this.kernel.watch(set, handle, interest, mode));
  }

  /** What one wait reports, `-` for nothing: `a:READ b:READ|WRITE`, by the names of the handles. */
  wait(set: SetHandle, names: Record<string, Handle>, capacity = 16): string {
    const list = new ReadyList(capacity);
    const count = this.kernel.wait(set, 0, list);
    if (count < 0) return name(count);
    const pairs: string[] = [];
    for (let at = 0; at < count; at++) {
      const handle = list.pairs[2 * at] as number;
      const found = Object.entries(names).find(([, named]) => named === handle);
      pairs.push(`${found?.[0] ?? 'unknown'}:${readiness(list.pairs[2 * at + 1] as number)}`);
    }
    return pairs.join(' ') || '-';
  }

  /** Sends pieces until there is no room, though all had time to arrive. @returns how many bytes */
  fill(handle: Handle, settle: () => void): number {
    let sentBytes = 0;
    let isStill = false;
    for (let pieces = 0; pieces < PIECES_MAX; pieces++) {
      const taken = this.kernel.send(handle, 0, PIECE_BYTES);
      if (taken >= 0) sentBytes += taken;
      else if (isStill) return sentBytes;
      else settle();
      isStill = taken < 0;
    }
    return Infinity;
  }

  /** Receives and throws away, at most `bytesMax`. @returns how many bytes */
  drain(handle: Handle, bytesMax: number): number {
    let doneBytes = 0;
    while (doneBytes < bytesMax) {
      const lengthBytes = Math.min(bytesMax - doneBytes, MEMORY_BYTES);
      const count = this.kernel.recv(handle, 0, lengthBytes, 0);
      if (count <= 0) break;
      doneBytes += count;
    }
    return doneBytes;
  }

  /** Closes with a reset. */
  reset(handle: Handle): void {
    must(this.kernel.setOption(handle, 3, 0));
    must(this.kernel.close(handle));
  }

  error(handle: Handle): string {
    const error = this.kernel.takeError(handle);
    return error > 0 ? errnoName(error) : name(error);
  }

  #text(count: number): string {
    return count > 0 ? JSON.stringify(this.memory.toString('latin1', 0, count)) : name(count);
  }
}

/** `3`, `-AGAIN`. */
export function name(result: number): string {
  return result < 0 ? `-${errnoName(-result)}` : String(result);
}

/** `IN|OUT` in our words, `-` for none. */
export function readiness(bits: number): string {
  const names = Object.entries(Readiness).filter(([, bit]) => (bits & bit) !== 0);
  return names.map(([word]) => word).join('|') || '-';
}

function must(result: number): number {
  if (result < 0) throw new Error(`a call of the probe failed: ${name(result)}`);
  return result;
}
