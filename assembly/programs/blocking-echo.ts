// Echoes as a server without multiplexing does: one connection at a time, with calls that block. A
// second client waits in the listener's queue, connected and without an answer, until the first
// has ended. Takes one listener and no arguments.

import { fdClose } from "../abi/wasip1";
import { INTR } from "../abi/wasip1-layout";
import { argumentAt, readArguments } from "../lib/arguments";
import { takeForEver } from "../lib/block-pool";
import { addText } from "../lib/line";
import { exitUnknown } from "../lib/options";
import { exitWithErrno, exitWithLine } from "../lib/stderr";
import { isTransient } from "../net/accept-errors";
import { NO_FD, nextListener } from "../net/preopened";
import { accept, recv, send } from "../posix/io";

const BUFFER_BYTES: u32 = 65536;

if (readArguments() > 1) exitUnknown(argumentAt(1));
serveOneByOne(theOnlyListener(), newBuffer());

function theOnlyListener(): u32 {
  const listener = nextListener(NO_FD);
  if (listener == NO_FD) addText("guest: no listener");
  else if (nextListener(listener) != NO_FD) addText("guest: more than one listener");
  else return listener;
  addText("; give one with --listen, such as --listen tcp:127.0.0.1:8080");
  exitWithLine(2);
  return NO_FD;
}

function newBuffer(): usize {
  const buffer = takeForEver(BUFFER_BYTES);
  if (buffer == 0) {
    addText("guest: no memory for a buffer");
    exitWithLine(1);
  }
  return buffer;
}

function serveOneByOne(listener: u32, buffer: usize): void {
  for (;;) {
    const connection = accept(listener, 0);
    if (connection >= 0) {
      echoUntilEnd(connection, buffer);
      // Whatever it answers, the descriptor is closed.
      fdClose(connection);
    } else if (!isTransient(<u16>-connection)) {
      addText("guest: cannot accept");
      exitWithErrno(<u16>-connection);
    }
  }
}

/** Returns at the peer's end, and when the connection has broken: the next client is waiting. */
function echoUntilEnd(connection: u32, buffer: usize): void {
  for (;;) {
    const receivedBytes = recv(connection, buffer, BUFFER_BYTES);
    if (receivedBytes == -(<i32>INTR)) continue;
    if (receivedBytes <= 0 || !sendAll(connection, buffer, receivedBytes)) return;
  }
}

/** False when the connection has broken. A send that was cut short is followed by one of the rest. */
function sendAll(connection: u32, bytes: usize, lengthBytes: u32): bool {
  while (lengthBytes > 0) {
    const sentBytes = send(connection, bytes, lengthBytes);
    if (sentBytes == -(<i32>INTR)) continue;
    if (sentBytes <= 0) return false;
    bytes += sentBytes;
    lengthBytes -= sentBytes;
  }
  return true;
}
