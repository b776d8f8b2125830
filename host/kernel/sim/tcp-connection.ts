// What a TCP connection does by itself: what arrives, what leaves, and how it ends. The calls of
// its owner are in tcp-socket.ts.
//
//     CLOSE ─► SYN_SENT ─► ESTABLISHED ─► FIN_WAIT1 ─► FIN_WAIT2 ─► CLOSE      we end first
//       │                       │             └─► CLOSING ─► CLOSE             both at once
//       └─► LISTEN              └─► CLOSE_WAIT ─► LAST_ACK ─► CLOSE            the peer ends first
//
// Source: net/ipv4/tcp_input.c of Linux 6.18 (tcp_rcv_state_process, tcp_reset, tcp_fin) and
// tcp.c (__tcp_close, tcp_disconnect); RFC 9293.

import { Errno } from '../../base/errno.ts';
import type { SysResult } from '../../base/sys-result.ts';
import { Readiness, Shutdown } from '../kernel.ts';
import { ConnectAttempt } from './connect-attempt.ts';
import { copyBytes } from './copy-bytes.ts';
import type { Network } from './network.ts';
import { OpenFile } from './open-file.ts';
import type { InetAddress } from './ports.ts';
import { ReceiveQueue } from './receive-queue.ts';
import { SendQueue } from './send-queue.ts';
import type { TcpSocket } from './tcp-socket.ts';
import { Segment, SegmentKind, type SegmentTarget, TcpState } from './tcp-wire.ts';

export abstract class TcpConnection extends OpenFile implements SegmentTarget {
  readonly network: Network;
  state: TcpState = TcpState.CLOSE;
  /** The directions that are over: bits of `Shutdown`. */
  ended = 0;
  /** The pending error, 0 for none. */
  error = 0;
  local: InetAddress;
  peer: InetAddress | undefined;
  /** Where our segments go. */
  remote: SegmentTarget | undefined;
  lastArrivalNs = 0;
  isReusing = true;
  isNoDelay = true;
  resetsOnClose = false;
  /** The owner has closed it: no one is told anything any more. */
  isOrphan = false;
  readonly sending: SendQueue;
  readonly received: ReceiveQueue;
  // Of a listener: complete connections, and how many more than `backlog` is one too many.
  queue: TcpSocket[] = [];
  backlog = 0;
  isQueueStopped = false;
  /** Someone asked for room and was refused: tell when there is some. Source: SOCK_NOSPACE. */
  #isRoomAwaited = false;
  #attempt: ConnectAttempt | undefined;

  constructor(network: Network, family: InetAddress['family']) {
    super(network.rules);
    this.network = network;
    this.local = { family, host: family === 'ipv4' ? '0.0.0.0' : '::', port: 0 };
    this.sending = new SendQueue(network.rules);
    this.received = new ReceiveQueue();
  }

  protected abstract makeChild(): TcpSocket;

  get isListening(): boolean {
    return this.state === TcpState.LISTEN;
  }

  get isConnecting(): boolean {
    return this.state === TcpState.SYN_SENT;
  }

  get isOver(): boolean {
    return this.state === TcpState.CLOSE;
  }

  get isQueueFull(): boolean {
    const countMax = this.rules.queueHoldsOneMore ? this.backlog + 1 : this.backlog;
    return this.queue.length >= countMax;
  }

  get receiveBufferBytes(): number {
    return this.received.capacityBytes;
  }

  /** Bytes that wait to be received. */
  get receivedBytes(): number {
    return this.received.bytes.lengthBytes;
  }

  /** Takes the pending error off. @returns its errno, 0 for none. */
  takePending(): number {
    const { error } = this;
    if (this.rules.errorOnce) this.error = 0;
    return error;
  }

  // ---- beginning ------------------------------------------------------------------------------

  bindTo(address: InetAddress): SysResult {
    if (address.port === 0) return -Errno.ADDRINUSE;
    this.local = address;
    this.network.ports.add(this);
    return 0;
  }

  unbind(): void {
    this.network.ports.remove(this);
  }

  startConnecting(address: InetAddress): void {
    this.state = TcpState.SYN_SENT;
    this.peer = address;
    this.#attempt = new ConnectAttempt(this, address, () => this.#fail(Errno.TIMEDOUT));
  }

  /** Of a listener: `client` is connected, and waits to be accepted. @returns its other end */
  queueChild(client: TcpConnection): TcpSocket {
    const child = this.makeChild();
    child.state = TcpState.ESTABLISHED;
    child.local = addressFor(this.local, client.peer as InetAddress);
    child.peer = addressFor(this.local, client.local);
    child.remote = client;
    client.remote = child;
    child.sending.bufferBytes = this.sending.bufferBytes;
    child.sending.capacityBytes = this.sending.capacityBytes;
    child.received.capacityBytes = this.received.capacityBytes;
    child.received.announce();
    child.sending.acknowledge(0, client.received.windowEndBytes);
    child.resetsOnClose = this.resetsOnClose;
    child.isReusing = this.isReusing;
    child.isNoDelay = this.isNoDelay;
    this.network.ports.add(child);
    this.queue.push(child);
    this.wake(Readiness.READ);
    return child;
  }

