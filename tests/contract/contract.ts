// How a part of the kernel contract is written: rows over a fresh kernel each, and the few words
// that rows are made of. A result is shown as a number or as `-NAME`, so that a failed row says
// which error came instead of which. A number in a title, such as, is that of a rule measured
// on Linux 6.18: rows of one number show one rule.

import * as assert from 'uvu/assert';
import { errnoName } from '../../host/base/errno.ts';
import { NS_PER_S } from '../../host/base/units.ts';
import type { Address, Family } from '../../host/kernel/address.ts';
import {
  type Handle,
  type Interest,
  Mode,
  Readiness,
  type SetHandle,
} from '../../host/kernel/kernel.ts';
import { FewList, ReadyList } from '../../host/kernel/ready-list.ts';
import { suite } from '../support/suite.ts';
import type { MakeKernel, Peer, StdioKinds, World } from './peers.ts';

/** Bytes of the memory that each row's kernel is given. */
export const MEMORY_BYTES = 65536;

/** Long enough for anything that will happen at all. */
export const PATIENCE_NS = 20 * NS_PER_S;

/** A row's kernel, its far ends and its memory. */
export interface Fixture extends World {
  readonly memory: Uint8Array;
}

/** Rows that a kernel can't pass: title -> a reason that a reader can check. */
export type Skips = ReadonlyMap<string, string>;

export interface Contract {
  /** A sentence of the contract, and the proof over a fresh kernel. */
  row(title: string, body: (fixture: Fixture) => void, stdio?: StdioKinds): void;
  /** A sentence that no kernel can be brought to show here. */
  unproven(title: string, reason: string): void;
  /** Ends the part. */
  run(): void;
}

const titlesSeen = new Set<string>();

/** Opens one part of the contract, such as `accept`. */
export function openContract(part: string, makeKernel: MakeKernel, skips: Skips): Contract {
  const world = makeKernel();
  const test = suite(`${part} (${world.kernel.name}, ${world.kernel.capabilities.demux})`);
  destroy(world);

  const row: Contract['row'] = (title, body, stdio) => {
    titlesSeen.add(title);
    const reason = skips.get(title);
    if (reason !== undefined) test.skip(title, reason);
    else test(title, () => withWorld(makeKernel(stdio), body));
  };
  return { row, unproven: (title, reason) => test.skip(title, reason), run: () => test.run() };
}

/** The skips that name no row: the row was renamed, or the skip outlived its reason. */
export function skipsWithoutRow(skips: Skips): string[] {
  return [...skips.keys()].filter((title) => !titlesSeen.has(title));
}

function withWorld(world: World, body: (fixture: Fixture) => void): void {
  const memory = new Uint8Array(new ArrayBuffer(MEMORY_BYTES));
  world.kernel.attach(memory.buffer);
  try {
    body({ ...world, memory });
  } finally {
    destroy(world);
  }
}

function destroy(world: World): void {
  world.kernel.destroy();
  world.peers.close();
}

// ---- results ----------------------------------------------------------------------------------

/** A result as a person reads it: `3`, `-AGAIN`. */
export function show(result: number): number | string {
  return result < 0 ? `-${errnoName(-result)}` : result;
}

/** The result of a call that has to succeed. */
export function ok(result: number): number {
  assert.ok(result >= 0, `expected success, got ${show(result)}`);
  return result;
}

/** An address, of a call that has to succeed. */
export function okAddress(result: Address | number): Address {
  if (typeof result === 'number') throw new Error(`expected an address, got ${show(result)}`);
  return result;
}

// ---- sockets ----------------------------------------------------------------------------------

export interface Listening {
  readonly listener: Handle;
  readonly address: Address;
}

export interface Connected extends Listening {
  readonly handle: Handle;
  readonly peer: Peer;
}

/** Opens a listener on a free address. */
export function listen(fixture: Fixture, family: Family = 'ipv4', backlog = 16): Listening {
  const { kernel, peers } = fixture;
  const listener = ok(kernel.open(family));
  ok(kernel.bind(listener, peers.freeAddress(family)));
  ok(kernel.listen(listener, backlog));
  return { listener, address: okAddress(kernel.localAddress(listener)) };
}

/** Opens a listener, has a peer connect to it and accepts the connection. */
export function connect(fixture: Fixture, family: Family = 'ipv4'): Connected {
  const listening = listen(fixture, family);
  return { ...listening, ...acceptOne(fixture, listening) };
}

/** Has one more peer connect to a listener and accepts the connection. */
export function acceptOne(
  { kernel, peers }: Fixture,
  { listener, address }: Listening,
): { handle: Handle; peer: Peer } {
  const peer = peers.connect(address);
  peers.settle();
  return { handle: ok(kernel.accept(listener)), peer };
}

// ---- bytes ------------------------------------------------------------------------------------

/** Puts text into the memory, one byte a character. */
export function put({ memory }: Fixture, text: string, pointer = 0): void {
  memory.set(Buffer.from(text, 'latin1'), pointer);
}

/** Text of the memory. */
export function get({ memory }: Fixture, lengthBytes: number, pointer = 0): string {
  return Buffer.from(memory.buffer, pointer, lengthBytes).toString('latin1');
}

/** Receives: the text, `''` for the end of the stream, or `-NAME`. */
export function recv(fixture: Fixture, handle: Handle, lengthBytes = 4096, flags = 0): string {
  return text(fixture, fixture.kernel.recv(handle, 0, lengthBytes, flags));
}

