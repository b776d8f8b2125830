// A few dozen bytes, cleared or copied by words: V8 leaves wasm for memory.fill and memory.copy, which
// takes 20 ns before the first byte.

/** Makes `bytes` bytes zero: a multiple of 8. */
export function clearSmall(at: usize, bytes: u32): void {
  const end = at + bytes;
  for (; at < end; at += 8) store<u64>(at, 0);
}

/** Copies `bytes` bytes, a multiple of 8, between places that don't overlap. */
export function copySmall(to: usize, from: usize, bytes: u32): void {
  const end = to + bytes;
  for (; to < end; to += 8) {
    store<u64>(to, load<u64>(from));
    from += 8;
  }
}
