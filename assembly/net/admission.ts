// Whether listeners take connections. When descriptors or memory have run out, a connection stays
// in the queue and its listener stays readable: watching it would spin. So all listeners are left
// unwatched until something is closed; with nothing to close, until a moment has passed.

import { forget, watch } from "../demux/default";
import { NS_PER_MS } from "../lib/units";
import { addDeadlineList, Deadline, DeadlineList } from "../reactor/deadlines";
import { READ } from "../reactor/interest";
import { Slot, SLOT_BYTES } from "../reactor/slot";
import { nowNs } from "../reactor/turn-clock";

const RETRY_MS: u64 = 100;

/** A slot of the table, the next listener, and when one that delays its accepts takes them. */
@unmanaged
export class Listener extends Slot {
  nextListener: usize;
  private pad0: u32;

  get delay(): Deadline {
    return changetype<Deadline>(changetype<usize>(this) + LISTENER_DELAY_AT);
  }
}

export const LISTENER_DELAY_AT: usize = offsetof<Slot>() + 8;

if (offsetof<Listener>() > LISTENER_DELAY_AT) ERROR("a listener's links overlap its deadline");
if (LISTENER_DELAY_AT % 8 != 0) ERROR("a deadline has 8-byte numbers");
if (LISTENER_DELAY_AT + offsetof<Deadline>() > SLOT_BYTES) ERROR("a listener needs a larger room");

const retry = changetype<Deadline>(memory.data(16, 8));
const retries = changetype<DeadlineList>(memory.data(24, 8));

let firstListener: usize = 0;
let connectionCount: u32 = 0;
let isSuspended: bool = false;

/** Watches a listener from now on. False when memory was refused. */
export function admitFrom(listener: Listener): bool {
  if (firstListener == 0) {
    retries.durationNs = RETRY_MS * NS_PER_MS;
    retries.onExpired = changetype<usize>(resumeAfterRetry);
    addDeadlineList(retries);
  }
  listener.nextListener = firstListener;
  firstListener = changetype<usize>(listener);
  return watch(listener, READ);
}

/** Watches a listener again that was left unwatched for itself; not while all are. */
export function readmit(listener: Listener): void {
  if (!isSuspended && !watch(listener, READ)) suspendAdmission();
}

/** Whether connections are left in the queues for now. */
export function isAdmissionSuspended(): bool {
  return isSuspended;
}

/** Leaves connections in the queues until a descriptor is closed. */
export function suspendAdmission(): void {
  isSuspended = true;
  for (let at = firstListener; at != 0; at = changetype<Listener>(at).nextListener) {
    forget(changetype<Listener>(at));
  }
  if (connectionCount == 0) retries.restart(retry, nowNs());
}

/** A connection was taken. */
export function noteOpened(): void {
  connectionCount++;
}

/** A connection was closed: its descriptor and its memory may serve another one. */
export function noteClosed(): void {
  connectionCount--;
  if (isSuspended) resumeAdmission();
}

function resumeAfterRetry(_deadline: Deadline): void {
  resumeAdmission();
}

/** A listener that finds no memory for its subscription waits for the next close. */
function resumeAdmission(): void {
  isSuspended = false;
  for (let at = firstListener; at != 0; at = changetype<Listener>(at).nextListener) {
    if (!watch(changetype<Listener>(at), READ)) isSuspended = true;
  }
}
