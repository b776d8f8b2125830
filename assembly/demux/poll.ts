// The demultiplexer on poll: an array of what is watched, passed whole to every wait and gone
// through whole after it. It grows; the last entry takes the place of one that goes.
//
//   +--------+--------+--------+--------+-------------------------------+
//   | pollfd | pollfd | pollfd |  free  | the slot of each, its address |    one block of the pool
//   +--------+--------+--------+--------+-------------------------------+
//   0                        count   capacity

import { NOMEM, SUCCESS } from "../abi/wasip1-layout";
import { giveBlock, takeBlock } from "../lib/block-pool";
import { poll, Pollfd, POLLFD_BYTES, reservePoll } from "../posix/poll";
import { Slot } from "../reactor/slot";
import { bitsOf, markBits } from "./poll-bits";
import { timeoutMs } from "./timeout";

export { isReadinessKept, noteAgain } from "./level";

const ENTRY_BYTES: u32 = POLLFD_BYTES + <u32>sizeof<usize>();
/** 170 entries. */
const BLOCK_BYTES_FIRST: u32 = 2048;

let block: usize = 0;
let blockBytes: u32 = 0;
let capacity: u32 = 0;
let count: u32 = 0;

/** How many directions all entries ask for. */
let directionCount: u32 = 0;

/** Implements `Demux.open`. */
export function open(): u16 {
  return reserve() ? SUCCESS : NOMEM;
}

/** Implements `Demux.reserve`. */
export function reserve(): bool {
  return reserveEntry() && reservePoll(directionCount + 1);
}

/** Implements `Demux.watch`. */
export function watch(slot: Slot, interest: u8): bool {
  const directions = directionCount - popcnt(slot.interest) + popcnt(interest);
  const needsEntry = slot.interest == 0 && interest != 0;
  const hasRoom = reservePoll(directions) && (!needsEntry || reserveEntry());
  setInterest(slot, hasRoom ? interest : slot.interest & interest);
  return hasRoom;
}

/** Implements `Demux.forget`. */
export function forget(slot: Slot): void {
  setInterest(slot, 0);
}

/** Implements `Demux.wait`. */
export function wait(timeoutNs: i64): i32 {
  const readyCount = poll(block, count, timeoutMs(timeoutNs));
  let left = readyCount;
  for (let i: u32 = 0; left > 0; i++) {
    const revents = entryAt(i).revents;
    if (revents == 0) continue;
    markBits(slotAtEntry(i), revents);
    left--;
  }
  return readyCount;
}

function entryAt(index: u32): Pollfd {
  return changetype<Pollfd>(block + index * POLLFD_BYTES);
}

function slotAddress(index: u32): usize {
  return block + capacity * POLLFD_BYTES + index * <u32>sizeof<usize>();
}

function slotAtEntry(index: u32): Slot {
  return changetype<Slot>(load<usize>(slotAddress(index)));
}

function setInterest(slot: Slot, interest: u8): void {
  if (interest == slot.interest) return;
  directionCount += <u32>popcnt(interest) - popcnt(slot.interest);
  if (slot.interest == 0) add(slot);
  slot.interest = interest;
  if (interest == 0) return remove(slot);
  entryAt(slot.readAt).events = bitsOf(interest);
}

function add(slot: Slot): void {
  assert(count < capacity);
  slot.readAt = count;
  entryAt(count).fd = slot.fd;
  entryAt(count).revents = 0;
  store<usize>(slotAddress(count), changetype<usize>(slot));
  count++;
}

function remove(slot: Slot): void {
  count--;
  const place = slot.readAt;
  if (place == count) return;
  const moved = slotAtEntry(count);
  store<u64>(changetype<usize>(entryAt(place)), load<u64>(changetype<usize>(entryAt(count))));
  store<usize>(slotAddress(place), changetype<usize>(moved));
  moved.readAt = place;
}

/** Makes sure that there is room for one more entry. False when memory was refused. */
function reserveEntry(): bool {
  if (count < capacity) return true;
  const largerBytes = blockBytes == 0 ? BLOCK_BYTES_FIRST : blockBytes << 1;
  const larger = takeBlock(largerBytes);
  if (larger == 0) return false;
  const largerCapacity = largerBytes / ENTRY_BYTES;
  if (block != 0) {
    memory.copy(larger, block, count * POLLFD_BYTES);
    memory.copy(
      larger + largerCapacity * POLLFD_BYTES,
      slotAddress(0),
      count * <u32>sizeof<usize>(),
    );
    giveBlock(block, blockBytes);
  }
  block = larger;
  blockBytes = largerBytes;
  capacity = largerCapacity;
  return true;
}
