// Bytes in order, held as the pieces they came in: what a socket or pipe has to hand out. Costs
// memory only for what it holds.

export class ByteQueue {
  #pieces: Uint8Array[] = [];
  /** The piece that is next, and how much of it has gone. */
  #first = 0;
  #skip = 0;
  lengthBytes = 0;

  /** Appends. The queue keeps `bytes` itself: the caller must not change them any more. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.lengthBytes += bytes.length;
  }

  /** Copies at most `lengthBytes` from the front to `target`, and leaves them. @returns how many */
  peek(target: Uint8Array, at: number, lengthBytes: number): number {
    let index = this.#first;
    let skip = this.#skip;
    let doneBytes = 0;
    while (doneBytes < lengthBytes && index < this.#pieces.length) {
      const piece = this.#pieces[index] as Uint8Array;
      const count = Math.min(lengthBytes - doneBytes, piece.length - skip);
      copy(piece, skip, count, target, at + doneBytes);
      doneBytes += count;
      skip = 0;
      index++;
    }
    return doneBytes;
  }

  /** As {@link peek}, and drops them. */
  read(target: Uint8Array, at: number, lengthBytes: number): number {
    const count = this.peek(target, at, lengthBytes);
    this.drop(count);
    return count;
  }

  /** Drops `count` bytes, which are there. */
  drop(count: number): void {
    this.lengthBytes -= count;
    let left = count;
    while (left > 0) {
      const rest = (this.#pieces[this.#first] as Uint8Array).length - this.#skip;
      if (left < rest) {
        this.#skip += left;
        return;
      }
      left -= rest;
      this.#first++;
      this.#skip = 0;
    }
    if (this.#first === this.#pieces.length) {
      // Mostly one: quicker than setting the length.
      while (this.#pieces.length > 0) this.#pieces.pop();
      this.#first = 0;
    } else if (this.#first > 64 && 2 * this.#first > this.#pieces.length) {
      this.#pieces.splice(0, this.#first);
      this.#first = 0;
    }
  }

  /** The first piece, in place. Only when not empty. */
  front(): Uint8Array {
    const piece = this.#pieces[this.#first] as Uint8Array;
    return this.#skip === 0 ? piece : piece.subarray(this.#skip);
  }

  /** Takes a piece of at most `bytesMax` from the front, without a copy. Only when not empty. */
  take(bytesMax: number): Uint8Array {
    const piece = this.#pieces[this.#first] as Uint8Array;
    const count = Math.min(bytesMax, piece.length - this.#skip);
    const part = count === piece.length ? piece : piece.subarray(this.#skip, this.#skip + count);
    this.drop(count);
    return part;
  }

  clear(): void {
    this.#pieces = [];
    this.#first = 0;
    this.#skip = 0;
    this.lengthBytes = 0;
  }
}

/** Below this many bytes, a loop is quicker than the view that `set` needs. */
const LOOP_BYTES_MAX = 128;

function copy(from: Uint8Array, skip: number, count: number, to: Uint8Array, at: number): void {
  if (count === from.length) {
    to.set(from, at);
  } else if (count <= LOOP_BYTES_MAX) {
    for (let index = 0; index < count; index++) to[at + index] = from[skip + index] as number;
  } else {
    to.set(from.subarray(skip, skip + count), at);
  }
}