  // ---- sending --------------------------------------------------------------------------------

  /** Takes what there is room for. @returns how many bytes, `-AGAIN` for none. */
  queueBytes(source: Uint8Array, at: number, lengthBytes: number): SysResult {
    if (lengthBytes === 0) return 0;
    const count = Math.min(lengthBytes, this.sending.freeBytes);
    if (count < lengthBytes) this.#isRoomAwaited = true;
    if (count <= 0 || (count < lengthBytes && !this.rules.sendTakesPart)) return -Errno.AGAIN;
    this.sending.push(copyBytes(source, at, count));
    this.#pump();
    return count;
  }

  /** Room for sending, as `poll` tells it; and when there is none, who asked is told later. */
  pollRoom(): boolean {
    if ((this.ended & Shutdown.WRITE) !== 0) return this.rules.endIsWritable;
    if (this.sending.isWritable) return true;
    this.#isRoomAwaited = true;
    return false;
  }

  override peek(): number {
    const isRoomAwaited = this.#isRoomAwaited;
    const readiness = this.poll();
    this.#isRoomAwaited = isRoomAwaited;
    return readiness;
  }

  /** tcp_close_state: ends our side, behind what is still to be sent. */
  endSending(): void {
    if (this.state === TcpState.ESTABLISHED) this.state = TcpState.FIN_WAIT1;
    else if (this.state === TcpState.CLOSE_WAIT) this.state = TcpState.LAST_ACK;
    else return;
    this.sending.isFinQueued = true;
    this.#pump();
  }

