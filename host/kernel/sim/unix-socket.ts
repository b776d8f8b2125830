// A unix stream socket. There is nothing between its two ends: what one does is at the other at
// once, a close is known before the next send, and bytes wait in the receiver's queue alone.
//
// Source: net/unix/af_unix.c of Linux 6.18, function by function as named below; unix(7).

import { Errno } from '../../base/errno.ts';
import type { SysResult } from '../../base/sys-result.ts';
import type { Address } from '../address.ts';
import { FileType, Readiness, Shutdown, SocketOption } from '../kernel.ts';
import { ByteQueue } from './byte-queue.ts';
import { copyBytes } from './copy-bytes.ts';
import type { Network } from './network.ts';
import { OpenFile } from './open-file.ts';

/** Source: /proc/sys/net/core/wmem_default. */
const SEND_BUFFER_BYTES = 212_992;
const SEND_BUFFER_BYTES_MIN = 4608;
/** Source: /proc/sys/net/core/rmem_default; socket(7), SO_RCVBUF. */
const RECEIVE_BUFFER_BYTES = 212_992;
const RECEIVE_BUFFER_BYTES_MIN = 2304;
const BACKLOG_MAX = 4096;

const State = { CLOSE: 0, LISTEN: 1, ESTABLISHED: 2 } as const;
type State = (typeof State)[keyof typeof State];
const STATE_NAMES = Object.keys(State);

export class UnixSocket extends OpenFile {
  readonly fileType = FileType.SOCKET_STREAM;
  readonly isSocket = true;
  readonly #network: Network;
  readonly #received = new ByteQueue();
  /** The pieces in which that was sent, and how much of the first one has been read. */
  readonly #pieces: number[] = [];
  #readBytes = 0;
  /** What the pieces take of the sender's buffer. */
  #heldBytes = 0;
  #state: State = State.CLOSE;
  #other: UnixSocket | undefined;
  #path = '';
  #ended = 0;
  #error = 0;
  #isDead = false;
  #sendBufferBytes = SEND_BUFFER_BYTES;
  // What Linux keeps for a unix socket, and never looks at.
  #receiveBufferBytes = RECEIVE_BUFFER_BYTES;
  #isReusing = false;
  #isLingerSet = false;
  #queue: UnixSocket[] = [];
  #backlog = 0;
  /** Who waits for room in the queue. */
  #waiting: (() => void)[] = [];

  constructor(network: Network) {
    super(network.rules);
    this.#network = network;
  }

  /** Two ends that are connected: a socket as a standard stream. Source: socketpair(2). */
  static pair(network: Network): [UnixSocket, UnixSocket] {
    const ends: [UnixSocket, UnixSocket] = [new UnixSocket(network), new UnixSocket(network)];
    ends[0].#join(ends[1]);
    return ends;
  }

