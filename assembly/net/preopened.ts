// The sockets that the host has opened for the guest. Directories come before them, and nothing
// comes after a descriptor that is not open.

import { FD_PREOPENED_FIRST } from "../abi/wasip1-layout";
import { describe, isConnection, isListener } from "./socket";

/** Descriptors looked at, should a host never answer BADF. */
const FD_COUNT_MAX: u32 = 4096;

/** What {@link nextListener} and {@link nextConnection} begin after, and answer when there is none. */
export const NO_FD: u32 = 0;

/** The first listener after `fd`, or {@link NO_FD}. */
export function nextListener(fd: u32): u32 {
  for (fd = following(fd); isLookedAt(fd); fd++) {
    if (isListener()) return fd;
  }
  return NO_FD;
}

/** The first connection after `fd`, or {@link NO_FD}. */
export function nextConnection(fd: u32): u32 {
  for (fd = following(fd); isLookedAt(fd); fd++) {
    if (isConnection()) return fd;
  }
  return NO_FD;
}

function following(fd: u32): u32 {
  return max(fd + 1, FD_PREOPENED_FIRST);
}

/** Describes `fd`. False behind the last. */
function isLookedAt(fd: u32): bool {
  return fd < FD_PREOPENED_FIRST + FD_COUNT_MAX && describe(fd);
}
