// A caller on a fresh kernel with one listener, and what its tests are made of.

import * as assert from 'uvu/assert';
import { errnoName } from '../../host/base/errno.ts';
import type { Address, Family } from '../../host/kernel/address.ts';
import type { Handle, Kernel } from '../../host/kernel/kernel.ts';
import { NativeKernel } from '../../host/kernel/native/native-kernel.ts';
import { makeNativeKernel } from '../contract/native-peers.ts';
import type { MakeKernel, Peer, Peers, StdioKinds } from '../contract/peers.ts';
import { makeSimKernel } from '../contract/sim-peers.ts';
import { Caller, type CallerOptions } from './caller.ts';
import { actLater, type ClientAct } from './later.ts';
import { NONBLOCK, SHUT_WRITE } from './spec.ts';
import { WatchedKernel } from './watched-kernel.ts';

/** Where calls put their lists, buffers and results. */
export const IOVECS = 1024;
export const BUFFER = 4096;
export const RESULT = 512;
export const RESULT2 = 528;

/** Tests that hold on either kernel run on both. */
export const KERNELS: readonly (readonly [name: string, makeKernel: MakeKernel])[] = [
  ['native', makeNativeKernel],
  ['sim', makeSimKernel],
];

const BACKLOG = 16;
/** What one send is given to fill a send buffer with. */
const FILL_BYTES = 65_536;

/** The guest's end of a connection, and the client's. */
export interface Connection {
  readonly fd: number;
  readonly peer: Peer;
}

export interface Listener {
  readonly fd: number;
  readonly address: Address;
}

export interface TestWorldOptions extends Omit<CallerOptions, 'kernel'> {
  readonly stdio?: StdioKinds;
  /** By default a native one. */
  readonly makeKernel?: MakeKernel;
}

export class TestWorld {
  readonly caller: Caller;
  readonly peers: Peers;
  /** What the guest stands on, and what it asked of it in order to wait. */
  readonly watched: WatchedKernel;
  readonly address: Address;
  /** The guest's listener. Blocking, as a guest gets it. */
  readonly listenFd: number;
  readonly #close: () => void;
  #quiet: Handle | undefined;

