// The kernel of the machine it runs on: Linux, through the addon. A thin layer: it pins the memory
// that the addon reads and writes, and passes the rest on.

import { Errno, errnoName } from '../../base/errno.ts';
import { noDescriptors } from '../../base/pollux-error.ts';
import { errnoOf, type SysResult } from '../../base/sys-result.ts';
import type { Address, Family } from '../address.ts';
import type {
  Capabilities,
  ClockId,
  Handle,
  Kernel,
  SetHandle,
  Shutdown,
  SocketOption,
} from '../kernel.ts';
import type { LiveKernel } from '../live-kernel.ts';
import type { FewList } from '../ready-list.ts';
import { fromNative, toNative } from './addresses.ts';
import { Batch, NOT_BATCHED } from './batch.ts';
import { binding, FAMILIES, type NativeObject, Pin } from './binding.ts';
import { ANSWER_AT, DURATION_AT, HotArguments, isWord, refuse } from './hot-arguments.ts';
import type { NativeKernelOptions } from './native-kernel-options.ts';

const VECTORS_COUNT_MAX = 1024;

/**
 * {@link Kernel} on Linux. One thread owns it. Its descriptors are closed by {@link destroy} or
 * when the thread's environment ends, also by `worker.terminate()`.
 *
 * The addon holds addresses of buffers. Before each call that uses one, this layer looks whether
 * the buffer still has the length it was pinned with, and pins it again if not: a detached or
 * resized buffer then answers `-FAULT` or `-INVAL`.
 */
export class NativeKernel implements LiveKernel {
  readonly name = 'native';
  readonly capabilities: Capabilities;
  readonly vectors = new Int32Array(new ArrayBuffer(VECTORS_COUNT_MAX * 8));

  /** True when sets wait by a timerfd, since epoll_pwait2 is missing or forbidden here. */
  readonly waitsByTimerfd: boolean;

  readonly callsByRing: boolean;

  readonly #native: NativeObject;
  readonly #arguments = new HotArguments();
  readonly #batch = new Batch();
  readonly #instant = new Uint32Array(new ArrayBuffer(8));

  // The hot ones are functions that close over what they use: V8 compiles a constant of a closure in,
  // where it has to load and to check a field of an object.
  readonly accept: Kernel['accept'];
  readonly close: Kernel['close'];
  readonly recv: Kernel['recv'];
  readonly send: Kernel['send'];
  readonly watch: Kernel['watch'];
  readonly wait: Kernel['wait'];
  readonly copyOut: LiveKernel['copyOut'];

  // Not there until there is a memory: a field that is assigned once V8 compiles in, and one with a private
  // name would be undefined first.
  private memory?: ArrayBuffer;
  /** Of all the memory, when it is not detached: to ask a view for its length is no call. */
  private memoryView?: Uint8Array;
  private memoryBytes?: number;
  #ready: Int32Array | undefined;
  #readyLength = 0;
  #few: Int32Array | undefined;
  #fewLength = 0;