  #join(other: UnixSocket): void {
    for (const [one, two] of [
      [this, other],
      [other, this],
    ] as const) {
      one.#state = State.ESTABLISHED;
      one.#other = two;
    }
  }

  /** unix_bind_bsd. */
  override bind(address: Address): SysResult {
    if (address.family !== 'unix') return -Errno.INVAL;
    if (this.#path !== '') return -Errno.INVAL;
    const folder = this.#network.checkFolder(address.path);
    if (folder < 0) return folder;
    if (this.#network.paths.has(address.path)) return -Errno.ADDRINUSE;
    this.#network.paths.set(address.path, this);
    this.#path = address.path;
    return 0;
  }

  /** unix_listen. */
  override listen(backlog: number): SysResult {
    if (this.#path === '') return -Errno.INVAL;
    if (this.#state === State.ESTABLISHED) return -Errno.INVAL;
    this.#backlog = Math.min(backlog >>> 0, BACKLOG_MAX);
    this.#state = State.LISTEN;
    return 0;
  }

  /** unix_stream_connect. */
  override connect(address: Address): SysResult {
    if (address.family !== 'unix') return -Errno.INVAL;
    const { paths } = this.#network;
    if (!paths.has(address.path)) {
      const folder = this.#network.checkFolder(address.path);
      return folder < 0 ? folder : -Errno.NOENT;
    }
    const listener = paths.get(address.path);
    const isListening = listener !== undefined && listener.#state === State.LISTEN;
    if (!isListening || (listener.#ended & Shutdown.READ) !== 0) return -Errno.CONNREFUSED;
    if (listener.#queue.length > listener.#backlog && this.rules.unixQueueEnds) {
      return -Errno.AGAIN;
    }
    if (this.#state !== State.CLOSE) {
      return this.#state === State.ESTABLISHED ? -Errno.ISCONN : -Errno.INVAL;
    }
    const child = new UnixSocket(this.#network);
    child.#path = listener.#path;
    child.#join(this);
    listener.#queue.push(child);
    listener.wake(Readiness.READ);
    return 0;
  }

  /** unix_accept. */
  override accept(): OpenFile | SysResult {
    if (this.#state !== State.LISTEN) return -Errno.INVAL;
    const child = this.#queue.shift();
    if (child === undefined) return -Errno.AGAIN;
    this.#tellWaiting();
    return child;
  }

  /** As a connect that blocks: `tell` is called once, when it should try again. unix_wait_for_peer. */
  waitForRoom(tell: () => void): void {
    this.#waiting.push(tell);
  }

  #tellWaiting(): void {
    for (const tell of this.#waiting.splice(0)) tell();
  }

  /** unix_stream_read_generic. */
  override recv(target: Uint8Array, at: number, lengthBytes: number, isPeek: boolean): SysResult {
    if (this.#state !== State.ESTABLISHED) {
      return this.rules.unixFreshIsInvalid ? -Errno.INVAL : -Errno.NOTCONN;
    }
    const bytes = this.#received;
    if (bytes.lengthBytes > 0) {
      if (isPeek) return bytes.peek(target, at, lengthBytes);
      const count = bytes.read(target, at, lengthBytes);
      this.#giveBack(count);
      return count;
    }
    if (this.#error !== 0) return -this.takeError();
    return (this.#ended & Shutdown.READ) !== 0 ? 0 : -Errno.AGAIN;
  }

  /** A piece's room is the sender's again once all of it has been read. */
  #giveBack(count: number): void {
    const pieces = this.#pieces;
    this.#readBytes += count;
    while (pieces.length > 0 && this.#readBytes >= (pieces[0] as number)) {
      const pieceBytes = pieces.shift() as number;
      this.#readBytes -= pieceBytes;
      this.#heldBytes -= pieceBytes;
      if (this.#other?.rules.unixRoomByPieces === true) this.#other.#tellRoom();
    }
    if (!this.rules.unixRoomByPieces && this.#other !== undefined) this.#other.#tellRoom();
  }

  #tellRoom(): void {
    if (this.#hasGoodRoom) this.wake(Readiness.WRITE);
  }

  /** unix_stream_sendmsg. */
  override send(source: Uint8Array, at: number, lengthBytes: number): SysResult {
    const other = this.#other;
    if (!this.rules.unixSendKeepsError && this.#error !== 0) return -this.takeError();
    if ((this.#ended & Shutdown.WRITE) !== 0) return -Errno.PIPE;
    if (other === undefined || this.#state !== State.ESTABLISHED) return -Errno.NOTCONN;
    if (lengthBytes === 0) return 0;
    if (other.#isDead || (other.#ended & Shutdown.READ) !== 0) return -Errno.PIPE;
    const pieceBytesMax = Math.floor(this.#sendBufferBytes / 2) - 64;
    let sentBytes = 0;
    while (sentBytes < lengthBytes) {
      const roomBytes = Math.min(pieceBytesMax, this.#sendBufferBytes - other.#heldBytes);
      const count = Math.min(lengthBytes - sentBytes, roomBytes);
      if (count <= 0) break;
      other.#received.push(copyBytes(source, at + sentBytes, count));
      other.#pieces.push(count);
      other.#heldBytes += count;
      sentBytes += count;
      other.wake(Readiness.READ);
    }
    return sentBytes > 0 ? sentBytes : -Errno.AGAIN;
  }

  /** unix_shutdown: it reaches the other end at once, in both directions. */
  override shutdown(how: Shutdown): SysResult {
    this.#ended |= how;
    if (this.rules.shutdownIsEvent) this.wake(0);
    const other = this.#other;
    if (other === undefined) return 0;
    if ((how & Shutdown.WRITE) !== 0) other.#ended |= Shutdown.READ;
    if ((how & Shutdown.READ) !== 0 && this.rules.unixReadEndReaches) {
      other.#ended |= Shutdown.WRITE;
    }
    other.wake(0);
    return 0;
  }

  /** unix_poll. */
  override poll(): number {
    if (this.#state === State.LISTEN) {
      const ended = (this.#ended & Shutdown.READ) !== 0;
      const isReady = ended || this.#queue.length > 0;
      return (isReady ? Readiness.READ : 0) | (ended ? Readiness.READ_HANGUP : 0);
    }
    let readiness = this.#hasGoodRoom ? Readiness.WRITE : 0;
    if (this.#error !== 0) readiness |= Readiness.ERROR;
    if (this.#ended === Shutdown.BOTH || this.#state === State.CLOSE) readiness |= Readiness.HANGUP;
    if ((this.#ended & Shutdown.READ) !== 0) readiness |= Readiness.READ | Readiness.READ_HANGUP;
    if (this.#received.lengthBytes > 0) readiness |= Readiness.READ;
    return readiness;
  }

  /** unix_writable: three quarters of the buffer are free. */
  get #hasGoodRoom(): boolean {
    const queuedBytes = this.#other === undefined ? 0 : this.#other.#heldBytes;
    const shareBytes = this.rules.unixWritableAtThreeQuarters ? 4 * queuedBytes : queuedBytes + 1;
    return shareBytes <= this.#sendBufferBytes;
  }

  override takeError(): SysResult {
    const error = this.#error;
    this.#error = 0;
    return error;
  }

  override setOption(option: SocketOption, value: number): SysResult {
    switch (option) {
      case SocketOption.NO_DELAY:
        return value === 0 || value === 1 ? -Errno.NOPROTOOPT : -Errno.INVAL;
      case SocketOption.REUSE_ADDRESS:
        if (value !== 0 && value !== 1) return -Errno.INVAL;
        this.#isReusing = value === 1;
        return 0;
      case SocketOption.LINGER:
        if (value < -1) return -Errno.INVAL;
        if (value > 0) return -Errno.NOTSUP;
        this.#isLingerSet = value === 0;
        return 0;
      case SocketOption.SEND_BUFFER:
        if (value < 0) return -Errno.INVAL;
        this.#sendBufferBytes = Math.max(Math.min(2 * value, 2 ** 30), SEND_BUFFER_BYTES_MIN);
        return 0;
      case SocketOption.RECEIVE_BUFFER:
        if (value < 0) return -Errno.INVAL;
        this.#receiveBufferBytes = Math.max(Math.min(2 * value, 2 ** 30), RECEIVE_BUFFER_BYTES_MIN);
        return 0;
      default:
        return -Errno.INVAL;
    }
  }

  override getOption(option: SocketOption): SysResult {
    switch (option) {
      case SocketOption.NO_DELAY:
        return -Errno.NOPROTOOPT;
      case SocketOption.REUSE_ADDRESS:
        return Number(this.#isReusing);
      case SocketOption.LINGER:
        return Number(this.#isLingerSet);
      case SocketOption.SEND_BUFFER:
        return this.#sendBufferBytes;
      case SocketOption.RECEIVE_BUFFER:
        return this.#receiveBufferBytes;
      default:
        return -Errno.INVAL;
    }
  }

  override localAddress(): Address {
    return { family: 'unix', path: this.#path };
  }

  override peerAddress(): Address | SysResult {
    return this.#other === undefined ? -Errno.NOTCONN : this.#other.localAddress();
  }

  /** Its queue ends with its path, which is its owner's to remove. */
  override stopQueueing(): SysResult {
    return this.#state === State.LISTEN ? 0 : -Errno.INVAL;
  }

  override read(target: Uint8Array, at: number, lengthBytes: number): SysResult {
    return this.recv(target, at, lengthBytes, false);
  }

  override write(source: Uint8Array, at: number, lengthBytes: number): SysResult {
    return this.send(source, at, lengthBytes);
  }

  /** unix_release_sock. The path stays. */
  override release(): void {
    this.#release(false);
    if (this.#network.paths.get(this.#path) === this) {
      if (this.rules.unixPathStays) this.#network.paths.set(this.#path, undefined);
      else this.#network.paths.delete(this.#path);
    }
  }

  /** @param wasQueued true for a connection that no one accepted. */
  #release(wasQueued: boolean): void {
    const other = this.#other;
    const isUnread = this.#received.lengthBytes > 0;
    this.#isDead = true;
    this.#ended = Shutdown.BOTH;
    this.#state = State.CLOSE;
    if (other !== undefined && !other.#isDead) {
      other.#ended = Shutdown.BOTH;
      if ((isUnread && this.rules.unixCloseWithUnreadResets) || wasQueued) {
        other.#error = Errno.CONNRESET;
      }
      other.wake(0);
    }
    this.#received.clear();
    for (const child of this.#queue.splice(0)) child.#release(true);
    this.#tellWaiting();
  }

  // ---- for inspection -------------------------------------------------------------------------

  get stateName(): string {
    return STATE_NAMES[this.#state] as string;
  }

  get isListening(): boolean {
    return this.#state === State.LISTEN;
  }

  /** Of a listener: connections that wait to be accepted. */
  get queuedCount(): number {
    return this.#queue.length;
  }

  /** Bytes that wait to be received. */
  get receivedBytes(): number {
    return this.#received.lengthBytes;
  }

  /** Bytes that were sent and that the other end has not received. */
  get unreceivedBytes(): number {
    return this.#other === undefined ? 0 : this.#other.receivedBytes;
  }
}
