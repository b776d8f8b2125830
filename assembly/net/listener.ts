// A listener: takes connections until none is waiting, in bounded batches; at once, or when they
// have waited for a while, so that a peer can be gone by then.

import { AGAIN, NOMEM, SUCCESS } from "../abi/wasip1-layout";
import { forget, noteAgain, reserve } from "../demux/default";
import { NS_PER_MS } from "../lib/units";
import { addDeadlineList, Deadline, DeadlineList } from "../reactor/deadlines";
import { fail, leaveMoreToDo } from "../reactor/dispatch";
import { openSlot, reserveSlot } from "../reactor/fd-table";
import { READ } from "../reactor/interest";
import { Slot } from "../reactor/slot";
import { nowNs } from "../reactor/turn-clock";
import { isExhaustion, isTransient } from "./accept-errors";
import {
  admitFrom,
  isAdmissionSuspended,
  Listener,
  LISTENER_DELAY_AT,
  readmit,
  suspendAdmission,
} from "./admission";
import { openConnection } from "./connection";
import { accept, acceptedFd, setNonBlocking } from "./socket";

/** So many accepts a turn, so that a flood of connections does not starve those that are open. */
const ACCEPT_COUNT_MAX: u32 = 64;

const delays = changetype<DeadlineList>(memory.data(24, 8));

/** Leaves connections in the queue for so long, and serves the others meanwhile. Called once, first. */
export function delayAccepts(delayMs: u32): void {
  delays.durationNs = <u64>delayMs * NS_PER_MS;
  delays.onExpired = changetype<usize>(acceptDelayed);
  addDeadlineList(delays);
}

/** Listens on `fd` from the next turn on. Answers an errno; NOMEM when memory was refused. */
export function openListener(fd: u32): u16 {
  const errno = setNonBlocking(fd);
  if (errno != SUCCESS) return errno;
  if (!reserveSlot()) return NOMEM;
  const listener = changetype<Listener>(openSlot(fd));
  listener.handler = changetype<usize>(takeConnections);
  return admitFrom(listener) ? SUCCESS : NOMEM;
}

function takeConnections(slot: Slot, _readiness: u8, error: u16): void {
  if (error != SUCCESS) return fail(error);
  if (delays.durationNs == 0) return acceptBatch(slot);
  // Readable all the time that it waits.
  forget(slot);
  const delay = changetype<Listener>(slot).delay;
  if (!delays.has(delay)) delays.restart(delay, nowNs());
}

function acceptDelayed(deadline: Deadline): void {
  const listener = changetype<Listener>(changetype<usize>(deadline) - LISTENER_DELAY_AT);
  acceptBatch(listener);
  readmit(listener);
}

function acceptBatch(listener: Slot): void {
  for (let i: u32 = 0; i < ACCEPT_COUNT_MAX; i++) {
    // Another listener of this turn may have found that descriptors ran out.
    if (isAdmissionSuspended()) return;
    // Asked for before the accept: a connection that has no room stays in the queue.
    if (!reserveSlot() || !reserve()) return suspendAdmission();
    const errno = accept(listener.fd);
    if (errno == SUCCESS) {
      openConnection(acceptedFd());
    } else if (isExhaustion(errno)) {
      return suspendAdmission();
    } else if (errno == AGAIN) {
      return noteAgain(listener, READ);
    } else if (!isTransient(errno)) {
      return fail(errno);
    }
  }
  leaveMoreToDo();
}