  /**
   * @throws PolluxError `NO_ADDON`, `NO_DESCRIPTORS`; Error when the process has no memory left, or
   *   the wake descriptor isn't open.
   */
  constructor(options: NativeKernelOptions = {}) {
    const [stdin, stdout, stderr] = options.stdio ?? [0, 1, 2];
    const wake = options.wakeDescriptor ?? -1;
    const forceTimerfd = options.forceTimerfd ?? false;
    const batching = options.batching ?? true;
    // Nothing else is made together.
    const withoutRing = !batching || !(options.ioUring ?? true);
    const native = binding().createKernel(wake, stdin, stdout, stderr, forceTimerfd, withoutRing);
    if (typeof native === 'number') {
      throw notMade(errnoOf(native));
    }
    this.#native = native;
    const { accept, close, recv, send, watch, wait, copyOut } = native;
    const { words, doubles } = this.#arguments;
    const batch = this.#batch;
    this.accept = (listener) => {
      if (!isWord(listener)) return -Errno.INVAL;
      words[0] = listener;
      return accept() ?? (words[ANSWER_AT] as SysResult);
    };
    this.close = (handle) => {
      if (!isWord(handle)) return -Errno.INVAL;
      words[0] = handle;
      return close() ?? (words[ANSWER_AT] as SysResult);
    };
    this.recv = (handle, pointer, lengthBytes, flags) => {
      if (this.memoryView?.length !== this.memoryBytes) this.attachAnew();
      if (!isWord(handle) || !isWord(pointer) || !isWord(lengthBytes) || !isWord(flags)) {
        const refused = refuse([handle, flags], [pointer, lengthBytes]);
        if (refused < 0) return refused;
      }
      if (flags === 0) {
        const batched = batch.take(handle, pointer, lengthBytes);
        if (batched !== NOT_BATCHED) return batched;
      }
      words[0] = handle;
      words[1] = pointer;
      words[2] = lengthBytes;
      words[3] = flags;
      return recv() ?? (words[ANSWER_AT] as SysResult);
    };
    this.send = (handle, pointer, lengthBytes) => {
      if (this.memoryView?.length !== this.memoryBytes) this.attachAnew();
      if (!isWord(handle) || !isWord(pointer) || !isWord(lengthBytes)) {
        const refused = refuse([handle], [pointer, lengthBytes]);
        if (refused < 0) return refused;
      }
      const batched = batch.keep(handle, pointer, lengthBytes);
      if (batched !== NOT_BATCHED) return batched;
      words[0] = handle;
      words[1] = pointer;
      words[2] = lengthBytes;
      return send() ?? (words[ANSWER_AT] as SysResult);
    };
    this.watch = (set, handle, interest, mode) => {
      if (!isWord(set) || !isWord(handle) || !isWord(interest) || !isWord(mode)) {
        return -Errno.INVAL;
      }
      words[0] = set;
      words[1] = handle;
      words[2] = interest;
      words[3] = mode;
      return watch() ?? (words[ANSWER_AT] as SysResult);
    };
    this.wait = (set, timeoutNs, ready) => {
      const pairs = ready.pairs;
      if (pairs !== this.#ready || pairs.length !== this.#readyLength) {
        const pinned = this.#pinReady(pairs);
        if (pinned < 0) return pinned;
      }
      if (!isWord(set)) return -Errno.INVAL;
      words[0] = set;
      doubles[DURATION_AT] = timeoutNs;
      return wait() ?? (words[ANSWER_AT] as SysResult);
    };
    this.copyOut = (at, pointer, lengthBytes) => {
      if (this.memoryView?.length !== this.memoryBytes) this.attachAnew();
      if (!isWord(at) || !isWord(pointer) || !isWord(lengthBytes)) {
        const refused = refuse([at], [pointer, lengthBytes]);
        if (refused < 0) return refused;
      }
      words[0] = at;
      words[1] = pointer;
      words[2] = lengthBytes;
      return copyOut() ?? (words[ANSWER_AT] as SysResult);
    };
    this.capabilities = { demux: native.demux, edge: native.edge, oneShot: native.oneShot };
    this.waitsByTimerfd = native.waitsByTimerfd;
    this.callsByRing = native.callsByRing;
    native.pin(Pin.VECTORS, this.vectors);
    native.pin(Pin.ARGUMENTS, doubles);
    native.pin(Pin.INSTANT, this.#instant);
    if (batching) native.pin(Pin.BATCH, batch.words);
  }

  /** @throws TypeError for a shared buffer, which the addon can't reach. */
  attach(memory: ArrayBuffer): void {
    if (this.#native.pin(Pin.MEMORY, memory) === -Errno.INVAL) {
      throw new TypeError('attach: the memory is not an ArrayBuffer, or it is shared');
    }
    this.memory = memory;
    this.memoryBytes = memory.byteLength;
    this.memoryView = this.memoryBytes === 0 ? new Uint8Array(0) : new Uint8Array(memory);
    this.#batch.attach(this.memoryView);
  }

  /** The memory has become another, such as none: its buffer was detached. */
  private attachAnew(): void {
    if (this.memory !== undefined) this.attach(this.memory);
  }

  open(family: Family): SysResult {
    return this.#native.open(FAMILIES.indexOf(family));
  }

  bind(handle: Handle, address: Address): SysResult {
    const [family, host, port] = toNative(address);
    return this.#native.bind(handle, family, host, port);
  }

  listen(handle: Handle, backlog: number): SysResult {
    return this.#native.listen(handle, backlog);
  }

  connect(handle: Handle, address: Address): SysResult {
    const [family, host, port] = toNative(address);
    return this.#native.connect(handle, family, host, port);
  }

  recvVectors(handle: Handle, count: number, flags: number): SysResult {
    this.#checkPins();
    if (!isWord(handle) || !isWord(count) || !isWord(flags)) return -Errno.INVAL;
    const { words } = this.#arguments;
    words[0] = handle;
    words[1] = count;
    words[2] = flags;
    return this.#native.recvVectors() ?? (words[ANSWER_AT] as SysResult);
  }

  sendVectors(handle: Handle, count: number): SysResult {
    this.#checkPins();
    if (!isWord(handle) || !isWord(count)) return -Errno.INVAL;
    const { words } = this.#arguments;
    words[0] = handle;
    words[1] = count;
    return this.#native.sendVectors() ?? (words[ANSWER_AT] as SysResult);
  }

  shutdown(handle: Handle, how: Shutdown): SysResult {
    return this.#native.shutdown(handle, how);
  }

  dup(handle: Handle): SysResult {
    return this.#native.dup(handle);
  }

  adopt(descriptor: number): SysResult {
    return this.#native.adopt(descriptor);
  }

  release(handle: Handle): SysResult {
    return this.#native.release(handle);
  }

  stopQueueing(listener: Handle): SysResult {
    return this.#native.stopQueueing(listener);
  }

  takeError(handle: Handle): SysResult {
    return this.#native.takeError(handle);
  }

  setOption(handle: Handle, option: SocketOption, value: number): SysResult {
    return this.#native.setOption(handle, option, value);
  }

  getOption(handle: Handle, option: SocketOption): SysResult {
    return this.#native.getOption(handle, option);
  }

  /**
   * How many bytes the peer has not acknowledged yet, the end of our side counting as one.
   *
   * @returns the count; `-NOTSOCK`; `-INVAL` for a listener. Source: SIOCOUTQ, tcp(7).
   */
  unacknowledgedBytes(handle: Handle): SysResult {
    return this.#native.unacknowledgedBytes(handle);
  }

  localAddress(handle: Handle): Address | SysResult {
    return fromNative(this.#native.localAddress(handle));
  }

  peerAddress(handle: Handle): Address | SysResult {
    return fromNative(this.#native.peerAddress(handle));
  }

  fileType(handle: Handle): SysResult {
    return this.#native.fileType(handle);
  }

  openStdio(index: number): SysResult {
    return this.#native.openStdio(index);
  }

  read(handle: Handle, pointer: number, lengthBytes: number): SysResult {
    if (this.memoryView?.length !== this.memoryBytes) this.attachAnew();
    return this.#native.read(handle, pointer, lengthBytes);
  }

  write(handle: Handle, pointer: number, lengthBytes: number): SysResult {
    if (this.memoryView?.length !== this.memoryBytes) this.attachAnew();
    return this.#native.write(handle, pointer, lengthBytes);
  }

  openSet(): SysResult {
    return this.#native.openSet();
  }

  closeSet(set: SetHandle): SysResult {
    return this.#native.closeSet(set);
  }

  unwatch(set: SetHandle, handle: Handle): SysResult {
    return this.#native.unwatch(set, handle);
  }

  waitFew(few: FewList, timeoutNs: number): SysResult {
    const words = few.words;
    if (words !== this.#few || words.length !== this.#fewLength) {
      const pinned = this.#pinFew(words);
      if (pinned < 0) return pinned;
    }
    const { words: answers, doubles } = this.#arguments;
    doubles[DURATION_AT] = timeoutNs;
    return this.#native.waitFew() ?? (answers[ANSWER_AT] as SysResult);
  }

  /** From this thread. Other threads use `signalWake` with the descriptor of the options. */
  wake(): void {
    this.#native.wake();
  }

  consumeWake(): void {
    this.#native.consumeWake();
  }

  clockTime(clock: ClockId, instant: Uint32Array): SysResult {
    return this.#giveInstant(this.#native.clockTime(clock), instant);
  }

  clockResolution(clock: ClockId, instant: Uint32Array): SysResult {
    return this.#giveInstant(this.#native.clockResolution(clock), instant);
  }

  random(pointer: number, lengthBytes: number): SysResult {
    if (this.memoryView?.length !== this.memoryBytes) this.attachAnew();
    return this.#native.random(pointer, lengthBytes);
  }

  copyTo(target: Uint8Array): SysResult {
    return this.#native.pin(Pin.TARGET, target);
  }

  destroy(): void {
    this.#native.destroy();
  }

  #checkPins(): void {
    if (this.memoryView?.length !== this.memoryBytes) this.attachAnew();
    if (this.vectors.length !== 2 * VECTORS_COUNT_MAX) {
      this.#native.pin(Pin.VECTORS, this.vectors);
    }
  }

  #pinReady(pairs: Int32Array): SysResult {
    const pinned = this.#native.pin(Pin.READY, pairs);
    if (pinned < 0) return pinned;
    this.#ready = pairs;
    this.#readyLength = pairs.length;
    return 0;
  }

  #pinFew(words: Int32Array): SysResult {
    const pinned = this.#native.pin(Pin.FEW, words);
    if (pinned < 0) return pinned;
    this.#few = words;
    this.#fewLength = words.length;
    return 0;
  }

  #giveInstant(result: SysResult, instant: Uint32Array): SysResult {
    if (result < 0) return result;
    instant[0] = this.#instant[0] as number;
    instant[1] = this.#instant[1] as number;
    return result;
  }
}

function notMade(errno: Errno): Error {
  const name = errnoName(errno);
  if (errno === Errno.MFILE || errno === Errno.NFILE) return noDescriptors(name);
  return new Error(`the native kernel can't be made: ${name}`);
}
