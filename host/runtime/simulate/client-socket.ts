// A client of a simulated world: a TCP socket that acts by itself when something comes. It sends
// what it was given as soon as there is room, and reads all that comes, unless it is paused.

import { Errno } from '../../base/errno.ts';
import { Shutdown, SocketOption } from '../../kernel/kernel.ts';
import { ByteQueue } from '../../kernel/sim/byte-queue.ts';
import { copyBytes } from '../../kernel/sim/copy-bytes.ts';
import type { Network } from '../../kernel/sim/network.ts';
import type { OpenFile } from '../../kernel/sim/open-file.ts';
import type { InetAddress } from '../../kernel/sim/ports.ts';
import { TcpSocket } from '../../kernel/sim/tcp-socket.ts';
import { TcpState } from '../../kernel/sim/tcp-wire.ts';

import { usage } from './options.ts';

const PIECE_BYTES = 65_536;

/**
 * `connecting`: on its way. `open`: connected. `ended`: the guest has ended its side. `refused`: no
 * one listens there. `reset`: the connection was reset. `closed`: by the client itself.
 */
export type ClientState = 'connecting' | 'open' | 'ended' | 'refused' | 'reset' | 'closed';

export class ClientSocket extends TcpSocket {
  readonly #outbox = new ByteQueue();
  readonly #inbox: Uint8Array[] = [];
  readonly #piece = new Uint8Array(PIECE_BYTES);
  #failure: 'refused' | 'reset' | undefined;
  #isEnded = false;
  #isPaused = false;
  /** To be done once everything is sent. */
  #isEndWanted = false;
  #isCloseWanted = false;
  #isClosed = false;
  #isActing = false;

  constructor(network: Network, address: InetAddress, buffers: Buffers) {
    super(network, address.family);
    setBuffers(this, buffers);
    this.connect(address);
  }

  get clientState(): ClientState {
    if (this.#failure !== undefined) return this.#failure;
    if (this.#isClosed) return 'closed';
    if (this.#isEnded) return 'ended';
    return this.state === TcpState.SYN_SENT ? 'connecting' : 'open';
  }

  /** What has been received so far. */
  get inbox(): readonly Uint8Array[] {
    return this.#inbox;
  }

  /** How much was given to be sent that has not been taken by the socket. */
  get unsentBytes(): number {
    return this.#outbox.lengthBytes;
  }

  give(bytes: Uint8Array): void {
    this.#outbox.push(bytes);
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

  /** Closes with a reset, at once. */
  reset(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.resetsOnClose = true;
    this.release();
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

  override wake(bits: number): void {
    super.wake(bits);
    this.#act();
  }

  #act(): void {
    // Acting wakes: a read announces room, which may bring what comes next.
    if (this.#isActing || this.#isClosed) return;
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
    if (this.state === TcpState.SYN_SENT) return;
    if (this.#isEndWanted) {
      this.#isEndWanted = false;
      this.shutdown(Shutdown.WRITE);
    }
    if (this.#isCloseWanted) {
      this.#isClosed = true;
      this.release();
    }
  }

  #sendOutbox(): void {
    while (this.#outbox.lengthBytes > 0 && this.state > TcpState.SYN_SENT) {
      const piece = this.#outbox.front();
      const sent = this.send(piece, 0, piece.length);
      if (sent === -Errno.AGAIN) return;
      if (sent < 0) {
        if (sent === -Errno.CONNRESET) this.#fail('reset');
        this.#outbox.clear();
        return;
      }
      this.#outbox.drop(sent);
    }
  }

  /** @returns how many bytes came, 0 for none. */
  #receivePiece(most: number): number {
    if (this.#failure !== undefined || this.state === TcpState.SYN_SENT) return 0;
    const count = this.recv(this.#piece, 0, Math.min(most, PIECE_BYTES), false);
    if (count > 0) this.#inbox.push(copyBytes(this.#piece, 0, count));
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

/** Sets the sizes that are given. Of a listener: those of each connection that it will accept. */
export function setBuffers(socket: OpenFile, buffers: Buffers): void {
  const { receiveBufferBytes, sendBufferBytes } = buffers;
  for (const [name, bytes] of Object.entries({ receiveBufferBytes, sendBufferBytes })) {
    if (bytes === undefined || (Number.isInteger(bytes) && bytes >= 1 && bytes <= 2 ** 30))
      continue;
    throw usage(`${name} is ${bytes}; give a number of bytes from 1 to 2^30`);
  }
  // Linux takes half of what it will use. Source: SO_SNDBUF in socket(7).
  if (receiveBufferBytes !== undefined) {
    socket.setOption(SocketOption.RECEIVE_BUFFER, Math.ceil(receiveBufferBytes / 2));
  }
  if (sendBufferBytes !== undefined) {
    socket.setOption(SocketOption.SEND_BUFFER, Math.ceil(sendBufferBytes / 2));
  }
}

export interface Buffers {
  /** How much the client takes in before it reads. */
  readonly receiveBufferBytes?: number;
  /** How much it takes of what it was given to send. */
  readonly sendBufferBytes?: number;
}
