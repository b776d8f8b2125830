// A WASI host for one guest, inside the test: sockets are objects that the test scripts, time
// moves only by waiting, and every list that poll_oneoff was given is kept. It checks what the
// guest passes and throws on what no correct guest does.

import { Errno } from '../../../host/base/errno.ts';
import { FakeEpoll } from './fake-epoll.ts';
import { FakeListener, FakeSocket } from './fake-socket.ts';
import {
  CLOCK,
  listBytes,
  READ,
  readSubscriptions,
  WRITE,
  writeEvents,
  type Answer,
  type FakeEvent,
  type Subscription,
} from './poll-abi.ts';

export { CLOCK, READ, WRITE, type Answer, type FakeEvent, type Subscription };

const NONBLOCK = 4;
const FILETYPE_DIRECTORY = 3;
const FILETYPE_SOCKET_STREAM = 6;
export type Script = (subscriptions: readonly Subscription[]) => Answer | undefined;

/** The script that answers the truth. */
export const TRUTH: Script = () => undefined;

/** Thrown into the guest by proc_exit. */
export class GuestExit extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** Thrown into the guest when it would wait for ever. */
export class WouldWaitForEver extends Error {}

export class FakeHost {
  /** The arguments after the program's name. */
  arguments: readonly string[] = [];
  stderr = '';
  nowNs = 1_000_000n;
  /** How many calls were made of each function. */
  readonly callCounts = new Map<string, number>();
  /** The list of every poll_oneoff. */
  readonly polls: (readonly Subscription[])[] = [];
  /** The last list as it lay in memory, without the clock; its address in front. */
  lastPollBytes: readonly number[] = [];
  /** Each answers one poll_oneoff; after the last the truth is told again. */
  readonly scripts: Script[] = [];
  /** How many descriptors the last wait found ready. */
  readyCount = 0;
  /** Counts after the fact: what the next recv or send claims to have transferred. */
  lie: number | null = null;
  /** The next wait, by whatever function, is interrupted. */
  isInterrupted = false;
  readonly epoll = new FakeEpoll(this);
  readonly #open = new Map<number, FakeSocket | FakeListener | 'directory'>();
  readonly #revoked = new Set<number>();
  #memory: WebAssembly.Memory | null = null;

  /** Makes a descriptor of a listener. */
  listen(fd: number): FakeListener {
    const listener = new FakeListener(fd);
    this.#open.set(fd, listener);
    return listener;
  }

  /** Makes a descriptor of a directory. */
  mount(fd: number): void {
    this.#open.set(fd, 'directory');
  }

  /** Closes a descriptor behind the guest's back. */
  revoke(fd: number): void {
    this.#open.delete(fd);
    this.#revoked.add(fd);
  }

  /** The socket or listener that `fd` is; undefined for anything else. */
  socketAt(fd: number): FakeSocket | FakeListener | undefined {
    const open = this.#open.get(fd);
    return open === 'directory' ? undefined : open;
  }

  attach(memory: WebAssembly.Memory): void {
    this.#memory = memory;
  }

  get lastPoll(): readonly Subscription[] {
    return this.polls.at(-1) ?? [];
  }

