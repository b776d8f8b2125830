// The interface that epoll began as: events are bound to a descriptor once, and then got, as many
// as are wanted, with no list passed in. There is one set, the program's own; what came later is
// the handle that epoll_create makes. Level-triggered. When more is ready than is wanted, the next
// call goes on behind what the last one gave, so that nobody waits for ever.
//
// Source: Linus Torvalds to linux-kernel, 23 October 2000, "Re: Linux's implementation of poll()
// not scalable?"; what it leaves open is decided as poll(2) does it.

import { fdFdstatGet } from "../abi/wasip1";
import {
  BADF,
  EVENTRWFLAGS_HANGUP,
  EVENTTYPE_FD_READ,
  EVENTTYPE_FD_WRITE,
  INVAL,
  NOMEM,
  PROTO,
  SUCCESS,
} from "../abi/wasip1-layout";
import { giveBlock, takeBlock } from "../lib/block-pool";
import { POLLERR, POLLHUP, POLLIN, POLLOUT } from "./poll";
import { POLL_LIST_BYTES, PollList } from "./poll-list";
import { timevalNs } from "./timeval";

/** `struct event`, 8 bytes: two C `unsigned long`s, of 4 bytes in WebAssembly. */
@unmanaged
export class EarlyEvent {
  /** Of the caller's choice, given back with each event: the descriptor, or what knows it. */
  id: u32;
  /** POLLIN and POLLOUT, what to wait for; of an event also POLLERR and POLLHUP. */
  event: u32;
}

/** The size of an {@link EarlyEvent}. */
export const EARLY_EVENT_BYTES: u32 = 8;
if (offsetof<EarlyEvent>() != EARLY_EVENT_BYTES) ERROR("an event is 8 bytes");

/** What is bound to one descriptor. 16 bytes. */
@unmanaged
class Binding {
  fd: i32;
  id: u32;
  event: u32;
  /** What is active, while events are got. */
  active: u32;
}

const BINDING_BYTES: u32 = 16;
const BLOCK_BYTES_FIRST: u32 = 1024;

const list = changetype<PollList>(memory.data(POLL_LIST_BYTES, 4));
const fdstat: usize = memory.data(24, 8);

let bindings: usize = 0;
let bindingsBytes: u32 = 0;
let count: u32 = 0;

/** The list is behind the bindings. */
let isStale: bool = true;

/** How many directions are bound in all: subscriptions of the list. */
let directionCount: u32 = 0;

/** Where the next search for active ones begins. */
let next: u32 = 0;

/**
 * Binds events to a descriptor, in place of those that were.
 *
 * A descriptor is found by looking at each: no handle names it. Unbind it before it is closed.
 *
 * @param event an {@link EarlyEvent}; 0, or one with no bits, unbinds.
 * @returns 0; a negated errno: BADF when `fd` is not open, INVAL when other bits are asked for than
 *   POLLIN and POLLOUT, NOMEM. Unbinding what is not bound is no error.
 */
export function bindEvent(fd: i32, event: usize): i32 {
  const wanted = event == 0 ? 0 : changetype<EarlyEvent>(event).event;
  if ((wanted & ~(POLLIN | POLLOUT)) != 0) return -(<i32>INVAL);
  const index = indexOf(fd);
  const boundBefore = index < count ? bindingAt(index).event : 0;
  const directions = directionCount - popcnt(boundBefore) + popcnt(wanted);
  isStale = true;
  if (wanted == 0) {
    if (boundBefore != 0) unbind(index);
  } else {
    if (fdFdstatGet(fd, fdstat) == BADF) return -(<i32>BADF);
    // The list's too: getting events is no time to find that there is none.
    if (!list.reserve(directions) || !reserveBinding()) return -(<i32>NOMEM);
    if (index == count) count++;
    const binding = bindingAt(index);
    binding.fd = fd;
    binding.id = changetype<EarlyEvent>(event).id;
    binding.event = wanted;
  }
  directionCount = directions;
  return 0;
}

