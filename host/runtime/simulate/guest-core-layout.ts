// Where a guest that stands on our reactor core keeps its slots and rings, in numbers. The guest
// knows the same ones: assembly/reactor/core-layout.ts, slot.ts, and net/ring-buffer.ts.

/** Static memory that begins with it is a core directory. */
export const MARKER = 'Pollux core map\n';

export const VERSION = 1;

/** Where the fields of the directory are, each a u32. */
export const Directory = {
  VERSION: 16,
  /** The address of the slab table. */
  SLABS: 20,
  /** How many addresses of slabs it has room for; those behind the last slab are 0. */
  SLAB_COUNT_MAX: 24,
  SLAB_SLOT_COUNT: 28,
  SLOT_BYTES: 32,
  /** The handler by which a slot is known to be a connection's, with a ring. */
  CONNECTION_HANDLER: 36,
  RING_OFFSET: 40,
  RING_BYTES: 44,
} as const;

export const Slot = {
  FD: 0,
  /** Odd while the slot is open. */
  GENERATION: 4,
  INTEREST: 12,
  READINESS: 13,
  HANDLER: 24,
} as const;

/** The bits of a slot's interest and readiness. */
export const Interest = { READ: 1, WRITE: 2 } as const;

export const Ring = {
  /** The address of its memory, 0 while it holds nothing. */
  BLOCK: 0,
  READ_INDEX: 4,
  COUNT_BYTES: 8,
} as const;
