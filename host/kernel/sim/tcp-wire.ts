// What travels between two ends of a TCP connection. Nothing is lost or reordered, only late: to a
// stream, a lost segment is one that comes later. Source: RFC 9293.

import type { Happening } from './timeline.ts';

export const SegmentKind = {
  /** The listener's answer to a SYN. */
  SYN_ACK: 0,
  /** The client's answer to that: the connection stands. */
  HANDSHAKE: 1,
  DATA: 2,
  FIN: 3,
  ACK: 4,
  RST: 5,
} as const;
export type SegmentKind = (typeof SegmentKind)[keyof typeof SegmentKind];

export const SEGMENT_NAMES: readonly string[] = Object.keys(SegmentKind);

/** Where a segment can arrive: a socket, or a connection that is not complete. */
export interface SegmentTarget {
  /** When the last segment that it sent arrives: the next one does not overtake it. */
  lastArrivalNs: number;
  arrive(segment: Segment): void;
}

export class Segment implements Happening {
  readonly from: SegmentTarget;
  readonly to: SegmentTarget;
  readonly kind: SegmentKind;
  readonly bytes: Uint8Array | undefined;
  /** All bytes that the sender of the segment has received. */
  acknowledgedBytes = 0;
  isFinAcknowledged = false;
  /** Up to where it has room. */
  windowEndBytes = 0;

  constructor(from: SegmentTarget, to: SegmentTarget, kind: SegmentKind, bytes?: Uint8Array) {
    this.from = from;
    this.to = to;
    this.kind = kind;
    this.bytes = bytes;
  }

  happen(): void {
    this.to.arrive(this);
  }
}

/** The states of a TCP socket. TIME_WAIT is no socket's any more, and CLOSE to its owner. */
export const TcpState = {
  CLOSE: 0,
  LISTEN: 1,
  SYN_SENT: 2,
  ESTABLISHED: 3,
  FIN_WAIT1: 4,
  FIN_WAIT2: 5,
  CLOSE_WAIT: 6,
  CLOSING: 7,
  LAST_ACK: 8,
} as const;
export type TcpState = (typeof TcpState)[keyof typeof TcpState];

export const TCP_STATE_NAMES: readonly string[] = Object.keys(TcpState);
