// The sockets of the fake host: what a test has put into them, and what the guest did with them.

import { Errno } from '../../../host/base/errno.ts';

/** What happens in one call: bytes are transferred, or an errno is answered. */
type Step = { readonly errno: Errno } | { readonly bytes: Uint8Array };

/** One connection, seen from its peer. Calls answer as a non-blocking Linux socket would. */
export class FakeSocket {
  readonly fd: number;
  isClosed = false;
  /** How often the guest called: to see that nothing spins. */
  recvCount = 0;
  sendCount = 0;
  /** Whether a send was ever given two pieces: the ring had wrapped. */
  sawTwoPieces = false;
  /** Goes up with everything that an edge-triggered wait reports. */
  edgeCount = 0;
  /** The most that one send takes: a short write. */
  sendBytesMax = Infinity;
  /** Answered by the next sends, before anything else. */
  readonly sendErrors: Errno[] = [];
  readonly #incoming: Step[] = [];
  readonly #outgoing: number[] = [];
  #hasFinished = false;
  #sendRoomBytes = Infinity;
  #isSendRefused = false;
  #isSpuriouslyReadable = false;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** The peer sends; one recv gives at most one of these pieces, or a part of it. */
  peerSends(bytes: Uint8Array | string): void {
    const piece = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
    if (piece.length > 0) this.#arrive({ bytes: piece });
  }

  /** A recv in this place of the order answers an errno: AGAIN after readiness, CONNRESET. */
  peerCauses(errno: Errno): void {
    this.#arrive({ errno });
  }

  /** The peer sends no more. */
  peerFinishes(): void {
    this.#hasFinished = true;
    this.edgeCount += 1;
  }

  /** How many more bytes the peer's side takes before sends answer AGAIN. */
  get sendRoomBytes(): number {
    return this.#sendRoomBytes;
  }

  set sendRoomBytes(bytes: number) {
    this.#sendRoomBytes = bytes;
    // Room is reported to who was refused, and to nobody else.
    if (bytes > 0 && this.#isSendRefused) this.edgeCount += 1;
    if (bytes > 0) this.#isSendRefused = false;
  }

  /** A wait looks at it: without room, it is told when there is some. Source: tcp_poll, Linux. */
  noteLookedAt(): void {
    if (this.#sendRoomBytes === 0) this.#isSendRefused = true;
  }

  /** Reported readable though there is nothing to read. */
  set isSpuriouslyReadable(is: boolean) {
    this.#isSpuriouslyReadable = is;
    this.edgeCount += 1;
  }

  /** What the peer has received, and forgets. */
  takeReceived(): Uint8Array {
    return Uint8Array.from(this.#outgoing.splice(0));
  }

  takeReceivedText(): string {
    return new TextDecoder().decode(this.takeReceived());
  }

  get isReadable(): boolean {
    return this.#incoming.length > 0 || this.#hasFinished || this.#isSpuriouslyReadable;
  }

  get isWritable(): boolean {
    return this.sendRoomBytes > 0 || this.sendErrors.length > 0;
  }

  /** Fills `pieces` in order. A count of bytes, or a negated errno. */
  recv(pieces: readonly Uint8Array[]): number {
    this.recvCount += 1;
    const step = this.#incoming.shift();
    if (step === undefined) return this.#hasFinished ? 0 : -Errno.AGAIN;
    if ('errno' in step) {
      // What is behind an AGAIN arrives after it.
      if (step.errno === Errno.AGAIN && this.isReadable) this.edgeCount += 1;
      return -step.errno;
    }
    let taken = 0;
    for (const piece of pieces) {
      const part = step.bytes.subarray(taken, taken + piece.length);
      piece.set(part);
      taken += part.length;
    }
    if (taken < step.bytes.length) this.#incoming.unshift({ bytes: step.bytes.subarray(taken) });
    return taken;
  }

  /** Takes bytes from `pieces` in order. A count of bytes, or a negated errno. */
  send(pieces: readonly Uint8Array[]): number {
    this.sendCount += 1;
    if (pieces.length > 1) this.sawTwoPieces = true;
    const errno = this.sendErrors.shift();
    if (errno === Errno.AGAIN || (errno === undefined && this.#sendRoomBytes === 0)) {
      this.#isSendRefused = true;
      // A refusal with room: that comes right after it.
      if (this.#sendRoomBytes > 0) this.sendRoomBytes = this.#sendRoomBytes;
      return -Errno.AGAIN;
    }
    if (errno !== undefined) return -errno;
    const limit = Math.min(this.#sendRoomBytes, this.sendBytesMax);
    let taken = 0;
    for (const piece of pieces) {
      const part = piece.subarray(0, limit - taken);
      this.#outgoing.push(...part);
      taken += part.length;
    }
    this.#sendRoomBytes -= taken;
    return taken;
  }

  #arrive(step: Step): void {
    this.#incoming.push(step);
    this.edgeCount += 1;
  }
}

/** A listener with its queue. */
export class FakeListener {
  readonly fd: number;
  isNonBlocking = false;
  acceptCount = 0;
  /** Goes up with everything that an edge-triggered wait reports. */
  edgeCount = 0;
  /** Answered by every accept while it is set, with the queue left as it is: MFILE. */
  exhaustion: Errno | null = null;
  /** So many accepts succeed before descriptors run out; a close gives one back. */
  descriptorsLeft = Infinity;
  readonly #queue: (FakeSocket | Errno)[] = [];

  constructor(fd: number) {
    this.fd = fd;
  }

  /** A peer connects, or an accept in this place of the order answers an errno. */
  queue(entry: FakeSocket | Errno): void {
    this.#queue.push(entry);
    this.edgeCount += 1;
  }

  get queuedCount(): number {
    return this.#queue.length;
  }

  get isReadable(): boolean {
    return this.#queue.length > 0;
  }

  get isWritable(): boolean {
    return false;
  }

  noteLookedAt(): void {}

  /** A socket, or a negated errno. */
  accept(): FakeSocket | number {
    this.acceptCount += 1;
    if (!this.isNonBlocking) throw new Error('accept on a blocking listener may wait for ever');
    if (this.exhaustion !== null) return -this.exhaustion;
    if (this.descriptorsLeft === 0) return -Errno.MFILE;
    const entry = this.#queue.shift();
    if (entry === undefined) return -Errno.AGAIN;
    if (typeof entry === 'number') return -entry;
    this.descriptorsLeft -= 1;
    return entry;
  }
}
