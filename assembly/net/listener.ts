// A listener: takes connections until none is waiting, in bounded batches.

import { AGAIN, NOMEM, SUCCESS } from "../abi/wasip1-layout";
import { noteAgain, reserve } from "../demux/default";
import { fail, leaveMoreToDo } from "../reactor/dispatch";
import { openSlot, reserveSlot } from "../reactor/fd-table";
import { READ } from "../reactor/interest";
import { Slot } from "../reactor/slot";
import { isExhaustion, isTransient } from "./accept-errors";
import { admitFrom, isAdmissionSuspended, Listener, suspendAdmission } from "./admission";
import { openConnection } from "./connection";
import { accept, acceptedFd, setNonBlocking } from "./socket";

/** So many accepts a turn, so that a flood of connections does not starve those that are open. */
const ACCEPT_COUNT_MAX: u32 = 64;

/** Listens on `fd` from the next turn on. Answers an errno; NOMEM when memory was refused. */
export function openListener(fd: u32): u16 {
  const errno = setNonBlocking(fd);
  if (errno != SUCCESS) return errno;
  if (!reserveSlot()) return NOMEM;
  const listener = changetype<Listener>(openSlot(fd));
  listener.handler = changetype<usize>(acceptBatch);
  return admitFrom(listener) ? SUCCESS : NOMEM;
}

function acceptBatch(listener: Slot, _readiness: u8, error: u16): void {
  if (error != SUCCESS) return fail(error);
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
