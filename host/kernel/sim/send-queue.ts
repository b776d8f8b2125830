// The sending half of a TCP connection: bytes that wait for the window, bytes that wait for their
// acknowledgement, and behind them the end (FIN). What is sent is never lost here, so a byte on its
// way is only counted.
//
//     taken from the caller ──►  | unacknowledged | unsent |  ◄── capacityBytes
//                                 0 <= sum <= capacityBytes
//
// Source: net/ipv4/tcp.c, tcp_sendmsg_locked; include/net/sock.h, sk_stream_is_writeable.

import { ByteQueue } from './byte-queue.ts';
import type { Rules } from './rules.ts';

/** What Linux lets the buffer of a loopback connection grow to by itself, about. */
const BUFFER_BYTES = 2_621_440;
/** Source: socket(7), SO_SNDBUF. */
const BUFFER_BYTES_MIN = 4608;
const BUFFER_BYTES_MAX = 2 ** 30;

export class SendQueue {
  readonly #rules: Rules;
  readonly #unsent = new ByteQueue();
  /** What SO_SNDBUF says. */
  bufferBytes = BUFFER_BYTES;
  capacityBytes = payloadBytes(BUFFER_BYTES);
  #sentBytes = 0;
  #acknowledgedBytes = 0;
  /** The count of bytes, since the beginning, up to which the peer has room. */
  #windowEndBytes = 0;
  isFinQueued = false;
  isFinSent = false;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  /** Sets the buffer, of which Linux makes twice what was asked. @returns 0 */
  resize(valueBytes: number): number {
    const bytes = Math.min(2 * valueBytes, BUFFER_BYTES_MAX);
    this.bufferBytes = Math.max(bytes, BUFFER_BYTES_MIN);
    this.capacityBytes = payloadBytes(this.bufferBytes);
    return 0;
  }

  /** What the caller's `send` has handed in and the peer has not acknowledged. */
  get queuedBytes(): number {
    return this.unacknowledgedBytes + this.#unsent.lengthBytes;
  }

  get unacknowledgedBytes(): number {
    return this.#sentBytes - this.#acknowledgedBytes;
  }

  get unsentBytes(): number {
    return this.#unsent.lengthBytes;
  }

  /** The room that the peer has announced and that is not used yet. */
  get windowBytes(): number {
    return this.#windowEndBytes - this.#sentBytes;
  }

  get freeBytes(): number {
    return this.#rules.sendBufferEnds ? this.capacityBytes - this.queuedBytes : Infinity;
  }

  /** True when at least a third of the buffer is free: one free byte is not worth a wake-up. */
  get isWritable(): boolean {
    const free = this.freeBytes;
    return this.#rules.writableAtOneThird ? free > 0 && 2 * free >= this.queuedBytes : free > 0;
  }

  /** Takes bytes in. The queue keeps them. */
  push(bytes: Uint8Array): void {
    this.#unsent.push(bytes);
  }

  /** The next piece that the window lets go, or undefined. */
  takeSegment(bytesMax: number): Uint8Array | undefined {
    const window = this.#rules.windowEnds ? this.windowBytes : Infinity;
    if (window <= 0 || this.#unsent.lengthBytes === 0) return undefined;
    const bytes = this.#unsent.take(Math.min(window, bytesMax));
    this.#sentBytes += bytes.length;
    return bytes;
  }

  /** The peer has everything up to `acknowledgedBytes`, and room up to `windowEndBytes`. */
  acknowledge(acknowledgedBytes: number, windowEndBytes: number): void {
    if (acknowledgedBytes > this.#acknowledgedBytes) this.#acknowledgedBytes = acknowledgedBytes;
    if (windowEndBytes > this.#windowEndBytes) this.#windowEndBytes = windowEndBytes;
  }

  /** Forgets what was not delivered: the connection is over. */
  purge(): void {
    this.#unsent.clear();
    this.#acknowledgedBytes = this.#sentBytes;
  }
}

/** A part of a buffer goes to what the system notes of each segment. How much varies by version. */
function payloadBytes(bufferBytes: number): number {
  return Math.floor((bufferBytes * 15) / 16);
}
