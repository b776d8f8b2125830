// Calls import functions as a guest does, with a memory but no module: arguments go in as the
// signed numbers that wasm passes, and the memory can be looked at byte by byte.

import { type ConnectRule, parseConnectPattern } from '../../host/wasi/connect-pattern.ts';
import { ConnectPolicy } from '../../host/wasi/connect-policy.ts';
import { ControlBlock } from '../../host/wasi/control-block.ts';
import { Descriptor, Kind } from '../../host/wasi/descriptors.ts';
import { makeImports } from '../../host/wasi/imports.ts';
import { Sandbox } from '../../host/wasi/sandbox.ts';
import { FileType, type Handle, type Kernel } from '../../host/kernel/kernel.ts';
import { byName } from '../support/functions.ts';
import { Event, EventType, Iovec, Subscription } from './spec.ts';

/** Every byte that no call has written still has this value. */
export const SENTINEL = 0xa5;
export const PAGE_BYTES = 65536;

export interface PolledEvent {
  readonly userdata: bigint;
  readonly error: number;
  readonly type: number;
  readonly nbytes: bigint;
  readonly flags: number;
}

export interface CallerOptions {
  readonly kernel: Kernel;
  readonly args?: readonly string[];
  readonly environ?: readonly string[];
  readonly isInterruptible?: boolean;
  readonly fdCountMax?: number;
  /** Patterns of what the guest may connect to; without names. */
  readonly allowConnect?: readonly string[];
}

/** The rule of a pattern that needs no resolving. */
export function ruleOf(text: string): ConnectRule {
  const pattern = parseConnectPattern(text);
  if (typeof pattern === 'string') throw new Error(`${text}: ${pattern}`);
  if (pattern.kind === 'name') throw new Error(`${text} has to be resolved`);
  return pattern.rule;
}

type CallableImport = (...parameters: (number | bigint)[]) => number;

export class Caller {
  readonly memory = new WebAssembly.Memory({ initial: 4, maximum: 64 });
  readonly control = new ControlBlock();
  readonly sandbox: Sandbox;
  readonly #functions: Record<string, CallableImport>;
  readonly #connectRules: ConnectRule[];

  constructor(options: CallerOptions) {
    const { kernel, args = [], environ = [], isInterruptible = false } = options;
    const { fdCountMax = 1 << 20, allowConnect = [] } = options;
    this.#connectRules = allowConnect.map(ruleOf);
    this.sandbox = new Sandbox({
      kernel,
      control: this.control,
      args,
      environ,
      isInterruptible,
      fdCountMax,
      connectPolicy: new ConnectPolicy(this.#connectRules),
    });
    this.#functions = byName(makeImports(this.sandbox));
    this.sandbox.useMemory(this.memory);
    this.clear();
  }

  /** Calls `name`. @returns its errno */
  call(name: string, ...parameters: (number | bigint)[]): number {
    const call = this.#functions[name];
    if (call === undefined) throw new Error(`there is no ${name}`);
    return call(
      ...parameters.map((value) =>
        typeof value === 'number' ? value | 0 : BigInt.asIntN(64, value),
      ),
    );
  }

  /** Lets the guest connect to one pattern more. */
  allow(pattern: string): void {
    this.#connectRules.push(ruleOf(pattern));
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer);
  }

  get view(): DataView {
    return new DataView(this.memory.buffer);
  }

  u32(pointer: number): number {
    return this.view.getUint32(pointer, true);
  }

  /** Fills the memory with sentinels. */
  clear(): void {
    this.bytes.fill(SENTINEL);
  }

  text(pointer: number, lengthBytes: number): string {
    return Buffer.from(this.memory.buffer, pointer, lengthBytes).toString('latin1');
  }

  setText(pointer: number, text: string): void {
    Buffer.from(this.memory.buffer).write(text, pointer, 'latin1');
  }

  /** Writes a list of buffers at `pointer`. @returns how many */
  setIovecs(
    pointer: number,
    ...buffers: (readonly [pointer: number, lengthBytes: number])[]
  ): number {
    buffers.forEach(([buf, len], index) => {
      this.view.setUint32(pointer + index * Iovec.BYTES + Iovec.BUF, buf, true);
      this.view.setUint32(pointer + index * Iovec.BYTES + Iovec.LEN, len, true);
    });
    return buffers.length;
  }

  /** As compilers do, it leaves what lies between the fields as it was. */
  setFdSubscription(pointer: number, tag: number, fd: number, userdata: bigint): void {
    this.bytes.fill(SENTINEL, pointer, pointer + Subscription.BYTES);
    this.view.setBigUint64(pointer, userdata, true);
    this.view.setUint8(pointer + Subscription.TAG, tag);
    this.view.setUint32(pointer + Subscription.FD, fd, true);
  }

  setClockSubscription(
    pointer: number,
    clock: {
      id: number;
      timeoutNs: bigint;
      precisionNs?: bigint;
      flags?: number;
      userdata: bigint;
    },
  ): void {
    this.bytes.fill(SENTINEL, pointer, pointer + Subscription.BYTES);
    this.view.setBigUint64(pointer, clock.userdata, true);
    this.view.setUint8(pointer + Subscription.TAG, EventType.CLOCK);
    this.view.setUint32(pointer + Subscription.CLOCK_ID, clock.id, true);
    this.view.setBigUint64(pointer + Subscription.CLOCK_TIMEOUT, clock.timeoutNs, true);
    this.view.setBigUint64(pointer + Subscription.CLOCK_PRECISION, clock.precisionNs ?? 0n, true);
    this.view.setUint16(pointer + Subscription.CLOCK_FLAGS, clock.flags ?? 0, true);
  }

  event(pointer: number): PolledEvent {
    return {
      userdata: this.view.getBigUint64(pointer + Event.USERDATA, true),
      error: this.view.getUint16(pointer + Event.ERROR, true),
      type: this.view.getUint8(pointer + Event.TYPE),
      nbytes: this.view.getBigUint64(pointer + Event.NBYTES, true),
      flags: this.view.getUint16(pointer + Event.FLAGS, true),
    };
  }

  /** Gives the guest a listener of the kernel's. @returns its fd */
  addListener(handle: Handle, flags = 0): number {
    return this.#add(handle, Kind.LISTENER, FileType.SOCKET_STREAM, flags);
  }

  /** Gives the guest a connected socket. @returns its fd */
  addStream(handle: Handle, flags = 0): number {
    return this.#add(handle, Kind.STREAM, FileType.SOCKET_STREAM, flags);
  }

  /** Gives the guest a standard stream. @returns its fd */
  addStdio(index: number, flags = 0): number {
    const { kernel } = this.sandbox;
    const handle = kernel.openStdio(index);
    return this.#add(handle, Kind.STDIO, kernel.fileType(handle) as FileType, flags);
  }

  #add(handle: Handle, kind: Kind, fileType: FileType, flags: number): number {
    return this.sandbox.descriptors.add(new Descriptor({ handle, kind, fileType, flags }));
  }
}
