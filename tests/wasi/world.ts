// A caller on a fresh native kernel with one listener, and what its tests are made of.

import * as assert from 'uvu/assert';
import { errnoName } from '../../host/base/errno.ts';
import type { Address } from '../../host/kernel/address.ts';
import { makeNativeKernel } from '../contract/native-peers.ts';
import type { Peer, Peers, StdioKinds } from '../contract/peers.ts';
import { Caller, type CallerOptions } from './caller.ts';

/** Where calls put their lists, buffers and results. */
export const IOVECS = 1024;
export const BUFFER = 4096;
export const RESULT = 512;
export const RESULT2 = 528;

export class TestWorld {
  readonly caller: Caller;
  readonly peers: Peers;
  readonly address: Address;
  /** The guest's listener. Blocking, as a guest gets it. */
  readonly listenFd: number;
  readonly #close: () => void;

  constructor(options: Omit<CallerOptions, 'kernel'> & { stdio?: StdioKinds } = {}) {
    const { kernel, peers } = makeNativeKernel(options.stdio);
    this.peers = peers;
    this.#close = () => {
      kernel.destroy();
      peers.close();
    };
    this.caller = new Caller({ ...options, kernel });
    const listener = kernel.open('ipv4');
    kernel.bind(listener, peers.freeAddress('ipv4'));
    kernel.listen(listener, 16);
    this.address = kernel.localAddress(listener) as Address;
    options.stdio?.forEach((kind, index) => {
      if (kind !== 'none') this.caller.addStdio(index);
    });
    this.listenFd = this.caller.addListener(listener);
  }

  /** Calls, and names the errno. */
  errno(name: string, ...parameters: (number | bigint)[]): string {
    return errnoName(this.caller.call(name, ...parameters));
  }

  /** A client, and the guest's descriptor of its connection: NONBLOCK unless `flags` says else. */
  connect(flags = 4): { fd: number; peer: Peer } {
    const peer = this.peers.connect(this.address);
    this.peers.settle();
    assert.is(this.errno('sock_accept', this.listenFd, flags, RESULT), 'SUCCESS');
    return { fd: this.caller.u32(RESULT), peer };
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

  close(): void {
    this.#close();
  }
}

/** Runs `body` over a fresh world, and leaves nothing of it. */
export function withWorld(
  body: (world: TestWorld) => void,
  options?: ConstructorParameters<typeof TestWorld>[0],
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
