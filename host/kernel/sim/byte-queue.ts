// Bytes in order, held as the pieces they came in: what a socket or pipe has to hand out. Costs
// memory only for what it holds. Mostly that is one piece: it has a place of its own, and the list
// of the others is not touched.

const NONE: Uint8Array = new Uint8Array(0);

export class ByteQueue {
  /** The piece that is next, and how much of it has gone. */
  #piece = NONE;
  #skip = 0;
  /** The pieces behind it, from `next` on. */
  #others: Uint8Array[] = [];
  #next = 0;
  lengthBytes = 0;

  /** Appends. The queue keeps `bytes` itself: the caller must not change them any more. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.lengthBytes === 0) this.#piece = bytes;
    else this.#others.push(bytes);
    this.lengthBytes += bytes.length;
  }

  /** Copies at most `lengthBytes` from the front to `target`, and leaves them. @returns how many */
  peek(target: Uint8Array, at: number, lengthBytes: number): number {
    const wantedBytes = Math.min(lengthBytes, this.lengthBytes);
    let doneBytes = Math.min(wantedBytes, this.#piece.length - this.#skip);
    copy(this.#piece, this.#skip, doneBytes, target, at);
    for (let index = this.#next; doneBytes < wantedBytes; index++) {
      const piece = this.#others[index] as Uint8Array;
      const count = Math.min(wantedBytes - doneBytes, piece.length);
      copy(piece, 0, count, target, at + doneBytes);
      doneBytes += count;
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
    this.#skip += count;
    while (this.#skip >= this.#piece.length && this.#next < this.#others.length) {
      this.#skip -= this.#piece.length;
      this.#piece = this.#others[this.#next++] as Uint8Array;
    }
    if (this.lengthBytes === 0) this.clear();
    else if (this.#next > 64 && 2 * this.#next > this.#others.length) {
      this.#others.splice(0, this.#next);
      this.#next = 0;
    }
  }

  /** The first piece, in place. Only when not empty. */
  front(): Uint8Array {
    return this.#skip === 0 ? this.#piece : this.#piece.subarray(this.#skip);
  }

  /** Takes a piece of at most `bytesMax` from the front, without a copy. Only when not empty. */
  take(bytesMax: number): Uint8Array {
    const piece = this.#piece;
    const count = Math.min(bytesMax, piece.length - this.#skip);
    const part = count === piece.length ? piece : piece.subarray(this.#skip, this.#skip + count);
    this.drop(count);
    return part;
  }

  clear(): void {
    this.#piece = NONE;
    this.#skip = 0;
    if (this.#others.length > 0) this.#others = [];
    this.#next = 0;
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