  constructor(options: TestWorldOptions = {}) {
    const { kernel, peers } = (options.makeKernel ?? makeNativeKernel)(options.stdio);
    this.peers = peers;
    this.#close = () => {
      kernel.destroy();
      peers.close();
    };
    this.watched = new WatchedKernel(kernel);
    this.caller = new Caller({ ...options, kernel: this.watched.kernel });
    options.stdio?.forEach((kind, index) => {
      if (kind !== 'none') this.caller.addStdio(index);
    });
    const { fd, address } = this.listen('ipv4');
    this.listenFd = fd;
    this.address = address;
  }

  get kernel(): Kernel {
    return this.watched.kernel;
  }

  /** Gives the guest one more listener. */
  listen(family: Family): Listener {
    const { kernel } = this;
    const listener = kernel.open(family);
    assert.is(kernel.bind(listener, this.peers.freeAddress(family)), 0);
    assert.is(kernel.listen(listener, BACKLOG), 0);
    const address = kernel.localAddress(listener) as Address;
    return { fd: this.caller.addListener(listener), address };
  }

  /** Gives the guest `count` listeners to which no one connects. @returns their fds */
  addQuiet(count: number): number[] {
    const { kernel } = this;
    if (this.#quiet === undefined) {
      this.#quiet = kernel.open('ipv4');
      kernel.listen(this.#quiet, 1);
    }
    return Array.from({ length: count }, () =>
      this.caller.addListener(kernel.dup(this.#quiet as Handle)),
    );
  }

  /** The handle behind a descriptor of the guest. */
  handleOf(fd: number): Handle {
    const descriptor = this.caller.sandbox.descriptors.get(fd);
    assert.ok(descriptor);
    return descriptor.handle;
  }

  /** Has `log` call the handle behind `fd` by a name. */
  name(fd: number, name: string): void {
    this.watched.name(this.handleOf(fd), name);
  }

  /** Calls, and names the errno. */
  errno(name: string, ...parameters: (number | bigint)[]): string {
    return errnoName(this.caller.call(name, ...parameters));
  }

  /** Takes a connection. @returns its fd */
  accept(flags = NONBLOCK, listenFd = this.listenFd): number {
    assert.is(this.errno('sock_accept', listenFd, flags, RESULT), 'SUCCESS');
    return this.caller.u32(RESULT);
  }

  /** A client, and the guest's descriptor of its connection: NONBLOCK unless `flags` says else. */
  connect(flags = NONBLOCK, listener?: Listener): Connection {
    const peer = this.peers.connect(listener?.address ?? this.address);
    this.peers.settle();
    return { fd: this.accept(flags, listener?.fd), peer };
  }

  /** The guest's non-blocking descriptor of a connection with 4 bytes to read. */
  readable(): number {
    const { fd, peer } = this.connect();
    peer.send('data');
    this.peers.settle();
    return fd;
  }

  closeFd(fd: number): void {
    assert.is(this.errno('fd_close', fd), 'SUCCESS');
  }

  /**
   * Has the guest end its side, and waits until the peer has acknowledged that: Linux does so by a
   * timer, some milliseconds later, and it is an edge for who waits.
   */
  endSending(fd: number): void {
    assert.is(this.errno('sock_shutdown', fd, SHUT_WRITE), 'SUCCESS');
    const { kernel } = this;
    const handle = this.handleOf(fd);
    do this.peers.settle();
    while (kernel instanceof NativeKernel && kernel.unacknowledgedBytes(handle) > 0);
  }

  /** The guest's blocking descriptor of a connection of the client that acts later. */
  connectLater(): number {
    this.later({ act: 'connect', address: this.address });
    return this.accept(0);
  }

  /** Has the client in the other thread act while the guest is blocked in its next calls. */
  later(...acts: readonly ClientAct[]): void {
    actLater(...acts);
  }

  /** sock_recv into one buffer. @returns the text, or the errno in brackets */
  recv(fd: number, lengthBytes = 1000, riFlags = 0): string {
    const count = this.caller.setIovecs(IOVECS, [BUFFER, lengthBytes]);
    const errno = this.errno('sock_recv', fd, IOVECS, count, riFlags, RESULT, RESULT2);
    if (errno !== 'SUCCESS') return `[${errno}]`;
    return this.caller.text(BUFFER, this.caller.u32(RESULT));
  }

  /** sock_send of one buffer. @returns how many bytes were taken, or the errno */
  send(fd: number, text: string): number | string {
    this.caller.setText(BUFFER, text);
    const count = this.caller.setIovecs(IOVECS, [BUFFER, text.length]);
    const errno = this.errno('sock_send', fd, IOVECS, count, 0, RESULT);
    return errno === 'SUCCESS' ? this.caller.u32(RESULT) : errno;
  }

  /** fd_read into one buffer. @returns as {@link recv} */
  read(fd: number, lengthBytes = 1000): string {
    const count = this.caller.setIovecs(IOVECS, [BUFFER, lengthBytes]);
    const errno = this.errno('fd_read', fd, IOVECS, count, RESULT);
    if (errno !== 'SUCCESS') return `[${errno}]`;
    return this.caller.text(BUFFER, this.caller.u32(RESULT));
  }

  /** fd_write of one buffer. @returns as {@link send} */
  write(fd: number, text: string): number | string {
    this.caller.setText(BUFFER, text);
    const count = this.caller.setIovecs(IOVECS, [BUFFER, text.length]);
    const errno = this.errno('fd_write', fd, IOVECS, count, RESULT);
    return errno === 'SUCCESS' ? this.caller.u32(RESULT) : errno;
  }

  /** Sends until the system takes no more, here and on the way. @returns how many bytes it took */
  fill(fd: number): number {
    const text = 'f'.repeat(FILL_BYTES);
    let sumBytes = 0;
    let lastBytes = -1;
    while (sumBytes !== lastBytes) {
      lastBytes = sumBytes;
      // First, so that nothing makes room behind the last answer.
      this.peers.rest();
      for (let taken = this.write(fd, text); taken !== 'AGAIN'; taken = this.write(fd, text)) {
        assert.type(taken, 'number');
        sumBytes += Number(taken);
      }
    }
    return sumBytes;
  }

  close(): void {
    this.#close();
  }
}

/** Runs `body` over a fresh world, and leaves nothing of it. */
export function withWorld(
  body: (world: TestWorld) => void,
  options?: TestWorldOptions,
): () => void {
  return () => {
    const world = new TestWorld(options);
    try {
      body(world);
    } finally {
      world.close();
    }
  };
}