/** As {@link recv}, by `read`. */
export function read(fixture: Fixture, handle: Handle, lengthBytes = 4096): string {
  return text(fixture, fixture.kernel.read(handle, 0, lengthBytes));
}

function text(fixture: Fixture, result: number): string {
  return result < 0 ? String(show(result)) : get(fixture, result);
}

/** Sends text of at most the memory's size: how many bytes were taken, or `-NAME`. */
export function send(fixture: Fixture, handle: Handle, text: string): number | string {
  put(fixture, text);
  return show(fixture.kernel.send(handle, 0, text.length));
}

/** As {@link send}, by `write`. */
export function write(fixture: Fixture, handle: Handle, text: string): number | string {
  put(fixture, text);
  return show(fixture.kernel.write(handle, 0, text.length));
}

/**
 * Sends the pattern from `start` on until both ends' buffers are full: bytes that only have to move
 * on to the peer make room again by themselves. @returns how many bytes were taken.
 *
 * With a send buffer of few segments it would not stay full: the peer's last acknowledgement, which
 * TCP may hold back for 40 ms, would empty a third of it.
 */
export function fill(fixture: Fixture, handle: Handle, start = 0): number {
  const pieceBytes = 16384;
  let sentBytes = 0;
  let isStill = false;
  for (;;) {
    put(fixture, patternText(start + sentBytes, pieceBytes));
    const taken = fixture.kernel.send(handle, 0, pieceBytes);
    if (taken >= 0) sentBytes += taken;
    else {
      assert.is(show(taken), '-AGAIN');
      if (isStill) return sentBytes;
      fixture.peers.settle();
    }
    isStill = taken < 0;
  }
}

/** Text whose bytes tell their place in the stream, from `start` on. */
export function patternText(start: number, lengthBytes: number): string {
  const bytes = Buffer.alloc(lengthBytes);
  for (let at = 0; at < lengthBytes; at++) bytes[at] = (start + at) % 251;
  return bytes.toString('latin1');
}

// ---- readiness --------------------------------------------------------------------------------

/**
 * What a handle is ready for now, as `READ|WRITE`, `''` for nothing. Asks `waitFew` and, over a
 * fresh set, `wait`: they have to agree.
 */
export function readyNow(fixture: Fixture, handle: Handle, interest: Interest): string {
  const { kernel } = fixture;
  const byFew = readyFew(fixture, handle, interest);
  const set = ok(kernel.openSet());
  assert.is(show(kernel.watch(set, handle, interest, Mode.LEVEL)), 0);
  const ready = new ReadyList(1);
  const bySet = ok(kernel.wait(set, 0, ready)) === 0 ? 0 : (ready.pairs[1] as number);
  ok(kernel.closeSet(set));
  assert.is(readinessText(bySet), byFew, 'wait and waitFew disagree');
  return byFew;
}

/** As {@link readyNow}, asking `waitFew` alone: where readiness may come between two questions. */
export function readyFew({ kernel }: Fixture, handle: Handle, interest: Interest): string {
  const few = new FewList();
  few.add(handle, interest);
  const count = ok(kernel.waitFew(few, 0));
  const readiness = readinessText(few.readiness(0));
  assert.is(count, readiness === '' ? 0 : 1);
  return readiness;
}

/** Blocks until a handle is ready. @returns for what, as {@link readyNow}. */
export function waitReady({ kernel }: Fixture, handle: Handle, interest: Interest): string {
  const few = new FewList();
  few.add(handle, interest);
  assert.is(show(kernel.waitFew(few, PATIENCE_NS)), 1);
  return readinessText(few.readiness(0));
}

/** What one `wait` gives: handle -> `READ|WRITE`, in the order of the ready list. */
export function waitSet(
  { kernel }: Fixture,
  set: SetHandle,
  { capacity = 64, timeoutNs = 0 }: { capacity?: number; timeoutNs?: number } = {},
): Map<Handle, string> {
  const list = new ReadyList(capacity);
  const count = ok(kernel.wait(set, timeoutNs, list));
  assert.ok(count <= capacity, 'more pairs than the list holds');
  const events = new Map<Handle, string>();
  for (let index = 0; index < count; index++) {
    const handle = list.pairs[2 * index] as number;
    assert.not(events.has(handle), 'a handle is named twice in one wait');
    events.set(handle, readinessText(list.pairs[2 * index + 1] as number));
  }
  return events;
}

/** Opens a set that watches one handle. */
export function watchOne(
  { kernel }: Fixture,
  handle: Handle,
  interest: Interest,
  mode: Mode = Mode.LEVEL,
): SetHandle {
  const set = ok(kernel.openSet());
  assert.is(show(kernel.watch(set, handle, interest, mode)), 0);
  return set;
}

export function readinessText(readiness: number): string {
  const names = Object.entries(Readiness).filter(([, bit]) => (readiness & bit) !== 0);
  return names.map(([name]) => name).join('|');
}

/** The monotonic clock in nanoseconds. Exact in a double for 104 days. */
export function nowNs({ kernel }: Fixture): number {
  const instant = new Uint32Array(2);
  assert.is(kernel.clockTime(1, instant), 0);
  return (instant[1] as number) * 2 ** 32 + (instant[0] as number);
}
