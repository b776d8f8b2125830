// One end of a connection with the guest, as a test uses it: a client, or what a server of the world
// has accepted. It is a name for a socket that may be made anew when its guest is run again.

import type { Deed } from './actions.ts';
import { usage } from './options.ts';
import type { PeerSocket, PeerState } from './peer-socket.ts';

const UTF8 = new TextEncoder();

/** What a peer asks of its world. */
interface Access {
  readonly deed: (deed: Deed) => void;
  readonly socket: () => PeerSocket;
}

export class Peer {
  readonly #number: number;
  readonly #access: Access;
  /** How much of what was received {@link take} has given out. */
  #takenBytes = 0;

  /** Made by `World.connect`, or for a connection of `World.listen`. */
  constructor(number: number, access: Access) {
    this.#number = number;
    this.#access = access;
  }

  /** Sends, as soon as there is room: text as UTF-8, or bytes. */
  send(data: string | Uint8Array): this {
    const bytes = typeof data === 'string' ? UTF8.encode(data) : data;
    this.#access.deed({ kind: 'send', peer: this.#number, bytes });
    return this;
  }

  /** Ends its side behind what it was given to send: a half-close. It still receives. */
  end(): this {
    return this.#do('end');
  }

  /** Closes behind what it was given to send. Received bytes that no one read make it a reset. */
  close(): this {
    return this.#do('close');
  }

  /**
   * Ends the connection with a reset, at once.
   *
   * @throws SimulationError `USAGE` for a unix socket, which has none.
   */
  reset(): this {
    if (this.#socket.isUnix) {
      throw usage('a unix socket knows no reset; close() one with bytes that it has not read');
    }
    return this.#do('reset');
  }

  /** Reads no more by itself: what comes fills its buffers, then the guest's. */
  pause(): this {
    return this.#do('pause');
  }

  /** Reads all that is there, and all that comes. */
  resume(): this {
    return this.#do('resume');
  }

  /** Reads at most `bytesMax` of what is there, though it is paused. */
  read(bytesMax: number): this {
    this.#access.deed({ kind: 'read', peer: this.#number, count: bytesMax });
    return this;
  }

  /** All that it has read so far. */
  bytes(): Uint8Array {
    return this.#socket.inbox.slice();
  }

  /** All that it has read so far, as UTF-8. */
  text(): string {
    return new TextDecoder().decode(this.bytes());
  }

  /** What it has read since the last time this was asked, as UTF-8. */
  take(): string {
    const { inbox } = this.#socket;
    const text = new TextDecoder().decode(inbox.slice(this.#takenBytes));
    this.#takenBytes = inbox.lengthBytes;
    return text;
  }

  get state(): PeerState {
    return this.#socket.state;
  }

  /** How much it was given to send that its own socket has no room for. */
  get unsentBytes(): number {
    return this.#socket.unsentBytes;
  }

  get #socket(): PeerSocket {
    return this.#access.socket();
  }

  #do(kind: 'end' | 'close' | 'reset' | 'pause' | 'resume'): this {
    this.#access.deed({ kind, peer: this.#number });
    return this;
  }
}
