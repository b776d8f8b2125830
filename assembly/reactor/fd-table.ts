// The table of open descriptors. It is indexed by slot numbers, which are dense and our own, never
// by descriptors: some hosts hand out random ones. Slots live in slabs that never move.
//
//   slabs[0] --> | slot 0 | slot 1 | ... | slot 63 |
//   slabs[1] --> | slot 64 | ...

import { takeForEver } from "../lib/block-pool";
import { clearSmall } from "../lib/small-memory";
import { Slot, SLOT_BYTES } from "./slot";

/** More subscriptions than this no host needs to take, so more slots are of no use. */
export const SLOT_COUNT_MAX: u32 = 65536;

const SLAB_SLOTS_LOG2: u32 = 6;
export const SLAB_SLOT_COUNT: u32 = 1 << SLAB_SLOTS_LOG2;
export const SLAB_COUNT_MAX: u32 = SLOT_COUNT_MAX / SLAB_SLOT_COUNT;

export const slabs: usize = memory.data(SLAB_COUNT_MAX * sizeof<usize>(), 8);

/** Slots in existing slabs, free ones included. */
let slotCount: u32 = 0;
let firstFree: usize = 0;

/** Makes sure that the next {@link openSlot} finds room. False when memory or numbers ran out. */
export function reserveSlot(): bool {
  if (firstFree != 0) return true;
  if (slotCount == SLOT_COUNT_MAX) return false;
  const slab = takeForEver(SLAB_SLOT_COUNT * SLOT_BYTES);
  if (slab == 0) return false;
  store<usize>(slabs + (slotCount >> SLAB_SLOTS_LOG2) * sizeof<usize>(), slab);
  slotCount += SLAB_SLOT_COUNT;
  // Threaded from the end, so that slots are handed out in the order of their numbers.
  for (let index = slotCount; index > slotCount - SLAB_SLOT_COUNT;) {
    const slot = slotAt(--index);
    slot.index = index;
    slot.nextFree = firstFree;
    firstFree = changetype<usize>(slot);
  }
  return true;
}

/**
 * Gives a descriptor a slot, after {@link reserveSlot} said there is one. Set its handler next.
 * What its owner keeps behind it is zero.
 */
export function openSlot(fd: u32): Slot {
  assert(firstFree != 0);
  const slot = changetype<Slot>(firstFree);
  firstFree = slot.nextFree;
  clearSmall(changetype<usize>(slot) + offsetof<Slot>(), SLOT_BYTES - <u32>offsetof<Slot>());
  slot.fd = fd;
  slot.generation++;
  assert(slot.isOpen);
  return slot;
}

/** Frees a slot that the demux has forgotten. It may still be on the ready list: as not ready. */
export function closeSlot(slot: Slot): void {
  assert(slot.isOpen);
  assert(slot.interest == 0);
  slot.generation++;
  slot.readiness = 0;
  slot.error = 0;
  slot.nextFree = firstFree;
  firstFree = changetype<usize>(slot);
}

/** The open slot that `userdata` names; null when there is none, or it has another owner by now. */
export function findSlot(userdata: u64): Slot | null {
  const index = <u32>userdata;
  if (index >= slotCount) return null;
  const slot = slotAt(index);
  return slot.isOpen && slot.generation == <u32>(userdata >> 32) ? slot : null;
}

/** The slot with a number that exists. */
// @ts-ignore: decorator
@inline
export function slotAt(index: u32): Slot {
  assert(index < slotCount);
  const slab = load<usize>(slabs + (index >> SLAB_SLOTS_LOG2) * sizeof<usize>());
  return changetype<Slot>(slab + (index & (SLAB_SLOT_COUNT - 1)) * SLOT_BYTES);
}
