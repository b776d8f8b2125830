// The demultiplexer on select: two sets of what is watched, copied for every wait because it
// overwrites them. A descriptor without a bit is refused with a line on stderr, by its number.

import { fdFdstatGet } from "../abi/wasip1";
import { BADF, NOMEM, STDERR, SUCCESS } from "../abi/wasip1-layout";
import { addNumber, addText, writeLine } from "../lib/line";
import {
  FD_CLR,
  FD_ISSET,
  FD_SET,
  FD_SET_BYTES,
  FD_SETSIZE,
  reserveSelect,
  select,
} from "../posix/select";
import { READ, WRITE } from "../reactor/interest";
import { markReady } from "../reactor/ready-list";
import { Slot } from "../reactor/slot";
import { timevalAt } from "./timeout";

export { isReadinessKept, noteAgain } from "./level";

const readInterest: usize = memory.data(FD_SET_BYTES, 4);
const writeInterest: usize = memory.data(FD_SET_BYTES, 4);
const readset: usize = memory.data(FD_SET_BYTES, 4);
const writeset: usize = memory.data(FD_SET_BYTES, 4);
const fdstat: usize = memory.data(24, 8);

/** The address of the slot of each descriptor; 0 for one that is not watched. */
const slots: usize = memory.data(FD_SETSIZE * 4, 4);

/** The highest descriptor that is watched plus 1. */
let maxfd: i32 = 0;

let bitCount: u32 = 0;

/** Implements `Demux.open`. */
export function open(): u16 {
  return reserve() ? SUCCESS : NOMEM;
}

/** Implements `Demux.reserve`. */
export function reserve(): bool {
  return reserveSelect(bitCount + 1);
}

/** Implements `Demux.watch`. False, too, for a descriptor that select has no bit for. */
export function watch(slot: Slot, interest: u8): bool {
  if (slot.fd >= <u32>FD_SETSIZE && interest != 0) {
    refuse(slot.fd);
    return false;
  }
  const hasRoom = reserveSelect(bitCount - popcnt(slot.interest) + popcnt(interest));
  setInterest(slot, hasRoom ? interest : slot.interest & interest);
  return hasRoom;
}

/** Implements `Demux.forget`. */
export function forget(slot: Slot): void {
  setInterest(slot, 0);
}

/** Implements `Demux.wait`. */
export function wait(timeoutNs: i64): i32 {
  memory.copy(readset, readInterest, FD_SET_BYTES);
  memory.copy(writeset, writeInterest, FD_SET_BYTES);
  const readyCount = select(maxfd, readset, writeset, 0, timevalAt(timeoutNs));
  if (readyCount == -(<i32>BADF)) return markClosed();
  let left = readyCount;
  for (let fd: i32 = 0; left > 0; fd++) {
    const readiness: u8 = (FD_ISSET(fd, readset) ? READ : 0) | (FD_ISSET(fd, writeset) ? WRITE : 0);
    if (readiness == 0) continue;
    markReady(slotOf(fd), readiness, 0);
    left -= popcnt(readiness);
  }
  return readyCount;
}

function slotOf(fd: i32): Slot {
  return changetype<Slot>(load<usize>(slots + fd * 4));
}

function setInterest(slot: Slot, interest: u8): void {
  if (interest == slot.interest) return;
  const fd: i32 = slot.fd;
  bitCount += <u32>popcnt(interest) - popcnt(slot.interest);
  slot.interest = interest;
  setBit(readInterest, fd, (interest & READ) != 0);
  setBit(writeInterest, fd, (interest & WRITE) != 0);
  store<usize>(slots + fd * 4, interest == 0 ? 0 : changetype<usize>(slot));
  if (interest != 0) maxfd = max(maxfd, fd + 1);
  while (maxfd > 0 && load<usize>(slots + (maxfd - 1) * 4) == 0) maxfd--;
}

function setBit(set: usize, fd: i32, isSet: bool): void {
  if (isSet) {
    FD_SET(fd, set);
  } else {
    FD_CLR(fd, set);
  }
}

/** select does not say which descriptor is not open: each is asked about. */
function markClosed(): i32 {
  let closedCount: i32 = 0;
  for (let fd: i32 = 0; fd < maxfd; fd++) {
    if (load<usize>(slots + fd * 4) == 0 || fdFdstatGet(fd, fdstat) != BADF) continue;
    markReady(slotOf(fd), 0, BADF);
    closedCount++;
  }
  return closedCount == 0 ? -(<i32>BADF) : closedCount;
}

function refuse(fd: u32): void {
  addText("guest: descriptor ");
  addNumber(fd);
  addText(" is refused: select takes those below ");
  addNumber(FD_SETSIZE);
  // There is nobody to tell when stderr fails.
  writeLine(STDERR);
}
