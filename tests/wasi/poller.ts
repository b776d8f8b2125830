// Calls poll_oneoff and compares the whole memory with what has to be in it afterwards: each byte
// of each event, the count, and no other byte. After an errno, none has changed.

import * as assert from 'uvu/assert';
import { Errno, errnoName } from '../../host/base/errno.ts';
import { Event, EventType, Subscription } from './spec.ts';
import type { TestWorld } from './world.ts';

/** A subscription as a test writes it. */
export type Wanted =
  | { readonly read: number }
  | { readonly write: number }
  | {
      readonly clock: number;
      readonly ns: bigint;
      /** 1: the time is an instant. */
      readonly flags?: number;
      readonly precisionNs?: bigint;
    };

export const REALTIME = 0;
export const MONOTONIC = 1;
export const ABSTIME = 1;
const HOUR_NS = 3_600_000_000_000n;

export const NOW: Wanted = { clock: MONOTONIC, ns: 0n };
export const SOON: Wanted = { clock: MONOTONIC, ns: 200_000n };
export const FAR: Wanted = { clock: MONOTONIC, ns: HOUR_NS };
export const PAST: Wanted = { clock: REALTIME, ns: 1n, flags: ABSTIME };

/** Where a call has its list and its results, if nothing else is said. */
export const LIST = 8192;
export const EVENTS = 40_000;
export const COUNT = 512;

/** Every word of it differs, and the low one leaves room for the index of the subscription. */
const USERDATA = 0xfedc_ba98_7654_0000n;
/** More handles than a list may have that is waited for without a set. */
const MANY = 9;

interface Place {
  readonly list?: number;
  readonly events?: number;
  readonly count?: number;
}

/** One event in words: the index of its subscription, and `!` for hung up or `:ERRNO`. */
interface ExpectedEvent {
  readonly index: number;
  readonly suffix: string;
}

export class Poller {
  readonly #world: TestWorld;
  readonly #quiet: readonly Wanted[];

  constructor(world: TestWorld) {
    this.#world = world;
    this.#quiet = world.addQuiet(MANY).map((fd) => ({ read: fd }));
  }

