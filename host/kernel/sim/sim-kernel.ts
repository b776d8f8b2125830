// The simulated kernel: the calls of `Kernel` over files, sets and virtual time. It checks handles,
// memory and numbers in the order in which the native kernel does, and leaves the rest to the files.

import { Errno } from '../../base/errno.ts';
import { Prng } from '../../base/prng.ts';
import type { SysResult } from '../../base/sys-result.ts';
import type { Address, Family } from '../address.ts';
import {
  type Capabilities,
  type ClockId,
  type Handle,
  type Interest,
  type Kernel,
  type Mode,
  RECV_PEEK,
  type SetHandle,
  Shutdown,
  type SocketOption,
} from '../kernel.ts';
import type { FewList, ReadyList } from '../ready-list.ts';
import { SimClocks } from './clocks.ts';
import { DescriptorLimit, HandleTable } from './handle-table.ts';
import { checkWellFormed } from './inet-address.ts';
import { GuestMemory } from './memory.ts';
import { Network } from './network.ts';
import { isInt32, noFile } from './numbers.ts';
import type { OpenFile } from './open-file.ts';
import { TcpSocket } from './tcp-socket.ts';
import { UnixSocket } from './unix-socket.ts';
import { Waits } from './waits.ts';
import type { WatchSet } from './watch-set.ts';

const VECTORS_COUNT_MAX = 1024;
const DESCRIPTORS_COUNT_MAX = 20_000;
const CLOCK_STEP_NS = 1000;

/** A standard stream of a simulated process; undefined: it has none. */
export type SimStdio = readonly [OpenFile | undefined, OpenFile | undefined, OpenFile | undefined];

export interface SimKernelOptions {
  /** The machine it runs on. Kernels on one network reach each other. */
  readonly network?: Network;
  /** What {@link Kernel.random} draws from. */
  readonly random?: Prng;
  readonly stdio?: SimStdio;
  /** How many descriptors its process may have. */
  readonly descriptors?: DescriptorLimit;
  /** How much time reading a clock takes, in whole nanoseconds. */
  readonly clockStepNs?: number;
  /**
   * A wait has nothing to report, and nothing is on its way. True: something was done about it,
   * look again. False: let time pass, until `deadlineNs` at the latest. It may throw.
   */
  readonly onBlock?: (deadlineNs: number) => boolean;
}

export class SimKernel implements Kernel {
  readonly name = 'sim';
  readonly capabilities: Capabilities = { demux: 'sim', edge: true, oneShot: true };
  readonly vectors = new Int32Array(new ArrayBuffer(VECTORS_COUNT_MAX * 8));
  readonly network: Network;
  readonly descriptors: DescriptorLimit;
  readonly #handles: HandleTable;
  readonly #memory = new GuestMemory();
  readonly #clocks: SimClocks;
  readonly #random: Prng;
  readonly #stdio: SimStdio;
  readonly #waits: Waits;
  #isDestroyed = false;

  constructor(options: SimKernelOptions = {}) {
    this.network = options.network ?? new Network();
    this.descriptors = options.descriptors ?? new DescriptorLimit(DESCRIPTORS_COUNT_MAX);
    this.#handles = new HandleTable(this.network.rules, this.descriptors);
    this.#clocks = new SimClocks(this.network.timeline, options.clockStepNs ?? CLOCK_STEP_NS);
    this.#random = options.random ?? new Prng(0).fork('random');
    this.#stdio = options.stdio ?? [undefined, undefined, undefined];
    this.#waits = new Waits(this.#handles, this.descriptors, this.network, options.onBlock);
    // The process holds them, whatever its kernel closes.
    for (const file of this.#stdio) if (file !== undefined) file.handleCount++;
  }

  attach(memory: ArrayBuffer): void {
    this.#memory.attach(memory);
  }

  // ---- sockets --------------------------------------------------------------------------------

  open(family: Family): SysResult {
    const reserved = this.#handles.reserve();
    if (reserved < 0) return reserved;
    return this.#handles.add(
      family === 'unix' ? new UnixSocket(this.network) : new TcpSocket(this.network, family),
    );
  }

  bind(handle: Handle, address: Address): SysResult {
    const checked = checkWellFormed(address);
    if (checked < 0) return checked;
    return this.#find(handle)?.bind(address) ?? noFile(handle);
  }

  listen(handle: Handle, backlog: number): SysResult {
    if (!isInt32(backlog)) return -Errno.INVAL;
    return this.#find(handle)?.listen(backlog) ?? noFile(handle);
  }

