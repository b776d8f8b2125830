// Copies of small pieces of bytes, cut from larger ones: a buffer of its own for each would cost
// more than the bytes.

const SLAB_BYTES = 65_536;
/** A larger piece gets a buffer of its own, and does not keep a slab alive. */
const PIECE_BYTES_MAX = 4096;

let slab = new Uint8Array(SLAB_BYTES);
let usedBytes = 0;

/** Below this many bytes, a loop is quicker than the view that `set` needs. */
const LOOP_BYTES_MAX = 128;

/** Copies `count` bytes of `source` from `at` on. The copy is the caller's. */
export function copyBytes(source: Uint8Array, at: number, count: number): Uint8Array {
  if (count > PIECE_BYTES_MAX) return source.slice(at, at + count);
  if (usedBytes + count > SLAB_BYTES) {
    slab = new Uint8Array(SLAB_BYTES);
    usedBytes = 0;
  }
  const copy = slab.subarray(usedBytes, usedBytes + count);
  usedBytes += count;
  if (count > LOOP_BYTES_MAX) copy.set(source.subarray(at, at + count));
  else for (let index = 0; index < count; index++) copy[index] = source[at + index] as number;
  return copy;
}
