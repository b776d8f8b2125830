// A connection that a listener has answered and that does not stand yet. It stands with the
// client's answer, if the queue has room then; if not, the answer is dropped, and the listener asks
// again: after 1, 2, 4, 8 and 16 seconds more. Meanwhile the client believes itself connected.
//
// Source: net/ipv4/tcp_minisocks.c, tcp_check_req; tcp_synack_retries in tcp(7).

import { NS_PER_S } from '../../base/units.ts';
import type { TcpConnection } from './tcp-connection.ts';
import { Segment, SegmentKind, type SegmentTarget } from './tcp-wire.ts';
import type { Appointment } from './timeline.ts';

const RETRIES_MAX = 5;

export class HalfOpen implements SegmentTarget {
  readonly listener: TcpConnection;
  readonly client: TcpConnection;
  lastArrivalNs = 0;
  readonly #held: Segment[] = [];
  #child: TcpConnection | undefined;
  #isGone = false;
  #retries = 0;
  #timer: Appointment | undefined;

  constructor(listener: TcpConnection, client: TcpConnection) {
    this.listener = listener;
    this.client = client;
  }

  /** Answers the client's SYN. */
  answer(): void {
    const segment = new Segment(this, this.client, SegmentKind.SYN_ACK);
    segment.windowEndBytes = this.listener.receiveBufferBytes;
    this.listener.network.transmit(segment);
  }

  arrive(segment: Segment): void {
    if (this.#child !== undefined) this.#child.arrive(segment);
    else if (segment.kind === SegmentKind.RST) this.#isGone = true;
    else if (this.#isGone) this.#refuse();
    else {
      if (segment.kind !== SegmentKind.HANDSHAKE) this.#held.push(segment);
      this.#establish();
    }
  }

  #establish(): void {
    if (!this.listener.isListening) {
      // The listener was closed, and what was not complete has gone with it.
      this.#isGone = true;
      if (this.#held.length > 0) this.#refuse();
      return;
    }
    if (this.listener.isQueueFull) {
      this.#timer ??= this.#startTimer();
      return;
    }
    this.#timer?.cancel();
    this.#child = this.listener.queueChild(this.client);
    for (const segment of this.#held.splice(0)) this.#child.arrive(segment);
  }

  #startTimer(): Appointment {
    const delayNs = 2 ** this.#retries * NS_PER_S;
    return this.listener.network.timeline.startTimer(delayNs, { happen: () => this.#retry() });
  }

  #retry(): void {
    this.#timer = undefined;
    if (this.#retries++ === RETRIES_MAX) this.#isGone = true;
    else this.#establish();
  }

  #refuse(): void {
    this.listener.network.transmit(new Segment(this, this.client, SegmentKind.RST));
  }
}
