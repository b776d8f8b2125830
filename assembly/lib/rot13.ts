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
  const letterEnd = v128.load_splat<i8>(CONSTANTS, 2);
  const halfEnd = v128.load_splat<i8>(CONSTANTS, 3);
  const back = v128.load_splat<i8>(CONSTANTS, 4);
  const forth = v128.load_splat<i8>(CONSTANTS, 5);
  const lastAt = bytes + lengthBytes - 16;
  const last = rot13Vector(v128.load(lastAt), lower, shift, letterEnd, halfEnd, back, forth);
  // Two at a time: a turn of the loop is five instructions of an engine, beside ten for a vector.
  while (bytes + 32 <= lastAt) {
    const first = v128.load(bytes);
    const second = v128.load(bytes, 16);
    v128.store(bytes, rot13Vector(first, lower, shift, letterEnd, halfEnd, back, forth));
    v128.store(bytes, rot13Vector(second, lower, shift, letterEnd, halfEnd, back, forth), 16);
    bytes += 32;
  }
  while (bytes < lastAt) {
    const text = v128.load(bytes);
    v128.store(bytes, rot13Vector(text, lower, shift, letterEnd, halfEnd, back, forth));
    bytes += 16;
  }
  v128.store(lastAt, last);
}

/**
 * What {@link rot13Vector} takes, a byte each: lower, shift (128 - 'a'), letterEnd (26 letters from
 * -128 on), halfEnd, back, forth. As constants of the code they would be 18 bytes wherever one is used.
 */
const CONSTANTS = memory.data<i8>([0x20, 31, -102, -115, -13, 26]);

/**
 * Eight operations, each of them one instruction on x64 too: letters are moved to the low end of
 * the *signed* range because unsigned comparisons take two or three instructions there.
 */
// @ts-ignore: decorator
@inline
function rot13Vector(
  text: v128,
  lower: v128,
  shift: v128,
  letterEnd: v128,
  halfEnd: v128,
  back: v128,
  forth: v128,
): v128 {
  // 'a' and 'A' become -128, 'z' and 'Z' become -103.
  const letter = i8x16.add(v128.or(text, lower), shift);
  const isLetter = i8x16.lt_s(letter, letterEnd);
  const isFirstHalf = i8x16.lt_s(letter, halfEnd);
  return i8x16.add(text, i8x16.add(v128.and(isLetter, back), v128.and(isFirstHalf, forth)));
}
