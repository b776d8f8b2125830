// Level- and edge-triggered, counted. A client connects and sends some bytes without ending; they
// are left unread, and select, poll and epoll in both modes are waited on for them in turn.
//
//   --rounds N    so many waits each; 10
//   --wait-ms N   of so long at most; 20
//   --measure N   instead: what servers of both modes do for N messages, which it sends to itself
//   --to IPV4:PORT   where: the address of its own listener, to which it must be allowed to connect
//
// Takes one connection, then ends with code 0.

import { FDFLAGS_NONBLOCK } from "../abi/wasip1-layout";
import { argumentAt, isText, readArguments } from "../lib/arguments";
import { addText } from "../lib/line";
import { exitUnknown, numberFrom } from "../lib/options";
import { exitWithLine } from "../lib/stderr";
import { connectToTarget, hasTarget, takeConnectOption } from "../net/connect";
import { NO_FD, nextListener } from "../net/preopened";
import { accept } from "../posix/io";
import { checked } from "../trigger/checked";
import { printCosts } from "../trigger/cost";
import { printWakeUps } from "../trigger/wake-ups";

const ROUNDS_MAX: u32 = 1000000;
const WAIT_MS_MAX: u32 = 3600000;
const MESSAGES_MAX: u32 = 100000000;

let rounds: u32 = 10;
let waitMs: u32 = 20;
let messageCount: u32 = 0;

readOptions();
if (messageCount == 0) printWakeUps(acceptOne(), rounds, waitMs);
else measure();

function readOptions(): void {
  const count = readArguments();
  for (let i: u32 = 1; i < count; i += 2) {
    const name = argumentAt(i);
    const value = i + 1 < count ? argumentAt(i + 1) : 0;
    if (takeConnectOption(name, value)) continue;
    if (isText(name, "--rounds")) rounds = numberFrom(name, value, 1, ROUNDS_MAX);
    else if (isText(name, "--wait-ms")) waitMs = numberFrom(name, value, 0, WAIT_MS_MAX);
    else if (isText(name, "--measure")) messageCount = numberFrom(name, value, 1, MESSAGES_MAX);
    else exitUnknown(name);
  }
}

function acceptOne(): i32 {
  const listener = nextListener(NO_FD);
  if (listener == NO_FD) {
    addText("guest: no listener; give one with --listen, such as --listen tcp:127.0.0.1:8080");
    exitWithLine(2);
  }
  return checked(changetype<usize>("accept"), accept(listener, FDFLAGS_NONBLOCK));
}

/** Both ends of the connection are its own: what is sent has come when the send returns. */
function measure(): void {
  if (!hasTarget()) {
    addText("guest: --measure sends to itself; give --to with the address of --listen");
    exitWithLine(2);
  }
  printCosts(connectToTarget(), acceptOne(), messageCount);
}
