// Memory in blocks of a power of two bytes, lent and given back. No garbage collector and no heap:
// free blocks of a size form a list that is threaded through the blocks themselves, and new ones
// come from the end of the memory.
//
//   freeBlocks[14] --> +-----------+   +-----------+
//                      | next  ----+-->| next = 0  |      16 KiB each
//                      |  (unused) |   |  (unused) |
//                      +-----------+   +-----------+

/** The smallest block has room for a link; the largest is what one list may need. */
export const BLOCK_BYTES_MIN: u32 = 16;
export const BLOCK_BYTES_MAX: u32 = 1 << 24;

/** A cache line: a vector load in a block's 16-byte steps never straddles two. */
const ALIGN_MASK: usize = 63;
const PAGE_BYTES: u64 = 65536;
/**
 * Blocks of so many bytes begin at a page of the machine below: the system copies to a page less then,
 * which is 0.7 % of the time of 16 KiB echoed.
 */
const PAGED_BYTES_LEAST: u32 = 16384;
const MACHINE_PAGE_MASK: usize = 4095;
const SIZE_COUNT: i32 = 25;

/** The first free block of 2^n bytes, for each n; 0 when there is none. */
const freeBlocks: usize = memory.data(SIZE_COUNT * sizeof<usize>(), 8);

/** Behind the static data: there is no heap, and no stack in memory. */
let endOfUsed: usize = (__data_end + ALIGN_MASK) & ~ALIGN_MASK;

/**
 * Lends a block. Its bytes are not cleared.
 *
 * @param bytes a power of two from {@link BLOCK_BYTES_MIN} to {@link BLOCK_BYTES_MAX}.
 * @returns its address, or 0 when the host refused more memory.
 */
export function takeBlock(bytes: u32): usize {
  assert(isPowerOfTwo(bytes));
  assert(bytes >= BLOCK_BYTES_MIN);
  assert(bytes <= BLOCK_BYTES_MAX);
  const size = ctz(bytes);
  const block = popFree(size);
  if (block != 0) return block;
  const half = splitLarger(size);
  if (half != 0) return half;
  if (bytes >= PAGED_BYTES_LEAST) endOfUsed = (endOfUsed + MACHINE_PAGE_MASK) & ~MACHINE_PAGE_MASK;
  return takeForEver(bytes);
}

/** Takes back a block that {@link takeBlock} lent for the same `bytes`. */
// @ts-ignore: decorator
@inline
export function giveBlock(block: usize, bytes: u32): void {
  assert(block != 0);
  assert(isPowerOfTwo(bytes));
  pushFree(block, ctz(bytes));
}

/** Whether a block of this very size has been given back and is still free. */
export function isBlockFree(bytes: u32): bool {
  return load<usize>(freeBlocks + ctz(bytes) * sizeof<usize>()) != 0;
}

/**
 * Takes memory that is never given back, in any size. Its bytes are zero.
 *
 * @returns its address, on a cache line, or 0 when the host refused more memory.
 */
export function takeForEver(bytes: u32): usize {
  const end = (<u64>endOfUsed + bytes + ALIGN_MASK) & ~(<u64>ALIGN_MASK);
  if (end > <u64>memory.size() * PAGE_BYTES && !growTo(end)) return 0;
  const taken = endOfUsed;
  endOfUsed = <usize>end;
  return taken;
}

/** The smallest size of a block that has room for `bytes`. */
export function blockBytesFor(bytes: u32): u32 {
  if (bytes <= BLOCK_BYTES_MIN) return BLOCK_BYTES_MIN;
  return 1 << (32 - clz(bytes - 1));
}

export function isPowerOfTwo(bytes: u32): bool {
  return popcnt(bytes) == 1;
}

// @ts-ignore: decorator
@inline
function popFree(size: u32): usize {
  const list = freeBlocks + size * sizeof<usize>();
  const block = load<usize>(list);
  if (block != 0) store<usize>(list, load<usize>(block));
  return block;
}

// @ts-ignore: decorator
@inline
function pushFree(block: usize, size: u32): void {
  const list = freeBlocks + size * sizeof<usize>();
  store<usize>(block, load<usize>(list));
  store<usize>(list, block);
}

/**
 * Cuts a larger free block in two until one has the size asked for; the other halves stay free.
 * Halves are never joined again: only lists that outgrew their block leave large ones behind, and
 * a list asks for each size once.
 */
function splitLarger(size: u32): usize {
  let larger = size + 1;
  while (larger < <u32>SIZE_COUNT && load<usize>(freeBlocks + larger * sizeof<usize>()) == 0)
    larger++;
  if (larger == <u32>SIZE_COUNT) return 0;
  const block = popFree(larger);
  while (larger > size) {
    larger--;
    pushFree(block + ((<usize>1) << larger), larger);
  }
  return block;
}

/**
 * Grows by an eighth at least, because each growth gives the host a new buffer to attach; by just
 * what is needed when that is refused.
 */
function growTo(end: u64): bool {
  const pages = memory.size();
  const needed = <i32>((end + (PAGE_BYTES - 1)) / PAGE_BYTES) - pages;
  return memory.grow(max(needed, pages >> 3)) >= 0 || memory.grow(needed) >= 0;
}
