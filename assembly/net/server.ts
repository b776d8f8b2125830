// A server: every listener that the host opened for the guest, and what is done to the bytes.

import { SUCCESS } from "../abi/wasip1-layout";
import { open } from "../demux/default";
import { Callback } from "../lib/callback";
import { addText } from "../lib/line";
import { exitWithErrno, exitWithLine } from "../lib/stderr";
import { setUpConnections } from "./connection";
import { delayAccepts, openListener } from "./listener";
import { NO_FD, nextListener } from "./preopened";
import { acceptDelayMs, idleMs, readServerOptions, ringBytes } from "./server-options";

/**
 * Serves on all listeners, from the first turn on.
 *
 * @param transform `(bytes: usize, lengthBytes: u32) => void`; changes bytes in place as they
 *   arrive, before they are sent back.
 * @param completes `(bytes: usize, lengthBytes: u32) => bool`; whether these bytes complete an
 *   answer, which then goes out, as it does when no more fits or comes. 0: each piece is one.
 *
 * Ends the guest with a line on stderr when it cannot: code 2 for a wrong command line or no
 * listener, 1 for an error of the host's.
 */
export function serve(transform: Callback, completes: Callback = 0): void {
  readServerOptions();
  setUpConnections(transform, completes, ringBytes, idleMs);
  if (acceptDelayMs != 0) delayAccepts(acceptDelayMs);
  const errno = open();
  if (errno != SUCCESS) {
    addText("guest: cannot wait for events");
    exitWithErrno(errno);
  }
  if (openListeners() > 0) return;
  addText("guest: no listener; give one with --listen, such as --listen tcp:127.0.0.1:8080");
  exitWithLine(2);
}

function openListeners(): u32 {
  let count: u32 = 0;
  for (let fd = nextListener(NO_FD); fd != NO_FD; fd = nextListener(fd)) {
    const errno = openListener(fd);
    if (errno != SUCCESS) {
      addText("guest: cannot listen");
      exitWithErrno(errno);
    }
    count++;
  }
  return count;
}
