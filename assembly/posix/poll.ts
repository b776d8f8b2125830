// poll(2) over poll_oneoff. What is asked for (fd, events) is never written to; the answer is in
// revents, so that nothing has to be set again before the next call.

import {
  BADF,
  Event,
  EVENTRWFLAGS_HANGUP,
  EVENTTYPE_FD_READ,
  EVENTTYPE_FD_WRITE,
  NOMEM,
  PIPE,
  PROTO,
  SUCCESS,
} from "../abi/wasip1-layout";
import { NS_PER_MS } from "../lib/units";
import { POLL_LIST_BYTES, PollList } from "./poll-list";

/** What is asked for and what is answered: Linux's bits. */
export const POLLIN: i16 = 0x1;
export const POLLPRI: i16 = 0x2;
export const POLLOUT: i16 = 0x4;
export const POLLERR: i16 = 0x8;
export const POLLHUP: i16 = 0x10;
export const POLLNVAL: i16 = 0x20;
export const POLLRDNORM: i16 = 0x40;
export const POLLRDBAND: i16 = 0x80;
export const POLLWRNORM: i16 = 0x100;
export const POLLWRBAND: i16 = 0x200;

/** There is no urgent data in preview1, so the bits for it ask for nothing. */
const READ_BITS: i16 = POLLIN | POLLRDNORM;
const WRITE_BITS: i16 = POLLOUT | POLLWRNORM;

/** 8 bytes, as in C. */
@unmanaged
export class Pollfd {
  fd: i32;
  events: i16;
  revents: i16;
}

/** The size of a {@link Pollfd}. */
export const POLLFD_BYTES: u32 = 8;
if (offsetof<Pollfd>() != POLLFD_BYTES) ERROR("a pollfd is 8 bytes");

const list = changetype<PollList>(memory.data(POLL_LIST_BYTES, 4));

/**
 * Waits until a descriptor is ready, and writes the `revents` of each entry.
 *
 * An entry with a negative fd is skipped, and so is one that asks neither for reading nor for
 * writing: preview1 cannot wait for a hang-up alone. Their `revents` is 0.
 *
 * @param fds the first of `nfds` entries of {@link Pollfd}.
 * @param timeoutMs 0 does not wait, below 0 waits for ever.
 * @returns how many entries have `revents`; 0 when the time ran out; a negated errno: INTR, NOMEM
 *   when there is no memory or the host takes no list of this length, PROTO when the host's answer
 *   makes no sense. Of a call that failed, every `revents` is 0.
 *
 * Source: poll(2).
 */
export function poll(fds: usize, nfds: u32, timeoutMs: i32): i32 {
  for (let i: u32 = 0; i < nfds; i++) entryAt(fds, i).revents = 0;
  if (!list.clear(countSubscriptions(fds, nfds))) return -(<i32>NOMEM);
  for (let i: u32 = 0; i < nfds; i++) {
    const entry = entryAt(fds, i);
    if (entry.fd < 0) continue;
    if ((entry.events & READ_BITS) != 0) list.add(i, EVENTTYPE_FD_READ, entry.fd);
    if ((entry.events & WRITE_BITS) != 0) list.add(i, EVENTTYPE_FD_WRITE, entry.fd);
  }
  const eventCount = list.wait(timeoutMs < 0 ? -1 : <i64>timeoutMs * NS_PER_MS);
  let readyCount: i32 = 0;
  for (let i: i32 = 0; i < eventCount; i++) {
    const event = list.eventAt(i);
    const bits = answerTo(fds, nfds, event);
    if (bits == 0) return nonsense(fds, nfds);
    const entry = entryAt(fds, <u32>event.userdata);
    if (entry.revents == 0) readyCount++;
    entry.revents |= bits;
  }
  return eventCount < 0 ? eventCount : readyCount;
}

/**
 * Takes the memory that {@link poll} needs for entries that ask for `directionCount` directions in
 * all, so that it does not answer NOMEM. False when memory or the host's limit ran out.
 */
export function reservePoll(directionCount: u32): bool {
  return list.reserve(directionCount);
}

function entryAt(fds: usize, index: u32): Pollfd {
  return changetype<Pollfd>(fds + index * POLLFD_BYTES);
}

function countSubscriptions(fds: usize, nfds: u32): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0; i < nfds; i++) {
    const entry = entryAt(fds, i);
    if (entry.fd < 0) continue;
    if ((entry.events & READ_BITS) != 0) count++;
    if ((entry.events & WRITE_BITS) != 0) count++;
  }
  return count;
}

/** What an event adds to the `revents` of its entry; 0 when the entry did not ask for it. */
function answerTo(fds: usize, nfds: u32, event: Event): i16 {
  if (event.userdata >= nfds) return 0;
  const entry = entryAt(fds, <u32>event.userdata);
  const isRead = event.type == EVENTTYPE_FD_READ;
  const bits: i16 = entry.events & (isRead ? READ_BITS : WRITE_BITS);
  if (entry.fd < 0 || bits == 0) return 0;
  if (event.error == BADF) return POLLNVAL;
  if (event.error == PIPE) return POLLHUP;
  if (event.error != SUCCESS) return POLLERR;
  return (event.flags & EVENTRWFLAGS_HANGUP) != 0 ? bits | POLLHUP : bits;
}

function nonsense(fds: usize, nfds: u32): i32 {
  for (let i: u32 = 0; i < nfds; i++) entryAt(fds, i).revents = 0;
  return -(<i32>PROTO);
}
