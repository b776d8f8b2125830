// Bytes that are appended to and never taken away: one buffer that doubles, so that a million small
// pieces cost their bytes and no more.

const CAPACITY_BYTES_MIN = 256;

export class ByteList {
  #bytes = new Uint8Array(0);
  /** How much there is. Whoever fills what {@link reserve} gave adds to it. */
  lengthBytes = 0;

  /** Copies `bytes` behind what is there. */
  append(bytes: Uint8Array): void {
    this.reserve(bytes.length).set(bytes, this.lengthBytes);
    this.lengthBytes += bytes.length;
  }

  /**
   * Makes room for `count` bytes more. @returns the buffer, to be filled from `lengthBytes` on, which
   * the caller then moves; good until the next call
   */
  reserve(count: number): Uint8Array {
    const needBytes = this.lengthBytes + count;
    if (needBytes > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needBytes, 2 * this.#bytes.length, CAPACITY_BYTES_MIN));
      grown.set(this.#bytes.subarray(0, this.lengthBytes));
      this.#bytes = grown;
    }
    return this.#bytes;
  }

  /** A copy of what is there from `from` up to `end`, as {@link Uint8Array.slice}. */
  slice(from = 0, end = this.lengthBytes): Uint8Array {
    return this.#bytes.slice(from, end);
  }
}
