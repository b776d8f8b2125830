// rot13 over bytes in place: letters of ASCII move 13 places, every other byte stays. The vector
// and the scalar form give the same result; which one is compiled in depends on ASC_FEATURE_SIMD.

/** Turns `lengthBytes` bytes at `bytes` in place. Touches nothing else; any alignment will do. */
export function rot13(bytes: usize, lengthBytes: u32): void {
  if (ASC_FEATURE_SIMD) {
    rot13Simd(bytes, lengthBytes);
  } else {
    rot13Scalar(bytes, lengthBytes);
  }
}

/** {@link rot13}, a byte at a time. */
export function rot13Scalar(bytes: usize, lengthBytes: u32): void {
  const end = bytes + lengthBytes;
  while (bytes < end) {
    const byte = <u32>load<u8>(bytes);
    const letter = (byte | 0x20) - 97;
    if (letter < 26) store<u8>(bytes, letter < 13 ? byte + 13 : byte - 13);
    bytes++;
  }
}

/**
 * {@link rot13}, 16 bytes at a time.
 *
 * The last vector overlaps the one before it. It is loaded before the loop changes those bytes and
 * stored after it, so no byte is turned twice and there is no tail to do one by one.
 */
// @ts-ignore: decorator
@inline
export function rot13Simd(bytes: usize, lengthBytes: u32): void {
  if (lengthBytes < 16) return rot13Scalar(bytes, lengthBytes);
  const lower = v128.load_splat<i8>(CONSTANTS);
  const shift = v128.load_splat<i8>(CONSTANTS, 1);
  const half = v128.load_splat<i8>(CONSTANTS, 2);
  const moves = v128.load(MOVES);
  const lastAt = bytes + lengthBytes - 16;
  const last = rot13Vector(v128.load(lastAt), lower, shift, half, moves);
  // Two at a time: a turn of the loop is five instructions of an engine, beside eight for a vector.
  while (bytes + 32 <= lastAt) {
    const first = v128.load(bytes);
    const second = v128.load(bytes, 16);
    v128.store(bytes, rot13Vector(first, lower, shift, half, moves));
    v128.store(bytes, rot13Vector(second, lower, shift, half, moves), 16);
    bytes += 32;
  }
  while (bytes < lastAt) {
    const text = v128.load(bytes);
    v128.store(bytes, rot13Vector(text, lower, shift, half, moves));
    bytes += 16;
  }
  v128.store(lastAt, last);
}

/**
 * What {@link rot13Vector} takes, a byte each: lower, shift (-'a'), half (the last of the first 13
 * letters). As constants of the code they would be 18 bytes wherever one is used.
 */
const CONSTANTS = memory.data<i8>([0x20, -97, 12]);

/** How far a letter moves: 0 stands for the first 13, 1 to 13 for the others, 14 and 15 for none. */
const MOVES = memory.data<i8>([
  13, -13, -13, -13, -13, -13, -13, -13, -13, -13, -13, -13, -13, -13, 0, 0,
]);

/**
 * Six instructions on x64, where two comparisons with what they choose would be eight. 'a' and 'A'
 * become 0, 'z' and 'Z' 25, and all else more, unsigned; to subtract 12 and stop at 0 makes one of the
 * first half, and leaves 1 to 13 of the other. What the table does not reach, from 16 on, moves by 0.
 */
// @ts-ignore: decorator
@inline
function rot13Vector(text: v128, lower: v128, shift: v128, half: v128, moves: v128): v128 {
  const letter = i8x16.add(v128.or(text, lower), shift);
  return i8x16.add(text, i8x16.swizzle(moves, i8x16.sub_sat_u(letter, half)));
}
