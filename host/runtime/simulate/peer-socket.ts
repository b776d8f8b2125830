// A peer of the guest: a socket, TCP or unix, that acts by itself when something comes. It sends
// what it was given as soon as there is room, and reads all that comes, unless it is paused.

import { ByteList } from '../../base/byte-list.ts';
import { Errno } from '../../base/errno.ts';
import type { Address } from '../../kernel/address.ts';
import { Shutdown } from '../../kernel/kernel.ts';
import { ByteQueue } from '../../kernel/sim/byte-queue.ts';
import { copyBytes } from '../../kernel/sim/copy-bytes.ts';
import type { Network } from '../../kernel/sim/network.ts';
import { TcpSocket } from '../../kernel/sim/tcp-socket.ts';
import { TcpState } from '../../kernel/sim/tcp-wire.ts';
import { UnixSocket } from '../../kernel/sim/unix-socket.ts';
import { type Buffers, setBuffers } from './buffers.ts';

const PIECE_BYTES = 65_536;

/**
 * `connecting`: on its way. `open`: connected. `ended`: the guest has ended its side. `refused`: no
 * one listens there, or no one answered. `reset`: the connection was reset. `closed`: by the peer
 * itself.
 */
export type PeerState = 'connecting' | 'open' | 'ended' | 'refused' | 'reset' | 'closed';

/** What a peer is: one of the two kinds of sockets. */
export type PeerFile = TcpSocket | UnixSocket;

export class PeerSocket {
  readonly #file: PeerFile;
  readonly #outbox = new ByteQueue();
  /** What has been received so far. */
  readonly inbox = new ByteList();
  #failure: 'refused' | 'reset' | undefined;
  #isEnded = false;
  #isPaused: boolean;
  /** Of a unix socket: it waits for room in the queue of who listens. */
  #isWaiting = false;
  /** To be done once everything is sent. */
  #isEndWanted = false;
  #isCloseWanted = false;
  #isClosed = false;
  #isActing = false;

  /** @param file connected, or about to be. */
  private constructor(file: PeerFile, isPaused: boolean) {
    this.#file = file;
    this.#isPaused = isPaused;
    file.onWake = () => this.#act();
  }

  /** One that connects to `address`. */
  static connecting(network: Network, address: Address, buffers: Buffers): PeerSocket {
    const file = makeFile(network, address);
    setBuffers(file, buffers);
    const peer = new PeerSocket(file, false);
    peer.#connect(network, address);
    return peer;
  }

  /** The end of a connection that a listener has accepted. */
  static accepted(file: PeerFile, isPaused: boolean): PeerSocket {
    const peer = new PeerSocket(file, isPaused);
    peer.#act();
    return peer;
  }

