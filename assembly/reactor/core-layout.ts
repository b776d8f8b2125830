// The core directory in numbers, which the host knows too: host/runtime/simulate/guest-core-layout.ts.

/** The text "Pollux core map\n", in words. */
export const MARKER_0: u32 = 0x6c6c6f50;
export const MARKER_1: u32 = 0x63207875;
export const MARKER_2: u32 = 0x2065726f;
export const MARKER_3: u32 = 0x0a70616d;

/** Another one when a field of the directory, a slot or a ring moves or means something else. */
export const VERSION: u32 = 1;

// Where the fields are, each a u32.
export const VERSION_AT: u32 = 16;
/** The address of the slab table. */
export const SLABS_AT: u32 = 20;
/** How many addresses of slabs it has room for; those behind the last slab are 0. */
export const SLAB_COUNT_MAX_AT: u32 = 24;
export const SLAB_SLOT_COUNT_AT: u32 = 28;
export const SLOT_BYTES_AT: u32 = 32;
/** The handler by which a slot is known to be a connection's, with a ring. 0: there are none yet. */
export const CONNECTION_HANDLER_AT: u32 = 36;
/** Where the ring is in a connection's slot. */
export const RING_OFFSET_AT: u32 = 40;
/** The size of every ring. */
export const RING_BYTES_AT: u32 = 44;
