// The far ends of a kernel under test: its clients, the servers it connects to, what its standard
// streams lead to, and the machine's limits. The contract suite needs no more than this, so each
// kernel brings its own: a second native kernel, a virtual network.
//
// Everything is synchronous and nothing here takes time that is not needed to arrive. Text is one
// byte a character (latin1), so that it can hold any bytes.

import type { Address, Family } from '../../host/kernel/address.ts';
import type { Kernel } from '../../host/kernel/kernel.ts';

/** A kernel to test, and what is at its far ends. */
export interface World {
  readonly kernel: Kernel;
  readonly peers: Peers;
}

/** Makes a fresh kernel with no handle open. `stdio` says what its standard streams are. */
export type MakeKernel = (stdio?: StdioKinds) => World;

/**
 * What standard input, output and error are. A `file` holds {@link FILE_TEXT}, `null` is a
 * character device that swallows what is written and has nothing to read, `none` is not open.
 */
export type StdioKind = 'none' | 'pipe' | 'socket' | 'file' | 'directory' | 'null';
export type StdioKinds = readonly [StdioKind, StdioKind, StdioKind];

export const FILE_TEXT = 'the text of a file';

export interface Peers {
  /** An address that a listener may be bound to, with port 0 or a path that is not in use. */
  freeAddress(family: Family): Address;

  /**
   * Starts to connect to a listener of the kernel under test. Answers also when the connection is
   * refused or not queued, see {@link Peer.isConnected}.
   */
  connect(address: Address): Peer;

  /** Opens a listener for the kernel under test to connect to. */
  listen(family: Family, backlog: number): PeerListener;

  /** What the kernel's standard stream `index` leads to: a `pipe` or `socket` only. */
  stdio(index: number): StdioPeer;

  /**
   * Comes back when all that the peers did has arrived at the kernel under test, and all that it
   * did at the peers.
   */
  settle(): void;

  /**
   * {@link settle}, and waits for acknowledgements that are held back: a sender without room gets
   * none after this until someone reads.
   */
  rest(): void;

  /** Has `act` happen while the kernel under test is blocked in its next wait. */
  later(act: LaterAct): void;

  /**
   * Uses up every descriptor that the kernel under test could take.
   *
   * @returns a function that gives `count` of them back.
   */
  exhaustDescriptors(): (count: number) => void;

  /** Ends all peers. */
  close(): void;
}

/** One connection, seen from the client. */
export interface Peer {
  /** The client's own address. */
  readonly address: Address;

  /** True when the connection stands: queued at the listener or accepted. */
  isConnected(): boolean;

  /** Sends. @returns how many bytes were taken: fewer when buffers are full. */
  send(text: string): number;

  /** Takes what has arrived, `bytesMax` at most. */
  receive(bytesMax?: number): Received;

  /** Stops sending: FIN. Receiving goes on. */
  endSending(): void;

  /** Ends the connection with RST. */
  reset(): void;

  /** Closes, as close(2) does: with a reset when something was received that no one has read. */
  close(): void;
}

export interface Received {
  readonly text: string;
  /** What came after the text: nothing yet, the end of the stream, or a reset. */
  readonly then: 'open' | 'end' | 'reset';
}

export interface PeerListener {
  readonly address: Address;
  /** Takes a connection that the kernel under test has made. */
  accept(): Peer;
  close(): void;
}

/** The far end of a pipe or socket that is a standard stream. */
export interface StdioPeer {
  send(text: string): void;
  /** Takes what has arrived. */
  receive(): string;
  close(): void;
}

/** What another thread does while the kernel under test is blocked. */
export type LaterAct =
  /** Calls `wake()`. */
  | { readonly act: 'wake' }
  /** Connects to a listener. There is one such client at a time. */
  | { readonly act: 'connect'; readonly address: Address }
  /** Sends from that client. */
  | { readonly act: 'send'; readonly text: string }
  /** Has that client take everything that comes from now on. */
  | { readonly act: 'drain' };