  connect(handle: Handle, address: Address): SysResult {
    const checked = checkWellFormed(address);
    if (checked < 0) return checked;
    const file = this.#find(handle);
    if (file === undefined) return noFile(handle);
    return this.#isStdio(file) ? -Errno.NOTSUP : file.connect(address);
  }

  accept(listener: Handle): SysResult {
    const file = this.#find(listener);
    if (file === undefined) return noFile(listener);
    if (this.#isStdio(file)) return file.isSocket ? -Errno.NOTSUP : -Errno.NOTSOCK;
    const reserved = this.#handles.reserve();
    const isEarly = this.network.rules.noDescriptorBeforeQueue;
    if (reserved < 0 && (isEarly || file.poll() !== 0)) return reserved;
    const accepted = file.accept();
    return typeof accepted === 'number' ? accepted : this.#handles.add(accepted);
  }

  recv(handle: Handle, pointer: number, lengthBytes: number, flags: number): SysResult {
    if (!isInt32(flags)) return -Errno.INVAL;
    const file = this.#find(handle);
    if (file === undefined) return noFile(handle);
    if ((flags & ~RECV_PEEK) !== 0) return -Errno.INVAL;
    const at = this.#memory.check(pointer, lengthBytes);
    if (at < 0) return at;
    const isPeek = flags === RECV_PEEK;
    const received = file.recv(this.#memory.bytes, at, lengthBytes >>> 0, isPeek);
    this.#waits.noteRead(handle, received, lengthBytes >>> 0, isPeek);
    return received;
  }

  recvVectors(handle: Handle, count: number, flags: number): SysResult {
    const checked = this.#checkVectors(handle, count, flags);
    if (checked < 0) return checked;
    const file = this.#find(handle) as OpenFile;
    const memory = this.#memory;
    const scratch = memory.scratch(this.vectors, count);
    const received = file.recv(scratch, 0, scratch.length, flags === RECV_PEEK);
    this.#waits.noteRead(handle, received, scratch.length, flags === RECV_PEEK);
    if (received > 0) memory.scatter(this.vectors, count, scratch.subarray(0, received));
    return received;
  }

  send(handle: Handle, pointer: number, lengthBytes: number): SysResult {
    const file = this.#find(handle);
    if (file === undefined) return noFile(handle);
    const at = this.#memory.check(pointer, lengthBytes);
    if (at < 0) return at;
    return file.send(this.#memory.bytes, at, lengthBytes >>> 0);
  }

  sendVectors(handle: Handle, count: number): SysResult {
    const checked = this.#checkVectors(handle, count, 0);
    if (checked < 0) return checked;
    const gathered = this.#memory.gather(this.vectors, count);
    return (this.#find(handle) as OpenFile).send(gathered, 0, gathered.length);
  }

  shutdown(handle: Handle, how: Shutdown): SysResult {
    if (!isInt32(how)) return -Errno.INVAL;
    const file = this.#find(handle);
    if (file === undefined) return noFile(handle);
    if (how < Shutdown.READ || how > Shutdown.BOTH) return -Errno.INVAL;
    return file.shutdown(how);
  }

  close(handle: Handle): SysResult {
    const file = this.#find(handle);
    if (file === undefined) return noFile(handle);
    if (this.network.rules.closeEndsWatching || file.handleCount === 1) {
      this.#waits.unwatchEverywhere(handle);
    }
    this.#handles.remove(handle);
    return 0;
  }

  dup(handle: Handle): SysResult {
    const file = this.#find(handle);
    if (file === undefined) return noFile(handle);
    const reserved = this.#handles.reserve();
    return reserved < 0 ? reserved : this.#handles.add(file);
  }

  takeError(handle: Handle): SysResult {
    return this.#find(handle)?.takeError() ?? noFile(handle);
  }

  setOption(handle: Handle, option: SocketOption, value: number): SysResult {
    if (!isInt32(option) || !isInt32(value)) return -Errno.INVAL;
    return this.#find(handle)?.setOption(option, value) ?? noFile(handle);
  }

  getOption(handle: Handle, option: SocketOption): SysResult {
    if (!isInt32(option)) return -Errno.INVAL;
    return this.#find(handle)?.getOption(option) ?? noFile(handle);
  }

  localAddress(handle: Handle): Address | SysResult {
    return this.#find(handle)?.localAddress() ?? noFile(handle);
  }

  peerAddress(handle: Handle): Address | SysResult {
    return this.#find(handle)?.peerAddress() ?? noFile(handle);
  }

  fileType(handle: Handle): SysResult {
    return this.#find(handle)?.fileType ?? noFile(handle);
  }

  stopQueueing(listener: Handle): SysResult {
    return this.#find(listener)?.stopQueueing() ?? noFile(listener);
  }

  // ---- streams --------------------------------------------------------------------------------

  openStdio(index: number): SysResult {
    if (!isInt32(index)) return -Errno.INVAL;
    if (this.#isDestroyed) return -Errno.BADF;
    const file = this.#stdio[index];
    if (file === undefined) return -Errno.BADF;
    const reserved = this.#handles.reserve();
    return reserved < 0 ? reserved : this.#handles.add(file);
  }

  read(handle: Handle, pointer: number, lengthBytes: number): SysResult {
    const file = this.#find(handle);
    if (file === undefined) return noFile(handle);
    if (!file.isReadable) return -Errno.BADF;
    const at = this.#memory.check(pointer, lengthBytes);
    return at < 0 ? at : file.read(this.#memory.bytes, at, lengthBytes >>> 0);
  }

  write(handle: Handle, pointer: number, lengthBytes: number): SysResult {
    const file = this.#find(handle);
    if (file === undefined) return noFile(handle);
    if (!file.isWritable) return -Errno.BADF;
    const at = this.#memory.check(pointer, lengthBytes);
    return at < 0 ? at : file.write(this.#memory.bytes, at, lengthBytes >>> 0);
  }

  // ---- waiting --------------------------------------------------------------------------------

  openSet(): SysResult {
    return this.#waits.openSet();
  }

  closeSet(set: SetHandle): SysResult {
    return this.#waits.closeSet(set);
  }

  watch(set: SetHandle, handle: Handle, interest: Interest, mode: Mode): SysResult {
    return this.#waits.watch(set, handle, interest, mode);
  }

  unwatch(set: SetHandle, handle: Handle): SysResult {
    return this.#waits.unwatch(set, handle);
  }

  wait(set: SetHandle, timeoutNs: number, ready: ReadyList): SysResult {
    return this.#waits.wait(set, timeoutNs, ready);
  }

  waitFew(few: FewList, timeoutNs: number): SysResult {
    return this.#waits.waitFew(few, timeoutNs);
  }

  wake(): void {
    this.#waits.isWoken = !this.#isDestroyed;
  }

  consumeWake(): void {
    this.#waits.isWoken = false;
  }

  // ---- clocks, randomness, the end ------------------------------------------------------------

  clockTime(clock: ClockId, instant: Uint32Array): SysResult {
    return this.#isDestroyed ? -Errno.BADF : this.#clocks.read(clock, instant);
  }

  clockResolution(clock: ClockId, instant: Uint32Array): SysResult {
    return this.#isDestroyed ? -Errno.BADF : this.#clocks.resolution(clock, instant);
  }

  /** Bytes of the seed: the same in every run, and so no secret. */
  random(pointer: number, lengthBytes: number): SysResult {
    if (this.#isDestroyed) return -Errno.BADF;
    const at = this.#memory.check(pointer, lengthBytes);
    if (at < 0) return at;
    this.#random.fill(this.#memory.bytes.subarray(at, at + (lengthBytes >>> 0)));
    return 0;
  }

  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#waits.destroy();
    for (const handle of this.#handles.open()) this.#handles.remove(handle);
    this.#handles.destroy();
    this.#memory.attach(new ArrayBuffer(0));
  }

  /** The attached memory. */
  get bytes(): Uint8Array {
    return this.#memory.bytes;
  }

  /** The open handles with their files, by index: for inspection. */
  openFiles(): Map<Handle, OpenFile> {
    const handles = this.#handles.open();
    return new Map(handles.map((handle) => [handle, this.#handles.find(handle) as OpenFile]));
  }

  /** The open sets, by number: for inspection. */
  openSets(): Map<SetHandle, WatchSet> {
    return this.#waits.openSets();
  }

  /** What is due has happened before a call looks at anything. */
  #find(handle: Handle): OpenFile | undefined {
    this.network.timeline.catchUp();
    return this.#handles.find(handle);
  }

  #isStdio(file: OpenFile): boolean {
    return this.#stdio.includes(file);
  }

  #checkVectors(handle: Handle, count: number, flags: number): SysResult {
    if (!isInt32(count) || !isInt32(flags)) return -Errno.INVAL;
    if (count < 0 || count > VECTORS_COUNT_MAX) return -Errno.INVAL;
    if (this.#find(handle) === undefined) return noFile(handle);
    if ((flags & ~RECV_PEEK) !== 0) return -Errno.INVAL;
    return this.#memory.checkVectors(this.vectors, count);
  }
}
