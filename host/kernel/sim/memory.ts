// The memory of a guest, as its kernel reaches it: checked pieces, and lists of pieces.

import { Errno } from '../../base/errno.ts';
import type { SysResult } from '../../base/sys-result.ts';

/** What one call with vectors moves at most: more of it is a short read or write. */
const VECTORS_BYTES_MAX = 16 << 20;

export class GuestMemory {
  bytes = new Uint8Array(0);

  attach(buffer: ArrayBuffer): void {
    this.bytes = new Uint8Array(buffer);
  }

  /**
   * Where a piece begins. Negative numbers are the upper half of 32 bits, as WebAssembly has them.
   *
   * @returns its offset; `-INVAL` for what is no number, `-FAULT` for what is not inside.
   */
  check(pointer: number, lengthBytes: number): SysResult {
    const { length } = this.bytes;
    const at = pointer < 0 ? pointer + 0x1_0000_0000 : pointer;
    const count = lengthBytes < 0 ? lengthBytes + 0x1_0000_0000 : lengthBytes;
    if (at + count <= length && length > 0 && isWhole(at) && isWhole(count)) return at;
    return Number.isNaN(pointer) || Number.isNaN(lengthBytes) ? -Errno.INVAL : -Errno.FAULT;
  }

  /** Checks the first `count` (pointer, length) pairs. @returns 0, `-FAULT` */
  checkVectors(pairs: Int32Array, count: number): SysResult {
    for (let at = 0; at < 2 * count; at += 2) {
      const checked = this.check(pairs[at] as number, pairs[at + 1] as number);
      if (checked < 0) return checked;
    }
    return 0;
  }

  /** Room for what the first `count` pairs have room for, 16 MiB at most. */
  scratch(pairs: Int32Array, count: number): Uint8Array {
    let lengthBytes = 0;
    for (let at = 1; at < 2 * count; at += 2) lengthBytes += (pairs[at] as number) >>> 0;
    return new Uint8Array(Math.min(lengthBytes, VECTORS_BYTES_MAX));
  }

  /** What the first `count` pairs hold, one behind the other, 16 MiB at most. */
  gather(pairs: Int32Array, count: number): Uint8Array {
    const gathered = this.scratch(pairs, count);
    let filledBytes = 0;
    for (let at = 0; at < 2 * count && filledBytes < gathered.length; at += 2) {
      const from = (pairs[at] as number) >>> 0;
      const wantedBytes = (pairs[at + 1] as number) >>> 0;
      const lengthBytes = Math.min(wantedBytes, gathered.length - filledBytes);
      gathered.set(this.bytes.subarray(from, from + lengthBytes), filledBytes);
      filledBytes += lengthBytes;
    }
    return gathered;
  }

  /** Fills the pieces in order. */
  scatter(pairs: Int32Array, count: number, source: Uint8Array): void {
    let doneBytes = 0;
    for (let at = 0; at < 2 * count && doneBytes < source.length; at += 2) {
      const to = (pairs[at] as number) >>> 0;
      const piece = source.subarray(doneBytes, doneBytes + ((pairs[at + 1] as number) >>> 0));
      this.bytes.set(piece, to);
      doneBytes += piece.length;
    }
  }
}

/** A pointer that is whole, and not below 0 even as the upper half of 32 bits. */
function isWhole(value: number): boolean {
  return value >= 0 && Number.isInteger(value);
}
