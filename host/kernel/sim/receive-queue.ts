// The receiving half of a TCP connection: bytes that wait for the guest, and the window that is
// announced to the peer. A window that was closed opens only when a good piece can come: the
// silly window. Source: net/ipv4/tcp.c, tcp_cleanup_rbuf; RFC 9293, 3.8.6.2.2.

import { ByteQueue } from './byte-queue.ts';

/** What Linux lets the buffer of a loopback connection grow to by itself, about. */
const BUFFER_BYTES = 1_310_720;
/** Source: socket(7), SO_RCVBUF. */
const BUFFER_BYTES_MIN = 2304;
const BUFFER_BYTES_MAX = 2 ** 30;

export class ReceiveQueue {
  readonly bytes = new ByteQueue();
  capacityBytes = BUFFER_BYTES;
  /** All that has ever arrived. */
  receivedBytes = 0;
  /** The count of bytes up to which the peer was told that there is room. */
  windowEndBytes = 0;
  isFinReceived = false;

  /** Sets the buffer, of which Linux makes twice what was asked. @returns 0 */
  resize(valueBytes: number): number {
    const bytes = Math.min(2 * valueBytes, BUFFER_BYTES_MAX);
    this.capacityBytes = Math.max(bytes, BUFFER_BYTES_MIN);
    return 0;
  }

  push(bytes: Uint8Array): void {
    this.bytes.push(bytes);
    this.receivedBytes += bytes.length;
  }

  /** Announces what there is room for. A window never moves back. @returns its end */
  announce(): number {
    const end = this.receivedBytes + this.capacityBytes - this.bytes.lengthBytes;
    if (end > this.windowEndBytes) this.windowEndBytes = end;
    return this.windowEndBytes;
  }

  /** True when the guest has read so much that the peer should be told. */
  isWindowUpdateDue(segmentBytesMax: number): boolean {
    const nowBytes = this.windowEndBytes - this.receivedBytes;
    if (2 * nowBytes > this.capacityBytes) return false;
    const nextBytes = this.capacityBytes - this.bytes.lengthBytes;
    const worthBytes = Math.min(segmentBytesMax, this.capacityBytes);
    return nextBytes >= 2 * nowBytes && nextBytes > nowBytes && nextBytes >= worthBytes;
  }
}