  /**
   * Polls once.
   *
   * @param expected which subscriptions have an event, as `0 2! 3:BADF`; or the errno of the call.
   */
  poll(wanted: readonly Wanted[], expected: string, place: Place = {}): void {
    writeList(this.#world, wanted, place.list);
    this.call(wanted, expected, place);
  }

  /** Polls as often as it takes until a short list is registered, and once more. */
  pollThrice(wanted: readonly Wanted[], expected: string): void {
    for (let time = 0; time < 3; time++) this.poll(wanted, expected);
  }

  /** {@link poll} of a list that lies in the memory already. */
  call(wanted: readonly Wanted[], expected: string, place: Place = {}): void {
    const { list = LIST, events = EVENTS, count = COUNT } = place;
    const { caller } = this.#world;
    const after = Buffer.from(caller.memory.buffer.slice(0));
    const errno = this.#world.errno('poll_oneoff', list, events, wanted.length, count);
    if (/^[A-Z]/.test(expected)) assert.is(errno, expected);
    else {
      assert.is(errno, 'SUCCESS');
      const reported = this.#reported(wanted, caller.u32(count), events);
      assert.is(inGuestOrder(reported), expected);
      assertOrder(wanted, reported);
      reported.forEach((event, slot) =>
        writeEvent(after.subarray(events + slot * Event.BYTES), wanted, event),
      );
      after.writeUInt32LE(reported.length, count);
    }
    assertSameBytes(Buffer.from(caller.memory.buffer), after);
  }

  /**
   * Polls in every way in which a list can be waited for, which must all answer alike: a short list
   * for the first time is waited for without a set, again it is registered, and then it is; in the
   * other order; among more handles than a short list has; and short again.
   */
  pollEveryWay(wanted: readonly Wanted[], expected: string): void {
    const reversed = wanted.toReversed();
    const long = [...this.#quiet, ...wanted];
    const mirrored = renumbered(expected, (index) => wanted.length - 1 - index);
    const shifted = renumbered(expected, (index) => this.#quiet.length + index);
    this.pollThrice(wanted, expected);
    for (let time = 0; time < 2; time++) this.poll(reversed, mirrored);
    for (let time = 0; time < 2; time++) this.poll(long, shifted);
    for (let time = 0; time < 2; time++) this.poll(wanted, expected);
  }

  #reported(wanted: readonly Wanted[], count: number, events: number): ExpectedEvent[] {
    assert.ok(count > 0 && count <= wanted.length, `${count} events`);
    return Array.from({ length: count }, (_, slot) => {
      const event = this.#world.caller.event(events + slot * Event.BYTES);
      const isHungUp = event.flags === 1;
      const error = event.error === 0 ? '' : `:${errnoName(event.error)}`;
      return { index: Number(event.userdata - USERDATA), suffix: isHungUp ? `${error}!` : error };
    });
  }
}

/** Writes a list into the guest's memory. */
export function writeList(world: TestWorld, wanted: readonly Wanted[], pointer = LIST): void {
  wanted.forEach((item, index) => {
    const at = pointer + index * Subscription.BYTES;
    const userdata = USERDATA + BigInt(index);
    if ('clock' in item) {
      const { clock: id, ns: timeoutNs, ...rest } = item;
      world.caller.setClockSubscription(at, { id, timeoutNs, userdata, ...rest });
    } else if ('read' in item) {
      world.caller.setFdSubscription(at, EventType.FD_READ, item.read, userdata);
    } else {
      world.caller.setFdSubscription(at, EventType.FD_WRITE, item.write, userdata);
    }
  });
}

function typeOf(wanted: Wanted): number {
  if ('clock' in wanted) return EventType.CLOCK;
  return 'read' in wanted ? EventType.FD_READ : EventType.FD_WRITE;
}

function writeEvent(bytes: Buffer, wanted: readonly Wanted[], event: ExpectedEvent): void {
  const type = typeOf(wanted[event.index] as Wanted);
  const [, errno] = /:(\w+)/.exec(event.suffix) ?? [];
  bytes.fill(0, 0, Event.BYTES);
  bytes.writeBigUInt64LE(USERDATA + BigInt(event.index), Event.USERDATA);
  bytes.writeUInt16LE(errno === undefined ? 0 : Errno[errno as keyof typeof Errno], Event.ERROR);
  bytes.writeUInt8(type, Event.TYPE);
  const isReady = errno === undefined && type !== EventType.CLOCK;
  bytes.writeBigUInt64LE(isReady ? 1n : 0n, Event.NBYTES);
  bytes.writeUInt16LE(event.suffix.endsWith('!') ? 1 : 0, Event.FLAGS);
}

function inGuestOrder(events: readonly ExpectedEvent[]): string {
  const sorted = events.toSorted((left, right) => left.index - right.index);
  return sorted.map(({ index, suffix }) => `${index}${suffix}`).join(' ');
}

function renumbered(expected: string, change: (index: number) => number): string {
  if (/^[A-Z]/.test(expected)) return expected;
  const events = expected.split(' ').map((text) => {
    const [, index = '', suffix = ''] = /^(\d+)(.*)$/.exec(text) ?? [];
    return { index: change(Number(index)), suffix };
  });
  return inGuestOrder(events);
}

/**
 * Errors of descriptors come first and due clocks last, each in guest order; so are the
 * subscriptions of one descriptor.
 */
function assertOrder(wanted: readonly Wanted[], reported: readonly ExpectedEvent[]): void {
  const groups = new Map<string, number>();
  let rankBefore = 0;
  for (const { index, suffix } of reported) {
    const item = wanted[index] as Wanted;
    const isError = suffix.includes(':');
    const rank = 'clock' in item ? (isError ? 1 : 3) : isError ? 0 : 2;
    assert.ok(rank >= rankBefore, `the event of subscription ${index} comes too late`);
    rankBefore = rank;
    const fd = 'read' in item ? item.read : 'write' in item ? item.write : 0;
    const group = rank === 2 ? `fd ${fd}` : `rank ${rank}`;
    assert.ok(index > (groups.get(group) ?? -1), `${group} is not in guest order`);
    groups.set(group, index);
  }
}

function assertSameBytes(actual: Buffer, expected: Buffer): void {
  if (actual.equals(expected)) return;
  const at = actual.findIndex((byte, index) => byte !== expected[index]);
  assert.unreachable(`the byte at ${at} is ${actual[at]} and not ${expected[at]}`);
}