  /** The connections that the guest has not closed, in the order it took them. */
  get openSockets(): FakeSocket[] {
    return [...this.#open.values()].filter((open) => open instanceof FakeSocket);
  }

  /** What `fd` was watched for in the last wait, such as `[READ, WRITE]`. */
  watchedFor(fd: number): number[] {
    const tags = this.lastPoll.filter((subscription) => subscription.fd === fd);
    return tags.map(({ tag }) => tag).sort();
  }

  callCount(name: string): number {
    return this.callCounts.get(name) ?? 0;
  }

  /** Whether the next wait is interrupted; the one after it is not. */
  takeInterrupt(): boolean {
    const is = this.isInterrupted;
    this.isInterrupted = false;
    return is;
  }

  get imports(): Record<string, Record<string, unknown>> {
    return {
      wasi_snapshot_preview1: this.#counted({
        args_get: this.#argsGet,
        args_sizes_get: this.#argsSizesGet,
        clock_time_get: this.#clockTimeGet,
        fd_close: this.#fdClose,
        fd_fdstat_get: this.#fdFdstatGet,
        fd_fdstat_set_flags: this.#fdFdstatSetFlags,
        fd_write: this.#fdWrite,
        poll_oneoff: this.#pollOneoff,
        proc_exit: this.#procExit,
        sock_accept: this.#sockAccept,
        sock_recv: this.#sockRecv,
        sock_send: this.#sockSend,
      }),
      wasix_32v1: this.#counted(this.epoll.functions),
    };
  }

  #counted(functions: Record<string, (...parameters: never[]) => number>): Record<string, unknown> {
    const counted = Object.entries(functions).map(([name, body]) => [
      name,
      (...parameters: never[]) => {
        this.callCounts.set(name, this.callCount(name) + 1);
        return body(...parameters);
      },
    ]);
    return Object.fromEntries(counted) as Record<string, unknown>;
  }

  get view(): DataView {
    if (this.#memory === null) throw new Error('attach the memory first');
    return new DataView(this.#memory.buffer);
  }

  #bytes(address: number, lengthBytes: number): Uint8Array {
    return new Uint8Array(this.view.buffer, address >>> 0, lengthBytes >>> 0);
  }

  #pieces(iovecs: number, count: number): Uint8Array[] {
    return Array.from({ length: count }, (_, i) => {
      const at = iovecs + 8 * i;
      return this.#bytes(this.view.getUint32(at, true), this.view.getUint32(at + 4, true));
    });
  }

  #argsText(): Uint8Array[] {
    return ['guest', ...this.arguments].map((text) => new TextEncoder().encode(`${text}\0`));
  }

  readonly #argsSizesGet = (count: number, bytes: number): number => {
    const texts = this.#argsText();
    this.view.setUint32(count, texts.length, true);
    this.view.setUint32(bytes, Buffer.concat(texts).length, true);
    return 0;
  };

  readonly #argsGet = (addresses: number, buffer: number): number => {
    let at = buffer;
    for (const [i, text] of this.#argsText().entries()) {
      this.view.setUint32(addresses + 4 * i, at, true);
      this.#bytes(at, text.length).set(text);
      at += text.length;
    }
    return 0;
  };

  readonly #clockTimeGet = (clock: number, _precision: bigint, time: number): number => {
    if (clock !== 1) throw new Error(`the guest read clock ${clock}`);
    this.view.setBigUint64(time, this.nowNs, true);
    return 0;
  };

  readonly #fdClose = (fd: number): number => {
    const socket = this.#socket(fd);
    if (socket === null) return Errno.BADF;
    // What is left registered would be reported for ever where another descriptor shares the socket.
    if (this.epoll.has(fd)) throw new Error(`descriptor ${fd} is closed and still registered`);
    socket.isClosed = true;
    this.#open.delete(fd >>> 0);
    for (const open of this.#open.values()) {
      if (open instanceof FakeListener) open.descriptorsLeft += 1;
    }
    return 0;
  };

  readonly #fdFdstatGet = (fd: number, fdstat: number): number => {
    const open = this.#open.get(fd >>> 0);
    if (open === undefined) return Errno.BADF;
    this.#bytes(fdstat, 24).fill(0);
    const filetype = open === 'directory' ? FILETYPE_DIRECTORY : FILETYPE_SOCKET_STREAM;
    this.view.setUint8(fdstat, filetype);
    return 0;
  };

  readonly #fdFdstatSetFlags = (fd: number, flags: number): number => {
    const open = this.#open.get(fd >>> 0);
    if (!(open instanceof FakeListener)) return Errno.BADF;
    open.isNonBlocking = (flags & NONBLOCK) !== 0;
    return 0;
  };

  readonly #fdWrite = (fd: number, iovecs: number, count: number, written: number): number => {
    if (fd !== 2) throw new Error(`the guest wrote to descriptor ${fd}`);
    const bytes = Buffer.concat(this.#pieces(iovecs, count));
    this.stderr += bytes.toString();
    this.view.setUint32(written, bytes.length, true);
    return 0;
  };

  readonly #procExit = (code: number): never => {
    throw new GuestExit(code);
  };

  readonly #sockAccept = (fd: number, flags: number, accepted: number): number => {
    const listener = this.#open.get(fd >>> 0);
    if (!(listener instanceof FakeListener)) return Errno.BADF;
    if (flags !== NONBLOCK) throw new Error(`accept with flags ${flags}`);
    const result = listener.accept();
    if (typeof result === 'number') return -result;
    this.#open.set(result.fd, result);
    this.view.setUint32(accepted, result.fd, true);
    return 0;
  };

  readonly #sockRecv = (
    fd: number,
    iovecs: number,
    count: number,
    flags: number,
    received: number,
    roflags: number,
  ): number => {
    const socket = this.#socket(fd);
    if (socket === null || flags !== 0) throw new Error(`recv of ${fd} with flags ${flags}`);
    const pieces = this.#pieces(iovecs, count);
    if (pieces.every(({ length }) => length === 0)) throw new Error('recv of no bytes');
    this.view.setUint16(roflags, 0, true);
    return this.#answer(socket.recv(pieces), received);
  };

  readonly #sockSend = (
    fd: number,
    iovecs: number,
    count: number,
    flags: number,
    sent: number,
  ): number => {
    const socket = this.#socket(fd);
    if (socket === null || flags !== 0) throw new Error(`send to ${fd} with flags ${flags}`);
    const pieces = this.#pieces(iovecs, count);
    if (pieces.every(({ length }) => length === 0)) throw new Error('send of no bytes');
    return this.#answer(socket.send(pieces), sent);
  };

  #answer(result: number, count: number): number {
    if (result < 0) return -result;
    this.view.setUint32(count, this.lie ?? result, true);
    this.lie = null;
    return 0;
  }

  #socket(fd: number): FakeSocket | null {
    const open = this.#open.get(fd >>> 0);
    return open instanceof FakeSocket ? open : null;
  }

  readonly #pollOneoff = (list: number, events: number, count: number, nevents: number): number => {
    const subscriptions = readSubscriptions(this.view, list, count);
    this.#check(subscriptions);
    this.polls.push(subscriptions);
    if (this.takeInterrupt()) return Errno.INTR;
    const descriptorCount = subscriptions.filter(({ tag }) => tag !== CLOCK).length;
    this.lastPollBytes = [list, ...listBytes(this.view, list, descriptorCount)];
    const answer = this.scripts.shift()?.(subscriptions) ?? this.#truth(subscriptions);
    if (typeof answer === 'number') return answer;
    this.readyCount = answer.events.filter(({ type }) => type !== CLOCK).length;
    writeEvents(this.view, { events, nevents }, answer);
    return 0;
  };

  /** A list of ours has open descriptors, each watched once for a thing, and a clock at the end. */
  #check(subscriptions: readonly Subscription[]): void {
    const seen = new Set<string>();
    for (const [i, { fd, tag }] of subscriptions.entries()) {
      if (tag > WRITE) throw new Error(`a subscription with tag ${tag}`);
      if (tag === CLOCK && i !== subscriptions.length - 1) throw new Error('the clock is not last');
      const isKnown = tag === CLOCK || this.#open.has(fd) || this.#revoked.has(fd);
      if (!isKnown) throw new Error(`descriptor ${fd} is not open`);
      if (seen.has(`${fd} ${tag}`)) throw new Error(`descriptor ${fd} is watched twice`);
      seen.add(`${fd} ${tag}`);
    }
  }

  /** The events that are due; time moves to the clock's when there is nothing else. */
  #truth(subscriptions: readonly Subscription[]): Answer {
    const events: FakeEvent[] = [];
    for (const { fd, tag, userdata } of subscriptions) {
      if (this.#revoked.has(fd)) events.push({ userdata, type: tag, error: Errno.BADF });
      const open = this.socketAt(fd);
      if (open === undefined) continue;
      const isReady = tag === READ ? open.isReadable : open.isWritable;
      if (isReady) events.push({ userdata, type: tag });
    }
    const clock = subscriptions.find(({ tag }) => tag === CLOCK);
    if (events.length > 0 && clock?.timeoutNs !== 0n) return { events };
    if (clock === undefined) throw new WouldWaitForEver();
    this.nowNs += clock.timeoutNs;
    return { events: [...events, { userdata: clock.userdata, type: CLOCK }] };
  }
}
