// The parts of the core that need no host, exported for their unit tests. Built with assertions on
// and with a small memory, so that a refused growth can be tested; no program contains it.

import { RingBuffer, setRingBytes } from "./net/ring-buffer";
import { addDeadlineList, Deadline, DeadlineList } from "./reactor/deadlines";
import { openSlot, slotAt } from "./reactor/fd-table";
import { markReady, takeReady } from "./reactor/ready-list";
import { Slot } from "./reactor/slot";

export { blockBytesFor, giveBlock, takeBlock, takeForEver } from "./lib/block-pool";
export { rot13, rot13Scalar, rot13Simd } from "./lib/rot13";
export { borrowedBlockCount } from "./net/ring-buffer";
export { expireDeadlines, nextDeadlineNs } from "./reactor/deadlines";
export { closeSlot, findSlot, reserveSlot, slotAt } from "./reactor/fd-table";

const EXPIRED_COUNT_MAX: u32 = 64;

const ring = changetype<RingBuffer>(memory.data(12, 8));
const pieces: usize = memory.data(16, 8);
const expired: usize = memory.data(64 * 4, 8);

let expiredCount: u32 = 0;

// ---- ring -------------------------------------------------------------------------------------

/** Empties the ring of the tests and gives it another size. */
export function resetRing(bytes: u32): void {
  ring.release();
  setRingBytes(bytes);
}

export function ringBorrow(): bool {
  return ring.borrow();
}

export function ringProduce(bytes: u32): void {
  ring.produce(bytes);
}

export function ringConsume(bytes: u32): void {
  ring.consume(bytes);
}

export function ringBlock(): usize {
  return ring.block;
}

export function ringIsFull(): bool {
  return ring.isFull;
}

export function ringIsEmpty(): bool {
  return ring.isEmpty;
}

/** Where {@link ringFreePieces} and {@link ringHeldPieces} write (address, length) pairs. */
export function piecesAt(): usize {
  return pieces;
}

export function ringFreePieces(): u32 {
  return ring.freePieces(pieces);
}

export function ringHeldPieces(): u32 {
  return ring.heldPieces(pieces);
}

// ---- fd table and ready list ------------------------------------------------------------------

export function openTestSlot(fd: u32): Slot {
  return openSlot(fd);
}

export function userdataOf(slot: Slot): u64 {
  return slot.userdata;
}

export function fdOf(slot: Slot): u32 {
  return slot.fd;
}

export function ownedBytesAt(slot: Slot): usize {
  return changetype<usize>(slot) + offsetof<Slot>();
}

export function markTestReady(index: u32, readiness: u8, error: u16): void {
  markReady(slotAt(index), readiness, error);
}

/** `index << 8 | readiness` of the first ready slot, or -1. */
export function takeTestReady(): i32 {
  const slot = takeReady();
  if (slot === null) return -1;
  const readiness = slot.readiness;
  slot.readiness = 0;
  return (slot.index << 8) | readiness;
}

// ---- deadlines --------------------------------------------------------------------------------

/** A new list of deadlines that `durationNs` after their start are noted as expired. */
export function newDeadlineList(at: usize, durationNs: u64): void {
  const list = changetype<DeadlineList>(at);
  list.durationNs = durationNs;
  list.onExpired = changetype<usize>(noteExpired);
  addDeadlineList(list);
}

export function restartDeadline(list: DeadlineList, deadline: Deadline, nowNs: u64): void {
  list.restart(deadline, nowNs);
}

export function removeDeadline(list: DeadlineList, deadline: Deadline): void {
  list.remove(deadline);
}

/** Where the addresses of expired deadlines are noted, in their order. */
export function expiredAt(): usize {
  return expired;
}

/** How many are noted; forgets them. */
export function takeExpiredCount(): u32 {
  const count = expiredCount;
  expiredCount = 0;
  return count;
}

function noteExpired(deadline: Deadline): void {
  assert(expiredCount < EXPIRED_COUNT_MAX);
  store<u32>(expired + expiredCount * 4, <u32>changetype<usize>(deadline));
  expiredCount++;
}