  get state(): PeerState {
    const failure = this.#failure ?? this.#pendingFailure;
    if (failure !== undefined) return failure;
    if (this.#isClosed) return 'closed';
    if (this.#isEnded) return 'ended';
    return this.#isConnecting ? 'connecting' : 'open';
  }

  get isUnix(): boolean {
    return this.#file instanceof UnixSocket;
  }

  /** How much was given to be sent that has not been taken by the socket. */
  get unsentBytes(): number {
    return this.#outbox.lengthBytes;
  }

  /** Sends `bytes`, which stay the caller's: what there is no room for is copied, and sent later. */
  give(bytes: Uint8Array): void {
    const isNext = this.#outbox.lengthBytes === 0 && this.#canAct && this.#canSend;
    const sent = isNext ? this.#sendPiece(bytes) : 0;
    if (sent < bytes.length) this.#outbox.push(copyBytes(bytes, sent, bytes.length - sent));
    this.#act();
  }

  /** Ends sending behind what was given. */
  endSoon(): void {
    this.#isEndWanted = true;
    this.#act();
  }

  /** Closes behind what was given. */
  closeSoon(): void {
    this.#isCloseWanted = true;
    this.#act();
  }

  /** Closes a TCP connection with a reset, at once. */
  reset(): void {
    if (this.#isClosed || this.#file instanceof UnixSocket) return;
    this.#isClosed = true;
    this.#file.resetsOnClose = true;
    this.#file.release();
  }

  set isPaused(isPaused: boolean) {
    this.#isPaused = isPaused;
    this.#act();
  }

  /** Receives at most `count` bytes though it is paused. */
  receive(count: number): void {
    for (let left = count; left > 0;) {
      const received = this.#receivePiece(left);
      if (received === 0) return;
      left -= received;
    }
  }

  /** A failure that no call has been told of: a paused peer makes none. */
  get #pendingFailure(): 'refused' | 'reset' | undefined {
    const file = this.#file;
    if (!this.#isPaused || this.#isClosed || this.#isEnded) return undefined;
    if (file instanceof UnixSocket || file.error === 0) return undefined;
    return file.error === Errno.CONNREFUSED || file.error === Errno.TIMEDOUT ? 'refused' : 'reset';
  }

  get #isConnecting(): boolean {
    return this.#file instanceof TcpSocket ? this.#file.isConnecting : this.#isWaiting;
  }

  get #canSend(): boolean {
    return this.#file instanceof TcpSocket
      ? this.#file.state > TcpState.SYN_SENT
      : !this.#isWaiting && this.#failure === undefined;
  }

  /** As a connect that blocks: where a unix queue is full, it waits for room. */
  #connect(network: Network, address: Address): void {
    const result = this.#file.connect(address);
    this.#isWaiting = result === -Errno.AGAIN;
    if (this.#isWaiting && address.family === 'unix') {
      network.paths.get(address.path)?.waitForRoom(() => this.#connect(network, address));
    } else if (result === 0) this.#act();
    else if (result !== -Errno.INPROGRESS) this.#fail('refused');
  }

  /** Acting wakes: a read announces room, which may bring what comes next. */
  get #canAct(): boolean {
    return !this.#isActing && !this.#isClosed;
  }

  #act(): void {
    if (!this.#canAct) return;
    this.#isActing = true;
    this.#sendOutbox();
    if (!this.#isPaused) while (this.#receivePiece(PIECE_BYTES) > 0);
    if (this.#outbox.lengthBytes === 0) {
      this.#endOutbox();
    }
    this.#isActing = false;
  }

  /** Everything was sent: does what was to be done then. */
  #endOutbox(): void {
    if (this.#isConnecting) return;
    if (this.#isEndWanted) {
      this.#isEndWanted = false;
      this.#file.shutdown(Shutdown.WRITE);
    }
    if (this.#isCloseWanted) {
      this.#isClosed = true;
      this.#file.release();
    }
  }

  #sendOutbox(): void {
    while (this.#outbox.lengthBytes > 0 && this.#canSend) {
      const sent = this.#sendPiece(this.#outbox.front());
      if (sent === 0) return;
      // A connection that is no more has emptied it.
      if (this.#outbox.lengthBytes > 0) this.#outbox.drop(sent);
    }
  }

  /** @returns how much of it there was room for; all of it when the connection is no more */
  #sendPiece(piece: Uint8Array): number {
    const sent = this.#file.send(piece, 0, piece.length);
    if (sent >= 0) return sent;
    if (sent === -Errno.AGAIN) return 0;
    if (sent === -Errno.CONNRESET) this.#fail('reset');
    this.#outbox.clear();
    return piece.length;
  }

  /** @returns how many bytes came, 0 for none. */
  #receivePiece(most: number): number {
    if (this.#failure !== undefined || this.#isConnecting) return 0;
    const { inbox } = this;
    // To ask for one byte tells the end, or the error.
    const wanted = Math.max(Math.min(most, this.#file.receivedBytes, PIECE_BYTES), 1);
    const target = inbox.reserve(wanted);
    const count = this.#file.recv(target, inbox.lengthBytes, wanted, false);
    if (count > 0) inbox.lengthBytes += count;
    else if (count === 0) this.#isEnded = true;
    else if (count === -Errno.CONNREFUSED || count === -Errno.TIMEDOUT) this.#fail('refused');
    else if (count === -Errno.CONNRESET) this.#fail('reset');
    return Math.max(count, 0);
  }

  #fail(failure: 'refused' | 'reset'): void {
    this.#failure = failure;
    this.#outbox.clear();
  }
}

/** A socket of an address' family. */
export function makeFile(network: Network, { family }: Address): PeerFile {
  return family === 'unix' ? new UnixSocket(network) : new TcpSocket(network, family);
}
