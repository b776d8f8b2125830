// A server: every listener that the host opened for the guest, and what is done to the bytes.

import { FD_PREOPENED_FIRST, SUCCESS } from "../abi/wasip1-layout";
import { open } from "../demux/default";
import { Callback } from "../lib/callback";
import { addText } from "../lib/line";
import { exitWithErrno, exitWithLine } from "../lib/stderr";
import { setUpConnections } from "./connection";
import { openListener } from "./listener";
import { idleMs, readServerOptions, ringBytes } from "./server-options";
import { describe, isStreamSocket } from "./socket";

/** Descriptors looked at, should a host never answer BADF. */
const FD_COUNT_MAX: u32 = 4096;

/**
 * Serves on all listeners, from the first turn on.
 *
 * @param transform `(bytes: usize, lengthBytes: u32) => void`; changes bytes in place as they
 *   arrive, before they are sent back.
 *
 * Ends the guest with a line on stderr when it cannot: code 2 for a wrong command line or no
 * listener, 1 for an error of the host's.
 */
export function serve(transform: Callback): void {
  readServerOptions();
  setUpConnections(transform, ringBytes, idleMs);
  const errno = open();
  if (errno != SUCCESS) {
    addText("guest: cannot wait for events");
    exitWithErrno(errno);
  }
  if (openListeners() > 0) return;
  addText("guest: no listener; give one with --listen, such as --listen tcp:127.0.0.1:8080");
  exitWithLine(2);
}

/** Directories come before listeners, and nothing comes after a descriptor that is not open. */
function openListeners(): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0; i < FD_COUNT_MAX; i++) {
    const fd = FD_PREOPENED_FIRST + i;
    if (!describe(fd)) break;
    if (!isStreamSocket()) continue;
    const errno = openListener(fd);
    if (errno != SUCCESS) {
      addText("guest: cannot listen");
      exitWithErrno(errno);
    }
    count++;
  }
  return count;
}
