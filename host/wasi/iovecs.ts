// A guest's list of buffers, checked and copied once into the kernel's vectors, so that what was
// checked is what is used.

import { Errno } from '../base/errno.ts';
import type { SysResult } from '../base/sys-result.ts';
import { Iovec } from './layout.ts';
import type { Sandbox } from './sandbox.ts';

/** What one system call takes; a longer list is served in part. Source: IOV_MAX, socket-wide. */
const IOVEC_COUNT_MAX = 1024;

/** As much as one system call moves; more could not be told in 32 bits. Source: write(2), NOTES. */
const TOTAL_BYTES_MAX = 0x7fff_f000;

/** The buffers of one call: `count` pairs in the kernel's vectors, none of them empty. */
export class Iovecs {
  readonly #sandbox: Sandbox;
  readonly #pairs: Int32Array;
  /** The pairs before this one are used up. */
  #first = 0;
  #end = 0;
  /** The sum of what is left. */
  remainingBytes = 0;

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
    this.#pairs = sandbox.kernel.vectors;
  }

  /**
   * Takes the first 1,024 buffers of a guest's list, and no more than 2 GiB - 4 KiB of them.
   *
   * @returns 0, or `-FAULT` when the list or one of these buffers leaves the memory.
   */
  load(listPointer: number, listCount: number): SysResult {
    const memory = this.#sandbox.memory;
    this.#first = 0;
    this.#end = 0;
    this.remainingBytes = 0;
    if (!memory.holds(listPointer, listCount * Iovec.BYTES)) return -Errno.FAULT;
    const count = Math.min(listCount, IOVEC_COUNT_MAX);
    for (let index = 0; index < count; index++) {
      const at = listPointer + index * Iovec.BYTES;
      const pointer = memory.getUint32(at + Iovec.BUF);
      const lengthBytes = memory.getUint32(at + Iovec.LEN);
      if (!memory.holds(pointer, lengthBytes)) return -Errno.FAULT;
      const takenBytes = Math.min(lengthBytes, TOTAL_BYTES_MAX - this.remainingBytes);
      if (takenBytes === 0) continue;
      this.#pairs[2 * this.#end] = pointer;
      this.#pairs[2 * this.#end + 1] = takenBytes;
      this.#end++;
      this.remainingBytes += takenBytes;
    }
    return 0;
  }

  /** The first buffer that is left. Only while {@link remainingBytes} is not 0. */
  get pointer(): number {
    return (this.#pairs[2 * this.#first] as number) >>> 0;
  }

  get lengthBytes(): number {
    return (this.#pairs[2 * this.#first + 1] as number) >>> 0;
  }

  /** Receives into what is left. @returns as the kernel's recv */
  recv(handle: number, flags: number): SysResult {
    const count = this.#pack();
    const kernel = this.#sandbox.kernel;
    return count === 1
      ? kernel.recv(handle, this.pointer, this.lengthBytes, flags)
      : kernel.recvVectors(handle, count, flags);
  }

  /** Sends what is left. @returns as the kernel's send */
  send(handle: number): SysResult {
    const count = this.#pack();
    const kernel = this.#sandbox.kernel;
    return count === 1
      ? kernel.send(handle, this.pointer, this.lengthBytes)
      : kernel.sendVectors(handle, count);
  }

  /** Takes `bytes` off the front: they have been filled or sent. */
  consume(bytes: number): void {
    this.remainingBytes -= bytes;
    let left = bytes;
    while (left > 0) {
      const lengthBytes = this.lengthBytes;
      const used = Math.min(left, lengthBytes);
      this.#pairs[2 * this.#first] = this.pointer + used;
      this.#pairs[2 * this.#first + 1] = lengthBytes - used;
      left -= used;
      if (used === lengthBytes) this.#first++;
    }
  }

  /** Moves what is left to the front, where the kernel looks. @returns how many pairs */
  #pack(): number {
    if (this.#first > 0) {
      this.#pairs.copyWithin(0, 2 * this.#first, 2 * this.#end);
      this.#end -= this.#first;
      this.#first = 0;
    }
    return this.#end;
  }
}
