// The guest's descriptor table: what a guest's fd means. Numbers are given lowest first, as POSIX
// does, and every change advances the epoch, by which poll_oneoff sees that the same number may
// now mean something else.

import type { SysResult } from '../base/sys-result.ts';
import { FileType, type Handle } from '../kernel/kernel.ts';
import { FD_FLAGS_ALL, FdFlags } from './layout.ts';

/** What a descriptor is to the functions that take it. */
export const Kind = { LISTENER: 0, STREAM: 1, STDIO: 2, EPOLL: 3 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

// Where each thing about a descriptor stands in its bits.
const KIND_BITS = 0x3;
const FILE_TYPE_SHIFT = 2;
const FILE_TYPE_BITS = 0x7;
const FLAGS_SHIFT = 5;
const ALWAYS_READY = 1 << 10;
const RETIRED = 1 << 11;
const IDLE = 1 << 12;
const OUTGOING = 1 << 13;
const ERROR_SHIFT = 16;
const ERROR_BITS = 0xff;

const NONBLOCK = FdFlags.NONBLOCK << FLAGS_SHIFT;
const ONE_CALL_BITS = KIND_BITS | NONBLOCK | (ERROR_BITS << ERROR_SHIFT);
const ONE_CALL = Kind.STREAM | NONBLOCK;

/**
 * What a number of the guest's means. All of it but the handle stands in one small integer: a field
 * each would make it twice as large, and a server with thousands of connections touches them all.
 */
export class Descriptor {
  readonly handle: Handle;
  #bits: number;

  constructor(options: {
    handle: Handle;
    kind: Kind;
    fileType: FileType;
    flags: number;
    isOutgoing?: boolean;
  }) {
    this.handle = options.handle;
    this.#bits = options.kind | (options.fileType << FILE_TYPE_SHIFT) | IDLE;
    this.#set(OUTGOING, options.isOutgoing ?? false);
    this.flags = options.flags;
    this.isAlwaysReady = options.fileType === FileType.REGULAR_FILE;
  }

  get kind(): Kind {
    return (this.#bits & KIND_BITS) as Kind;
  }

  get fileType(): FileType {
    return ((this.#bits >>> FILE_TYPE_SHIFT) & FILE_TYPE_BITS) as FileType;
  }

  /** `fdflags`. Kept here, not in the system, where the user's shell shares stdio's flags. */
  get flags(): number {
    return (this.#bits >>> FLAGS_SHIFT) & FD_FLAGS_ALL;
  }

  set flags(flags: number) {
    const others = this.#bits & ~(FD_FLAGS_ALL << FLAGS_SHIFT);
    this.#bits = others | ((flags & FD_FLAGS_ALL) << FLAGS_SHIFT);
  }

  get isNonBlocking(): boolean {
    return (this.#bits & NONBLOCK) !== 0;
  }

  /** A connection on which one call of the kernel answers: nothing waits, and nothing was kept. */
  get isOneCall(): boolean {
    return (this.#bits & ONE_CALL_BITS) === ONE_CALL;
  }

  /** Files and their like can't be waited for; poll says at once that they are ready. */
  get isAlwaysReady(): boolean {
    return (this.#bits & ALWAYS_READY) !== 0;
  }

  set isAlwaysReady(value: boolean) {
    this.#set(ALWAYS_READY, value);
  }

  /** The handle is closed: by the guest, or by the host, which leaves the guest its number. */
  get isRetired(): boolean {
    return (this.#bits & RETIRED) !== 0;
  }

  set isRetired(value: boolean) {
    this.#set(RETIRED, value);
  }

  /** No byte was moved since draining began, or since those who were idle were ended. */
  get isIdle(): boolean {
    return (this.#bits & IDLE) !== 0;
  }

  set isIdle(value: boolean) {
    this.#set(IDLE, value);
  }

  /** A connection that the guest took off a listener: someone waits for its answer. */
  get isAccepted(): boolean {
    return this.kind === Kind.STREAM && (this.#bits & OUTGOING) === 0;
  }

  /** A negated errno that came after some bytes of a call, for the next one to answer; or 0. */
  get heldError(): SysResult {
    return 0 - ((this.#bits >>> ERROR_SHIFT) & ERROR_BITS);
  }

  set heldError(error: SysResult) {
    this.#bits = (this.#bits & ~(ERROR_BITS << ERROR_SHIFT)) | (-error << ERROR_SHIFT);
  }

  /** There is nothing in a directory to wait for; and an epoll instance is waited on, not for. */
  get isUnpollable(): boolean {
    return this.fileType === FileType.DIRECTORY || this.kind === Kind.EPOLL;
  }

  get isSocket(): boolean {
    return this.kind <= Kind.STREAM;
  }

  #set(bit: number, value: boolean): void {
    this.#bits = value ? this.#bits | bit : this.#bits & ~bit;
  }
}

/** How many changes a table remembers. A power of two. */
export const CHANGES_KEPT = 64;
/** No handle, where one that has changed could stand. */
const NO_HANDLE = 0;
/** A change of which it is not known what it changed. */
export const UNKNOWN_CHANGE = -1;

export class DescriptorTable {
  #slots: (Descriptor | undefined)[] = [];
  /** A set bit is a free number. The words before `#firstFreeWord` have none. */
  #freeBits = new Int32Array(32).fill(-1);
  #firstFreeWord = 0;
  #openCount = 0;
  #acceptedCount = 0;
  #epoch = 0;
  /** The last changes, by the epoch that each of them ended. */
  readonly #changes = new Int32Array(CHANGES_KEPT);

  /** Advances whenever a number begins, ceases, or changes to mean something. */
  get epoch(): number {
    return this.#epoch;
  }

  /**
   * The handle that had a number until the change that ended `epoch`, 0 for none; or
   * {@link UNKNOWN_CHANGE}. Only the last {@link CHANGES_KEPT} are remembered.
   */
  changeAt(epoch: number): Handle {
    return this.#changes[epoch & (CHANGES_KEPT - 1)] as number;
  }

  /** A number has come to mean something else while it stood. */
  touch(): void {
    this.#advance(UNKNOWN_CHANGE);
  }

  get openCount(): number {
    return this.#openCount;
  }

  /** How many of them are connections that were accepted. */
  get acceptedCount(): number {
    return this.#acceptedCount;
  }

  /** Every open descriptor, by rising number. */
  all(): Descriptor[] {
    return this.#slots.filter((descriptor) => descriptor !== undefined);
  }

  /** @param fd any number a guest may say. */
  get(fd: number): Descriptor | undefined {
    return this.#slots[fd];
  }

  /** Gives `descriptor` the lowest free number. */
  add(descriptor: Descriptor): number {
    const fd = this.#takeLowestFree();
    // An array must not have holes on the way to fd, or V8 makes a dictionary of it.
    while (this.#slots.length < fd) this.#slots.push(undefined);
    this.#slots[fd] = descriptor;
    this.#openCount++;
    if (descriptor.isAccepted) this.#acceptedCount++;
    this.#advance(NO_HANDLE);
    return fd;
  }

  /** Frees the number. What it meant is the caller's to close. */
  remove(fd: number): void {
    const removed = this.#slots[fd];
    if (removed === undefined) return;
    if (removed.isAccepted) this.#acceptedCount--;
    this.#slots[fd] = undefined;
    this.#free(fd, removed.handle);
  }

  /** Moves what the open number `from` means to the open number `to`, and frees `from`. */
  move(from: number, to: number): void {
    const moved = this.#slots[from];
    const removed = this.#slots[to];
    if (moved === undefined || removed === undefined) return;
    if (removed.isAccepted) this.#acceptedCount--;
    this.#slots[to] = moved;
    this.#slots[from] = undefined;
    this.#advance(removed.handle);
    this.#free(from, moved.handle);
  }

  #free(fd: number, handle: Handle): void {
    const word = fd >>> 5;
    this.#freeBits[word] = (this.#freeBits[word] as number) | (1 << (fd & 31));
    if (word < this.#firstFreeWord) this.#firstFreeWord = word;
    this.#openCount--;
    this.#advance(handle);
  }

  #advance(change: Handle): void {
    this.#changes[this.#epoch & (CHANGES_KEPT - 1)] = change;
    this.#epoch++;
  }

  #takeLowestFree(): number {
    let word = this.#firstFreeWord;
    while (word < this.#freeBits.length && this.#freeBits[word] === 0) word++;
    if (word === this.#freeBits.length) this.#grow();
    this.#firstFreeWord = word;
    const bits = this.#freeBits[word] as number;
    const lowest = bits & -bits;
    this.#freeBits[word] = bits ^ lowest;
    return word * 32 + (31 - Math.clz32(lowest));
  }

  #grow(): void {
    const wider = new Int32Array(this.#freeBits.length * 2).fill(-1);
    wider.set(this.#freeBits);
    this.#freeBits = wider;
  }
}
