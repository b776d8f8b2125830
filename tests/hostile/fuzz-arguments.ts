// Arguments for random calls: mostly good, often at an edge, now and then absurd. Lists that calls
// take (buffers, subscriptions) are written into the memory, or what stands there is the list.

import { SockAddress } from '../../host/wasi/dialects/wasmedge-layout.ts';
import { Iovec, Subscription } from '../../host/wasi/layout.ts';
import { EpollEvent } from '../../host/wasi/dialects/wasix-layout.ts';
import type { Parameter, Signature } from '../../host/wasi/signature.ts';
import type { Random } from '../e2e/support/random.ts';

const NUMBERS = [0, 1, 2, 4, 8, 16, 127, 255, 0xffff, 0x10000, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const COUNTS = [0, 1, 2, 8, 9, 1024, 1025, 65_536, 65_537, 2 ** 28, 2 ** 29, 2 ** 31, 2 ** 32 - 1];
const WIDE = [0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 63n, 2n ** 64n - 1n];
/** Most pointers fall into so many bytes, so that regions overlap. */
const HOT_BYTES = 2048;
const LIST_COUNT_MAX = 20;
const IPV4_HOSTS = [
  [127, 0, 0, 1],
  [127, 9, 9, 9],
  [0, 0, 0, 0],
  [192, 0, 2, 1],
  [255, 255, 255, 255],
];
const ZEROS = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0] as const;
const IPV6_HOSTS = [
  ...[
    [0, 0, 0, 0, 0, 1],
    [0, 0, 0, 0, 0, 0],
    [255, 255, 127, 0, 0, 1],
    [255, 255, 0, 0, 0, 0],
  ],
  [255, 255, 192, 0, 2, 1],
].map((tail) => [...ZEROS, ...tail]);

export type Arguments = (number | bigint)[];

export class ArgumentMaker {
  readonly #random: Random;
  readonly #ports: readonly number[];
  #fds: readonly number[] = [];
  #epfds: readonly number[] = [];

  /** @param ports to connect to */
  constructor(random: Random, ports: readonly number[] = [1]) {
    this.#random = random;
    this.#ports = ports;
  }

  /**
   * @param memory what the lists are written to
   * @param fds those that are open
   * @param epfds those of them that are epoll instances
   */
  make(
    { name, parameters }: Signature,
    memory: DataView,
    fds: readonly number[],
    epfds: readonly number[] = [],
  ): Arguments {
    this.#fds = fds;
    this.#epfds = epfds;
    const values = parameters.map((parameter) => this.#value(parameter, memory.byteLength));
    const address = values[parameters.findIndex(({ kind }) => kind === 'address')];
    if (typeof address === 'number') this.#writeAddress(memory, address);
    if (name === 'sock_getsockopt') this.#writeRoom(memory, Number(values[4]));
    const event = values[parameters.findIndex(({ kind }) => kind === 'epoll_event')];
    if (typeof event === 'number') this.#writeEpollEvent(memory, event);
    // It has to answer at once, whatever is ready.
    if (name === 'epoll_wait') values[3] = BigInt(this.#random.below(1000));
    const pointer = values[parameters.findIndex(({ kind }) => kind === 'pointer')];
    const count = values[parameters.findIndex(({ kind }) => kind === 'count')];
    if (typeof pointer !== 'number' || typeof count !== 'number') return values;
    if (name === 'poll_oneoff') this.#writePoll(memory, pointer, count);
    else this.#writeIovecs(memory, pointer, count);
    return values;
  }

  #value({ name, kind, type }: Parameter, memoryBytes: number): number | bigint {
    const random = this.#random;
    if (type === 'i64') return random.chance(0.5) ? BigInt(random.below(1000)) : pick(random, WIDE);
    switch (kind) {
      case 'fd':
        return name === 'epfd' ? this.#epfd() : this.#fd();
      case 'address':
      case 'pointer':
      case 'out':
      case 'epoll_event':
        return this.#pointer(memoryBytes);
      case 'epoll_op':
        return random.chance(0.9) ? random.below(3) : pick(random, NUMBERS);
      case 'count':
        return random.chance(0.85) ? random.below(LIST_COUNT_MAX) : pick(random, COUNTS);
      case 'length':
        return this.#length(memoryBytes);
      case 'epoll_type':
      case 'fdflags':
      case 'fstflags':
      case 'lookupflags':
      case 'oflags':
      case 'riflags':
      case 'rights':
      case 'sdflags':
      case 'siflags':
        if (random.chance(0.6)) return random.chance(0.5) ? 0 : 4;
        return random.chance(0.7) ? random.below(4) : pick(random, NUMBERS);
      case 'clock':
        return random.chance(0.8) ? random.below(5) : pick(random, NUMBERS);
      case 'family':
      case 'socktype':
        return random.chance(0.8) ? 1 + random.below(3) : pick(random, NUMBERS);
      case 'sockoption':
        return random.chance(0.9) ? random.below(16) : pick(random, NUMBERS);
      case 'port':
        return random.chance(0.8) ? pick(random, this.#ports) : pick(random, NUMBERS);
      case 'number':
        return pick(random, NUMBERS);
      default:
        return kind satisfies never;
    }
  }

  #fd(): number {
    const random = this.#random;
    if (this.#fds.length > 0 && random.chance(0.85)) return pick(random, this.#fds);
    return random.chance(0.7) ? random.below(20) : pick(random, NUMBERS);
  }

  #epfd(): number {
    const random = this.#random;
    return this.#epfds.length > 0 && random.chance(0.9) ? pick(random, this.#epfds) : this.#fd();
  }

  #pointer(memoryBytes: number): number {
    const random = this.#random;
    if (random.chance(0.5)) return random.below(HOT_BYTES / 8) * 8;
    if (random.chance(0.5)) return random.below(HOT_BYTES);
    if (random.chance(0.6)) return random.below(memoryBytes);
    // Around the end of the memory, and around 2^32.
    if (random.chance(0.7)) return memoryBytes - 64 + random.below(80);
    return random.chance(0.5) ? 2 ** 32 - 1 - random.below(64) : pick(random, NUMBERS);
  }