/** Whether one more descriptor can be bound to one thing: takes the memory for it. */
export function reserveBind(): bool {
  isStale = true;
  return list.reserve(directionCount + 1) && reserveBinding();
}

/**
 * Waits until something that was bound happens.
 *
 * @param events receives at most `maxnr` of {@link EarlyEvent}, one for each descriptor.
 * @param timeval a `Timeval`, which is not written to; 0 waits for ever, one of zeroes not at all.
 * @returns the number of events; 0 when the time ran out; a negated errno: INVAL when `maxnr` is
 *   not above 0 or the time is below 0, INTR, NOMEM, PROTO when the host's answer makes no sense.
 */
export function getEvents(events: usize, maxnr: i32, timeval: usize): i32 {
  const timeoutNs = timevalNs(timeval);
  if (maxnr <= 0 || timeoutNs < -1) return -(<i32>INVAL);
  if (isStale && !buildList()) return -(<i32>NOMEM);
  const eventCount = list.wait(timeoutNs);
  if (eventCount < 0) return eventCount;
  for (let i: u32 = 0; i < count; i++) bindingAt(i).active = 0;
  for (let i: i32 = 0; i < eventCount; i++) {
    if (!noteActive(i)) return -(<i32>PROTO);
  }
  return giveActive(events, maxnr);
}

function bindingAt(index: u32): Binding {
  return changetype<Binding>(bindings + index * BINDING_BYTES);
}

/** The place of what is bound to `fd`; `count` when nothing is. */
function indexOf(fd: i32): u32 {
  for (let i: u32 = 0; i < count; i++) if (bindingAt(i).fd == fd) return i;
  return count;
}

/** Makes sure that there is room for one more binding. False when memory was refused. */
function reserveBinding(): bool {
  if ((count + 1) * BINDING_BYTES <= bindingsBytes) return true;
  const largerBytes = bindingsBytes == 0 ? BLOCK_BYTES_FIRST : bindingsBytes << 1;
  const larger = takeBlock(largerBytes);
  if (larger == 0) return false;
  if (bindings != 0) {
    memory.copy(larger, bindings, bindingsBytes);
    giveBlock(bindings, bindingsBytes);
  }
  bindings = larger;
  bindingsBytes = largerBytes;
  return true;
}

/** The last one takes the place of the one that goes. */
function unbind(index: u32): void {
  count--;
  memory.copy(bindings + index * BINDING_BYTES, bindings + count * BINDING_BYTES, BINDING_BYTES);
}

function buildList(): bool {
  if (!list.clear(directionCount)) return false;
  for (let i: u32 = 0; i < count; i++) {
    const binding = bindingAt(i);
    if ((binding.event & POLLIN) != 0) list.add(i, EVENTTYPE_FD_READ, binding.fd);
    if ((binding.event & POLLOUT) != 0) list.add(i, EVENTTYPE_FD_WRITE, binding.fd);
  }
  isStale = false;
  return true;
}

/** False when the event answers nothing that was bound. */
function noteActive(index: u32): bool {
  const event = list.eventAt(index);
  if (event.userdata >= count) return false;
  const binding = bindingAt(<u32>event.userdata);
  const bit = event.type == EVENTTYPE_FD_READ ? POLLIN : POLLOUT;
  if ((binding.event & bit) == 0) return false;
  if (event.error != SUCCESS) {
    binding.active |= POLLERR;
  } else {
    binding.active |= (event.flags & EVENTRWFLAGS_HANGUP) != 0 ? bit | POLLHUP : bit;
  }
  return true;
}

/** Writes the active ones, from {@link next} on and round; tells how many. */
function giveActive(events: usize, maxnr: i32): i32 {
  let given: i32 = 0;
  for (let seen: u32 = 0; seen < count && given < maxnr; seen++) {
    if (next >= count) next = 0;
    const binding = bindingAt(next++);
    if (binding.active == 0) continue;
    const event = changetype<EarlyEvent>(events + given * EARLY_EVENT_BYTES);
    event.id = binding.id;
    event.event = binding.active;
    given++;
  }
  return given;
}
