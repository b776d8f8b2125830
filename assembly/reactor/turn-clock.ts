// The monotonic clock, read at most once between two waits: a read is a call of the host, and what
// happens in one turn happens, for deadlines, at one time. Unread when there are no deadlines.

import { clockTimeGet } from "../abi/wasip1";
import { CLOCKID_MONOTONIC, SUCCESS } from "../abi/wasip1-layout";
import { addText } from "../lib/line";
import { exitWithErrno } from "../lib/stderr";
import { NS_PER_MS } from "../lib/units";

const timeNs: usize = memory.data(8, 8);

let isRead: bool = false;

/** Nanoseconds since a fixed moment, at the end of the last wait or later. */
export function nowNs(): u64 {
  if (!isRead) {
    const errno = clockTimeGet(CLOCKID_MONOTONIC, NS_PER_MS, timeNs);
    if (errno != SUCCESS) {
      addText("guest: the monotonic clock cannot be read");
      exitWithErrno(errno);
    }
    isRead = true;
  }
  return load<u64>(timeNs);
}

/** Time has passed: the next {@link nowNs} reads the clock. */
export function forgetNow(): void {
  isRead = false;
}
