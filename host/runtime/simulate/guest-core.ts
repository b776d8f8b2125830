// Looks into the memory of a guest that stands on our reactor core: which descriptors it has, what
// it watches them for, and what its rings hold. The core leaves a directory in its static memory for
// that, which is found by its marker. A guest of another make has none.

import { SimulationError } from './simulation-error.ts';
import { Directory, Interest, MARKER, Ring, Slot, VERSION } from './guest-core-layout.ts';

/** What the guest's core knows of a descriptor. */
export interface SlotView {
  /** Its number in the core's table. */
  readonly index: number;
  /** What it is watched for: `READ|WRITE`, or empty. */
  readonly interest: string;
  /** What the last wait found, until the core has called its handler. */
  readonly readiness: string;
  /** Of a connection: bytes that have arrived and could not be sent yet. */
  readonly ring?: RingView;
}

export interface RingView {
  readonly sizeBytes: number;
  /** Where the first held byte is. */
  readonly readIndex: number;
  readonly heldBytes: number;
  /** The held bytes, in their order. A copy. */
  readonly held: Uint8Array;
}

/**
 * Where the directory of a guest's core is. To be asked before the guest runs, when its memory is
 * what the module says: later it holds what peers have sent, which may look like one.
 *
 * @returns undefined for a guest that has none.
 */
export function findDirectory(memory: ArrayBuffer): number | undefined {
  const bytes = new Uint8Array(memory);
  const marker = new TextEncoder().encode(MARKER);
  const first = marker[0] as number;
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (marker.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return undefined;
}

/**
 * The open slots of a core, by the guest's descriptor.
 *
 * @throws SimulationError `UNREADABLE` when its directory is of another version than this reader, or
 *   leads out of the guest's memory.
 */
export function readSlots(memory: ArrayBuffer, directory: number): Map<number, SlotView> {
  try {
    return readTable(new DataView(memory), directory);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw unreadable(
      "the guest's slots lead out of its memory: something has written over them",
      error,
    );
  }
}

function readTable(view: DataView, directory: number): Map<number, SlotView> {
  const field = (at: number): number => view.getUint32(directory + at, true);
  const version = field(Directory.VERSION);
  if (version !== VERSION) {
    throw unreadable(
      `the guest's core directory has version ${version}, this Pollux reads ${VERSION}; build the guest anew`,
    );
  }
  const slabSlotCount = field(Directory.SLAB_SLOT_COUNT);
  const slots = new Map<number, SlotView>();
  for (let slab = 0; slab < field(Directory.SLAB_COUNT_MAX); slab++) {
    const slabAt = view.getUint32(field(Directory.SLABS) + 4 * slab, true);
    if (slabAt === 0) break;
    for (let place = 0; place < slabSlotCount; place++) {
      const at = slabAt + place * field(Directory.SLOT_BYTES);
      if ((view.getUint32(at + Slot.GENERATION, true) & 1) === 0) continue;
      const handler = view.getUint32(at + Slot.HANDLER, true);
      const ringAt = at + field(Directory.RING_OFFSET);
      slots.set(view.getUint32(at + Slot.FD, true), {
        index: slab * slabSlotCount + place,
        interest: interestNames(view.getUint8(at + Slot.INTEREST)),
        readiness: interestNames(view.getUint8(at + Slot.READINESS)),
        ...(handler === field(Directory.CONNECTION_HANDLER) && {
          ring: readRing(view, ringAt, field(Directory.RING_BYTES)),
        }),
      });
    }
  }
  return slots;
}

/** The bytes of a ring, which begin at its read index and go on at its start. */
function readRing(view: DataView, at: number, sizeBytes: number): RingView {
  const block = view.getUint32(at + Ring.BLOCK, true);
  const readIndex = view.getUint32(at + Ring.READ_INDEX, true);
  const heldBytes = view.getUint32(at + Ring.COUNT_BYTES, true);
  const held = new Uint8Array(heldBytes);
  const uncutBytes = Math.min(heldBytes, sizeBytes - readIndex);
  held.set(new Uint8Array(view.buffer, block + readIndex, uncutBytes));
  held.set(new Uint8Array(view.buffer, block, heldBytes - uncutBytes), uncutBytes);
  return { sizeBytes, readIndex, heldBytes, held };
}

function unreadable(message: string, cause?: unknown): SimulationError {
  return new SimulationError('UNREADABLE', message, { cause });
}

function interestNames(bits: number): string {
  const names = Object.entries(Interest).filter(([, bit]) => (bits & bit) !== 0);
  return names.map(([name]) => name).join('|');
}