  #length(memoryBytes: number): number {
    const random = this.#random;
    if (random.chance(0.8)) return random.below(64);
    return random.chance(0.6) ? random.below(memoryBytes + 16) : pick(random, NUMBERS);
  }

  #writeIovecs(memory: DataView, pointer: number, count: number): void {
    if (pointer + count * Iovec.BYTES > memory.byteLength || this.#random.chance(0.1)) return;
    // One bad buffer makes the whole call FAULT: of long lists few would be left.
    const isGood = this.#random.chance(0.8);
    for (let index = 0; index < count; index++) {
      const at = pointer + index * Iovec.BYTES;
      const [buffer, lengthBytes] = isGood
        ? [this.#random.below(HOT_BYTES), this.#random.below(64)]
        : [this.#pointer(memory.byteLength), this.#length(memory.byteLength)];
      memory.setUint32(at + Iovec.BUF, buffer, true);
      memory.setUint32(at + Iovec.LEN, lengthBytes, true);
    }
  }

  /** An address of either version, mostly of the loopback, or whatever stands there. */
  #writeAddress(memory: DataView, pointer: number): void {
    const random = this.#random;
    if (pointer + SockAddress.BYTES > memory.byteLength || random.chance(0.1)) return;
    const buffer = random.chance(0.9) ? random.below(HOT_BYTES) : this.#pointer(memory.byteLength);
    const lengthBytes = pick(random, [4, 16, 128, 128, random.below(200), 2 ** 32 - 1]);
    memory.setUint32(pointer + SockAddress.BUF, buffer, true);
    memory.setUint32(pointer + SockAddress.LEN, lengthBytes, true);
    if (buffer + 128 > memory.byteLength || random.chance(0.1)) return;
    const isFramed = lengthBytes === 128;
    if (isFramed) memory.setUint16(buffer, random.below(5), true);
    const host = pick(
      random,
      lengthBytes === 4 ? IPV4_HOSTS : random.chance(0.5) ? IPV4_HOSTS : IPV6_HOSTS,
    );
    host.forEach((byte, at) => memory.setUint8(buffer + (isFramed ? 2 : 0) + at, byte));
  }

  #writeRoom(memory: DataView, pointer: number): void {
    if (pointer + 4 > memory.byteLength || this.#random.chance(0.1)) return;
    const bytes = pick(this.#random, [0, 1, 3, 4, 8, 9, 1024, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]);
    memory.setUint32(pointer, bytes, true);
  }

  #writeEpollEvent(memory: DataView, pointer: number): void {
    if (pointer + EpollEvent.BYTES > memory.byteLength || this.#random.chance(0.1)) return;
    for (let at = 0; at < EpollEvent.BYTES; at += 4) {
      memory.setUint32(pointer + at, this.#random.next(), true);
    }
    const events = this.#random.chance(0.9) ? this.#random.below(256) : this.#random.next();
    memory.setUint32(pointer + EpollEvent.EVENTS, events, true);
  }

  /** A list that is answered at once: one of its clocks is due, whatever else stands there. */
  #writePoll(memory: DataView, pointer: number, count: number): void {
    if (count === 0 || pointer + count * Subscription.BYTES > memory.byteLength) return;
    if (this.#random.chance(0.9)) {
      for (let index = 0; index < count; index++) {
        this.#writeSubscription(memory, pointer + index * Subscription.BYTES);
      }
    }
    const due = pointer + this.#random.below(count) * Subscription.BYTES;
    memory.setUint8(due + Subscription.TAG, 0);
    memory.setUint32(due + Subscription.CLOCK_ID, 1, true);
    memory.setBigUint64(due + Subscription.CLOCK_TIMEOUT, 0n, true);
    memory.setUint16(due + Subscription.CLOCK_FLAGS, 0, true);
  }

  #writeSubscription(memory: DataView, at: number): void {
    const random = this.#random;
    memory.setUint32(at + Subscription.USERDATA, random.next(), true);
    memory.setUint32(at + Subscription.USERDATA + 4, random.next(), true);
    const tag = random.chance(0.99) ? random.below(3) : random.below(256);
    memory.setUint8(at + Subscription.TAG, tag);
    memory.setUint32(at + Subscription.FD, tag === 0 ? random.below(5) : this.#fd(), true);
    memory.setBigUint64(at + Subscription.CLOCK_TIMEOUT, pick(random, WIDE), true);
    memory.setUint16(at + Subscription.CLOCK_FLAGS, random.below(3), true);
  }
}

/** One of `choices`. */
export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[random.below(choices.length)] as T;
}
