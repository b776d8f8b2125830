// String literals, read without the string's methods: those take it as a managed object, and a
// build with a collector would then keep a stack of references, which ours must not need.
//
//   | header ... lengthBytes (u32) | 16 bits for each character |
//                                  ^ the literal

/** How many characters a literal has. */
// @ts-ignore: decorator
@inline
export function literalLength(literal: usize): u32 {
  return load<u32>(literal - 4) >> 1;
}

/** One character of a literal, which is ASCII. */
// @ts-ignore: decorator
@inline
export function literalByte(literal: usize, index: u32): u8 {
  return load<u8>(literal + (index << 1));
}