  #pump(): void {
    const { sending, network } = this;
    for (;;) {
      const bytes = sending.takeSegment(network.nextSegmentBytesMax());
      if (bytes === undefined) break;
      this.#transmit(SegmentKind.DATA, bytes);
    }
    const isDone = sending.unsentBytes === 0 || !this.rules.endAfterData;
    if (sending.isFinQueued && !sending.isFinSent && isDone) {
      sending.isFinSent = true;
      this.#transmit(SegmentKind.FIN);
    }
  }

  #transmit(kind: SegmentKind, bytes?: Uint8Array): void {
    if (this.remote === undefined) return;
    this.network.transmit(new Segment(this, this.remote, kind, bytes));
  }

  #acknowledge(): void {
    if (this.remote === undefined) return;
    const segment = new Segment(this, this.remote, SegmentKind.ACK);
    segment.acknowledgedBytes = this.received.receivedBytes;
    segment.isFinAcknowledged = this.received.isFinReceived;
    segment.windowEndBytes = this.received.announce();
    this.network.transmit(segment);
  }

  /** The owner has read: the peer may have to know of the room. */
  afterRead(): void {
    if ((this.ended & Shutdown.READ) !== 0 || this.state === TcpState.CLOSE) return;
    if (this.received.isWindowUpdateDue(this.network.segmentBytesMax)) this.#acknowledge();
  }

  // ---- arriving -------------------------------------------------------------------------------

  arrive(segment: Segment): void {
    switch (segment.kind) {
      case SegmentKind.SYN_ACK:
        this.#arriveSynAck(segment);
        return;
      case SegmentKind.DATA:
        this.#arriveData(segment.bytes as Uint8Array);
        return;
      case SegmentKind.FIN:
        this.#arriveFin();
        return;
      case SegmentKind.ACK:
        this.#arriveAck(segment);
        return;
      case SegmentKind.RST:
        this.#arriveReset();
        return;
      case SegmentKind.HANDSHAKE:
      // What it was for has happened: the connection was queued when it came.
    }
  }

  #arriveSynAck(segment: Segment): void {
    this.remote = segment.from;
    if (this.state !== TcpState.SYN_SENT) {
      this.#transmit(SegmentKind.RST);
      return;
    }
    this.#attempt?.end();
    this.state = TcpState.ESTABLISHED;
    this.sending.acknowledge(0, segment.windowEndBytes);
    this.received.announce();
    this.#transmit(SegmentKind.HANDSHAKE);
    this.wake(0);
  }

  #arriveData(bytes: Uint8Array): void {
    if (this.state === TcpState.CLOSE) {
      if (this.rules.closedAnswersReset) this.#transmit(SegmentKind.RST);
      return;
    }
    const isOurEndSent = this.state === TcpState.FIN_WAIT1 || this.state === TcpState.FIN_WAIT2;
    if (isOurEndSent && (this.ended & Shutdown.READ) !== 0 && this.rules.closedAnswersReset) {
      this.#transmit(SegmentKind.RST);
      this.#fail(Errno.CONNRESET);
      return;
    }
    this.received.push(bytes);
    this.#acknowledge();
    this.wake(Readiness.READ);
  }

  #arriveFin(): void {
    if (this.state === TcpState.CLOSE) return;
    this.ended |= Shutdown.READ;
    if (!this.rules.halfCloseKeepsSending) this.ended |= Shutdown.WRITE;
    this.received.isFinReceived = true;
    this.#acknowledge();
    if (this.state === TcpState.ESTABLISHED) this.state = TcpState.CLOSE_WAIT;
    else if (this.state === TcpState.FIN_WAIT1) this.state = TcpState.CLOSING;
    else if (this.state === TcpState.FIN_WAIT2) this.#finish();
    this.wake(0);
  }

  #arriveAck(segment: Segment): void {
    if (this.state === TcpState.CLOSE) return;
    this.sending.acknowledge(segment.acknowledgedBytes, segment.windowEndBytes);
    if (segment.isFinAcknowledged && this.sending.isFinSent) this.#endAcknowledged();
    if (this.isOver) return;
    this.#pump();
    if (this.rules.roomToldOnce && !this.#isRoomAwaited) return;
    if (!this.sending.isWritable) return;
    this.#isRoomAwaited = false;
    this.wake(Readiness.WRITE);
  }

  #endAcknowledged(): void {
    if (this.state === TcpState.FIN_WAIT1) {
      this.state = TcpState.FIN_WAIT2;
      this.wake(0);
    } else if (this.state === TcpState.CLOSING || this.state === TcpState.LAST_ACK) {
      this.#finish();
    }
  }

  /** tcp_reset. What has been received stays to be read. */
  #arriveReset(): void {
    if (this.state === TcpState.CLOSE) return;
    if (this.state === TcpState.SYN_SENT) this.#fail(Errno.CONNREFUSED);
    else if (this.state === TcpState.CLOSE_WAIT && this.rules.resetAfterEndIsPipe) {
      this.#fail(Errno.PIPE);
    } else this.#fail(Errno.CONNRESET);
  }

  // ---- ending ---------------------------------------------------------------------------------

  #fail(error: Errno): void {
    this.error = error;
    this.sending.purge();
    if (!this.rules.resetKeepsData) this.received.bytes.clear();
    this.#finish();
    this.wake(Readiness.ERROR);
  }

  /** tcp_done: nothing more will come or go. */
  #finish(): void {
    this.#attempt?.end();
    this.state = TcpState.CLOSE;
    this.ended = Shutdown.BOTH;
    this.unbind();
    this.wake(0);
  }

  /** tcp_disconnect: back to a fresh socket, and the peer is reset. */
  disconnect(): void {
    const { state } = this;
    this.#attempt?.end();
    this.state = TcpState.CLOSE;
    if (state === TcpState.LISTEN) this.#dropQueue();
    else if (state !== TcpState.CLOSE) {
      if (needsReset(state)) this.#transmit(SegmentKind.RST);
      this.error = Errno.CONNRESET;
    }
    this.ended = 0;
    this.sending.purge();
    this.received.bytes.clear();
    this.received.isFinReceived = false;
    this.wake(Readiness.ERROR);
  }

  /** __tcp_close. */
  release(): void {
    this.isOrphan = true;
    const { state, rules } = this;
    const isUnread = this.received.bytes.lengthBytes > 0;
    if (state === TcpState.LISTEN) {
      this.disconnect();
    } else if (state !== TcpState.CLOSE) {
      if (isUnread && rules.closeWithUnreadResets) this.#abort();
      else if (this.resetsOnClose && rules.lingerZeroResets) this.disconnect();
      else {
        this.ended = Shutdown.BOTH;
        if (state === TcpState.SYN_SENT) this.disconnect();
        else this.endSending();
      }
    }
    this.ended = Shutdown.BOTH;
    this.received.bytes.clear();
    if (this.state === TcpState.CLOSE) this.unbind();
  }

  #abort(): void {
    this.#transmit(SegmentKind.RST);
    this.sending.purge();
    this.state = TcpState.CLOSE;
  }

  /** inet_csk_listen_stop: whoever was not accepted is reset. */
  #dropQueue(): void {
    for (const child of this.queue.splice(0)) {
      child.isOrphan = true;
      if (this.rules.closedQueueIsReset) child.disconnect();
      else child.release();
      child.unbind();
    }
    this.isQueueStopped = false;
  }

  /** Only for the rule that a peer which has closed is not known to be gone before its reset. */
  get isPeerKnownGone(): boolean {
    const { remote, rules } = this;
    return !rules.sendFindsOut && remote instanceof TcpConnection && remote.isOrphan;
  }
}

function needsReset(state: TcpState): boolean {
  return (
    state === TcpState.ESTABLISHED ||
    state === TcpState.CLOSE_WAIT ||
    state === TcpState.FIN_WAIT1 ||
    state === TcpState.FIN_WAIT2
  );
}

/** An address as a listener's family writes it. */
function addressFor({ family }: InetAddress, address: InetAddress): InetAddress {
  const isMapped = family === 'ipv6' && address.family === 'ipv4';
  return { ...address, family, host: isMapped ? `::ffff:${address.host}` : address.host };
}
