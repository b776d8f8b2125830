// select(2) over poll_oneoff. A set is a bit for each descriptor, FD_SETSIZE of them, and is
// overwritten by what is ready.
//
//   | word 0: 31 ... 1 0 | word 1: 63 ... 33 32 | ... | word 31: 1023 ... 992 |     128 bytes

import { fdFdstatGet } from "../abi/wasip1";
import {
  BADF,
  EVENTTYPE_FD_READ,
  EVENTTYPE_FD_WRITE,
  INVAL,
  NOMEM,
  PROTO,
} from "../abi/wasip1-layout";
import { POLL_LIST_BYTES, PollList } from "./poll-list";
import { timevalNs } from "./timeval";

/** A set has a bit for each descriptor below this one, and none for any other. */
export const FD_SETSIZE: i32 = 1024;

/** The size of an `fd_set`. */
export const FD_SET_BYTES: i32 = 128;

const WORD_BITS: i32 = 32;

const list = changetype<PollList>(memory.data(POLL_LIST_BYTES, 4));
const fdstat: usize = memory.data(24, 8);

/** Takes every descriptor out of `set`. */
export function FD_ZERO(set: usize): void {
  memory.fill(set, 0, FD_SET_BYTES);
}

/** Puts `fd` into `set`. Traps when there is no bit for it: C would write beside the set. */
export function FD_SET(fd: i32, set: usize): void {
  const word = wordOf(fd, set);
  store<u32>(word, load<u32>(word) | bitOf(fd));
}

/** Takes `fd` out of `set`. Traps when there is no bit for it. */
export function FD_CLR(fd: i32, set: usize): void {
  const word = wordOf(fd, set);
  store<u32>(word, load<u32>(word) & ~bitOf(fd));
}

/** Whether `fd` is in `set`. Traps when there is no bit for it. */
export function FD_ISSET(fd: i32, set: usize): bool {
  return (load<u32>(wordOf(fd, set)) & bitOf(fd)) != 0;
}

/**
 * Waits until a descriptor of a set is ready, and leaves in the sets those that are.
 *
 * `exceptset` comes back empty: preview1 has no exceptional condition to wait for. A descriptor
 * with an error is ready in the sets it was in, so that the next call on it answers the error.
 *
 * @param maxfd the highest descriptor of all sets plus 1.
 * @param readset, writeset, exceptset an `fd_set` each, or 0: none.
 * @param timeval a `Timeval`, which is not written to; 0 waits for ever, one of zeroes not at all.
 * @returns how many bits are set in all sets; 0 when the time ran out; a negated errno, and the
 *   sets are as they were: INVAL when `maxfd` is below 0 or above {@link FD_SETSIZE} or the time is
 *   below 0; BADF when a descriptor of a set is not open; INTR; NOMEM when there is no memory;
 *   PROTO when the host's answer makes no sense.
 *
 * Source: select(2).
 */
export function select(
  maxfd: i32,
  readset: usize,
  writeset: usize,
  exceptset: usize,
  timeval: usize,
): i32 {
  const timeoutNs = timevalNs(timeval);
  if (maxfd < 0 || maxfd > FD_SETSIZE || timeoutNs < -1) return -(<i32>INVAL);
  if (!list.clear(countBits(readset, maxfd) + countBits(writeset, maxfd))) return -(<i32>NOMEM);
  addAll(readset, maxfd, EVENTTYPE_FD_READ);
  addAll(writeset, maxfd, EVENTTYPE_FD_WRITE);
  if (!areAllOpen(exceptset, maxfd)) return -(<i32>BADF);
  const eventCount = list.wait(timeoutNs);
  if (eventCount < 0) return eventCount;
  const errno = errnoOf(eventCount, maxfd, readset, writeset);
  if (errno != 0) return -(<i32>errno);
  clearBits(readset, maxfd);
  clearBits(writeset, maxfd);
  clearBits(exceptset, maxfd);
  for (let i: i32 = 0; i < eventCount; i++) {
    const event = list.eventAt(i);
    FD_SET(<i32>event.userdata, event.type == EVENTTYPE_FD_READ ? readset : writeset);
  }
  return countBits(readset, maxfd) + countBits(writeset, maxfd);
}

/**
 * Takes the memory that {@link select} needs for `bitCount` bits in all sets, so that it does not
 * answer NOMEM. False when memory or the host's limit ran out.
 */
export function reserveSelect(bitCount: u32): bool {
  return list.reserve(bitCount);
}

function wordOf(fd: i32, set: usize): usize {
  if (<u32>fd >= <u32>FD_SETSIZE) unreachable();
  return set + (fd / WORD_BITS) * 4;
}

function bitOf(fd: i32): u32 {
  return 1 << (fd % WORD_BITS);
}

/** The bits of the descriptors from `first`, a word's first one, that are below `maxfd`. */
function bitsFrom(set: usize, first: i32, maxfd: i32): u32 {
  const bits = load<u32>(set + first / 8);
  const left = maxfd - first;
  return left < WORD_BITS ? bits & ((1 << left) - 1) : bits;
}

function countBits(set: usize, maxfd: i32): u32 {
  if (set == 0) return 0;
  let count: u32 = 0;
  for (let first = 0; first < maxfd; first += WORD_BITS) {
    count += popcnt(bitsFrom(set, first, maxfd));
  }
  return count;
}

/** Those from `maxfd` on are not of this call, and stay. */
function clearBits(set: usize, maxfd: i32): void {
  if (set == 0) return;
  for (let first = 0; first < maxfd; first += WORD_BITS) {
    const word = set + first / 8;
    store<u32>(word, load<u32>(word) & ~bitsFrom(set, first, maxfd));
  }
}

function addAll(set: usize, maxfd: i32, tag: u8): void {
  if (set == 0) return;
  for (let first = 0; first < maxfd; first += WORD_BITS) {
    for (let bits = bitsFrom(set, first, maxfd); bits != 0; bits &= bits - 1) {
      const fd = first + ctz(bits);
      list.add(fd, tag, fd);
    }
  }
}

/** Nothing waits for these, so that only asking tells. */
function areAllOpen(set: usize, maxfd: i32): bool {
  if (set == 0) return true;
  for (let first = 0; first < maxfd; first += WORD_BITS) {
    for (let bits = bitsFrom(set, first, maxfd); bits != 0; bits &= bits - 1) {
      if (fdFdstatGet(first + ctz(bits), fdstat) == BADF) return false;
    }
  }
  return true;
}

/** BADF when an event says so, PROTO when one answers nothing that was asked, 0 otherwise. */
function errnoOf(eventCount: i32, maxfd: i32, readset: usize, writeset: usize): u16 {
  for (let i: i32 = 0; i < eventCount; i++) {
    const event = list.eventAt(i);
    const set = event.type == EVENTTYPE_FD_READ ? readset : writeset;
    if (set == 0 || event.userdata >= <u64>maxfd) return PROTO;
    if (!FD_ISSET(<i32>event.userdata, set)) return PROTO;
    if (event.error == BADF) return BADF;
  }
  return 0;
}
