// A client between a person and a server: select on standard input and the connection at once, so
// that an answer, or the server's end, is seen while nobody types. At the end of the input it sends
// no more, prints what still comes, and ends with code 0; when the server ends first it says so and
// ends with code 1. Bytes are sent and printed as they are, in pieces as they come.
//
// The connection is the one that the host has opened, or is made here: --to IPV4:PORT, with
// --connect-timeout-ms N.

import { sockShutdown } from "../abi/wasip1";
import { CONNRESET, INTR, PIPE, SDFLAGS_WR, STDIN, STDOUT, SUCCESS } from "../abi/wasip1-layout";
import { argumentAt, readArguments } from "../lib/arguments";
import { addErrno } from "../lib/errno-text";
import { addText } from "../lib/line";
import { exitUnknown } from "../lib/options";
import { exitWithLine } from "../lib/stderr";
import { exitUnwritten } from "../lib/stdout";
import { connectToTarget, hasTarget, takeConnectOption } from "../net/connect";
import { NO_FD, nextConnection } from "../net/preopened";
import { Relay, RELAY_BYTES } from "../net/relay";
import { setNonBlocking } from "../net/socket";
import { FD_SET_BYTES, FD_SETSIZE, FD_ZERO, select } from "../posix/select";

const readset: usize = memory.data(FD_SET_BYTES, 4);
const writeset: usize = memory.data(FD_SET_BYTES, 4);

/** From standard input to the server, and from the server to standard output. */
const lines = changetype<Relay>(memory.data(RELAY_BYTES, 4));
const answers = changetype<Relay>(memory.data(RELAY_BYTES, 4));

/** Whether more is sent: yes; not, since that was all and the server knows; not, it is gone. */
const SENDING: u8 = 0;
const FINISHED: u8 = 1;
const BROKEN: u8 = 2;
let sending: u8 = SENDING;

readOptions();
talk(openConnection());

function readOptions(): void {
  const count = readArguments();
  for (let i: u32 = 1; i < count; i += 2) {
    const name = argumentAt(i);
    if (!takeConnectOption(name, i + 1 < count ? argumentAt(i + 1) : 0)) exitUnknown(name);
  }
}

function openConnection(): u32 {
  if (hasTarget()) return connectToTarget();
  const connection = nextConnection(NO_FD);
  if (connection == NO_FD) {
    addText("guest: no connection; give one with --connect tcp:127.0.0.1:8080,");
    addText(" or have it made with --allow-connect 127.0.0.1:8080 -- --to 127.0.0.1:8080");
    exitWithLine(2);
  }
  return connection;
}

function talk(connection: u32): void {
  if (connection >= <u32>FD_SETSIZE) {
    addText("guest: select has no bit for the connection's descriptor");
    exitWithLine(1);
  }
  // So that a write of more than there is room for takes a part, and the other direction goes on.
  unblock(connection);
  unblock(STDIN);
  unblock(STDOUT);
  if (!lines.open(STDIN, connection) || !answers.open(connection, STDOUT)) {
    addText("guest: no memory for the buffers");
    exitWithLine(1);
  }
  while (!answers.hasEnded || !answers.isEmpty) turn(connection);
  if (sending == FINISHED) return;
  addText("guest: server terminated");
  exitWithLine(1);
}

function unblock(fd: u32): void {
  const errno = setNonBlocking(fd);
  if (errno != SUCCESS) {
    addText("guest: cannot make a descriptor non-blocking");
    exitFailed(-(<i32>errno));
  }
}

function turn(connection: u32): void {
  FD_ZERO(readset);
  FD_ZERO(writeset);
  lines.addTo(readset, writeset);
  answers.addTo(readset, writeset);
  const ready = select(connection + 1, readset, writeset, 0, 0);
  if (ready == -(<i32>INTR)) return;
  if (ready < 0) {
    addText("guest: cannot wait");
    exitFailed(ready);
  }
  printAnswers();
  sendLines(connection);
}

function printAnswers(): void {
  const received = answers.fill(readset);
  if (received < 0) {
    addText("guest: cannot receive");
    exitFailed(received);
  }
  const written = answers.drain(writeset);
  if (written < 0) exitUnwritten(<u16>-written);
}

function sendLines(connection: u32): void {
  const read = lines.fill(readset);
  if (read < 0) {
    addText("guest: cannot read standard input");
    exitFailed(read);
  }
  const sent = lines.drain(writeset);
  if (sent == -(<i32>PIPE) || sent == -(<i32>CONNRESET)) {
    // What the server said before is still there to be received, and then its end.
    lines.stop();
    sending = BROKEN;
  } else if (sent < 0) {
    addText("guest: cannot send");
    exitFailed(sent);
  } else if (sending == SENDING && lines.hasEnded && lines.isEmpty) {
    sending = sockShutdown(connection, SDFLAGS_WR) == SUCCESS ? FINISHED : BROKEN;
  }
}

/** Ends the line that says what failed. */
function exitFailed(result: i32): void {
  addText(": ");
  addErrno(<u16>-result);
  exitWithLine(1);
}
