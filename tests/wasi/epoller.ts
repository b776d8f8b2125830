// Calls the epoll imports as a guest does, on either kernel, and compares all of the memory with what
// each call should have left there.

import * as assert from 'uvu/assert';
import { errnoName } from '../../host/base/errno.ts';
import type { Suite } from '../support/suite.ts';
import { SENTINEL } from './caller.ts';
import { EPOLL_EVENT_BYTES, EpollBit, EpollOp } from './spec.ts';
import { KERNELS, type TestWorld, type TestWorldOptions, withWorld } from './world.ts';

/** Where an event lies that a call is given. Not aligned. */
export const EVENT = 3001;
export const EVENTS = 20_001;
export const COUNT = 2001;
export const FOREVER = 2n ** 64n - 1n;

/** Adds a test on each kernel. */
export function onBoth(
  test: Suite,
  title: string,
  body: (world: TestWorld, epoller: Epoller) => void,
  options: TestWorldOptions = {},
): void {
  for (const [name, makeKernel] of KERNELS) {
    test(
      `${title} (${name})`,
      withWorld((world) => body(world, new Epoller(world)), { ...options, makeKernel }),
    );
  }
}

export type Op = keyof typeof EpollOp;

export interface WaitOptions {
  readonly max?: number;
  readonly timeoutNs?: bigint;
}

export class Epoller {
  readonly #world: TestWorld;

  constructor(world: TestWorld) {
    this.#world = world;
  }

  /** @returns the new instance's fd */
  create(): number {
    const { caller } = this.#world;
    const before = caller.bytes.slice();
    assert.is(this.#world.errno('epoll_create', COUNT), 'SUCCESS');
    const fd = caller.u32(COUNT);
    new DataView(before.buffer).setUint32(COUNT, fd, true);
    this.#isMemory(before);
    return fd;
  }

  /** @param tag what the event is known by: all 28 bytes that are the guest's come of it */
  ctl(epfd: number, op: Op, fd: number, events = 'IN', tag = fd): string {
    const { caller } = this.#world;
    caller.bytes.set(eventBytes(bitsOf(events), tag), EVENT);
    const before = caller.bytes.slice();
    const errno = this.#world.errno('epoll_ctl', epfd, EpollOp[op], fd, EVENT);
    this.#isMemory(before);
    caller.bytes.fill(SENTINEL, EVENT, EVENT + EPOLL_EVENT_BYTES);
    return errno;
  }

  /** As {@link ctl}, of a call that has to succeed. */
  add(epfd: number, fd: number, events = 'IN', tag = fd): void {
    assert.is(this.ctl(epfd, 'ADD', fd, events, tag), 'SUCCESS');
  }

  mod(epfd: number, fd: number, events = 'IN', tag = fd): void {
    assert.is(this.ctl(epfd, 'MOD', fd, events, tag), 'SUCCESS');
  }

  del(epfd: number, fd: number): void {
    assert.is(this.ctl(epfd, 'DEL', fd), 'SUCCESS');
  }

  /** Looks once, unless `timeoutNs` says else. @returns `4:IN|HUP 7:OUT` by their tags, an errno */
  wait(epfd: number, options: WaitOptions = {}): string {
    const events = this.events(epfd, options);
    if (typeof events === 'string') return events;
    return events.map(([tag, bits]) => `${tag}:${bits}`).join(' ');
  }

  /** As {@link wait}, by rising tags: for events whose order is chance. */
  waitSorted(epfd: number, options: WaitOptions = {}): string {
    const events = this.events(epfd, options);
    if (typeof events === 'string') return events;
    const sorted = events.toSorted(([left], [right]) => left - right);
    return sorted.map(([tag, bits]) => `${tag}:${bits}`).join(' ');
  }

  events(
    epfd: number,
    { max = 8, timeoutNs = 0n }: WaitOptions = {},
  ): string | (readonly [tag: number, bits: string])[] {
    const { caller } = this.#world;
    const expected = caller.bytes.slice();
    const errno = caller.call('epoll_wait', epfd, EVENTS, max, timeoutNs, COUNT);
    if (errno !== 0) {
      this.#isMemory(expected);
      return errnoName(errno);
    }
    const count = caller.u32(COUNT);
    assert.ok(count <= max, 'more events than there is room for');
    const events = Array.from({ length: count }, (_, index) => {
      const at = EVENTS + index * EPOLL_EVENT_BYTES;
      const bits = caller.u32(at);
      const tag = Number(caller.view.getBigUint64(at + 24, true));
      expected.set(eventBytes(bits, tag), at);
      return [tag, bitNames(bits)] as const;
    });
    new DataView(expected.buffer).setUint32(COUNT, count, true);
    this.#isMemory(expected);
    caller.bytes.set(expected.fill(SENTINEL, EVENTS, EVENTS + count * EPOLL_EVENT_BYTES));
    return events;
  }

  /** The memory is `expected`, every byte of it. */
  #isMemory(expected: Uint8Array): void {
    const { bytes } = this.#world.caller;
    if (Buffer.compare(bytes, expected) === 0) return;
    const at = bytes.findIndex((byte, index) => byte !== expected[index]);
    throw new Error(`the byte at ${at} is ${bytes[at]}, and should be ${expected[at]}`);
  }
}

/** An event: every byte behind its bits, padding too, comes of its tag, and the last field is it. */
export function eventBytes(bits: number, tag: number): Uint8Array {
  const bytes = Uint8Array.from({ length: EPOLL_EVENT_BYTES }, (_, at) => tag * 31 + at * 7 + 1);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bits, true);
  view.setBigUint64(24, BigInt(tag), true);
  return bytes;
}

/** `IN|ET`, `` for none, or a number. */
function bitsOf(names: string): number {
  const parts = names.split('|').filter(Boolean);
  return parts.reduce((bits, name) => bits | (EpollBit[name] ?? Number(name)), 0) >>> 0;
}

function bitNames(bits: number): string {
  const names = Object.entries(EpollBit).filter(([, bit]) => (bits & bit) !== 0);
  const rest = bits & ~0xff;
  return [...names.map(([name]) => name), ...(rest === 0 ? [] : [rest])].join('|');
}
