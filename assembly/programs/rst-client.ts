// Connects and resets: with SO_LINGER on for 0 seconds, close sends a reset and not an end, and what
// was sent and not yet taken is thrown away. A listener finds such a connection in its queue, and a
// server's next call on it answers an error.
//
//   --to IPV4:PORT --connect-timeout-ms N   where, as every client of ours
//   --send TEXT                             sent before the reset
//   --count N                               so many connections, one after the other; 1

import { fdClose } from "../abi/wasip1";
import { SUCCESS } from "../abi/wasip1-layout";
import { sockSetsockopt } from "../abi/wasmedge";
import { Linger, SO_LINGER, SOL_SOCKET } from "../abi/wasmedge-layout";
import { argumentAt, isText, readArguments } from "../lib/arguments";
import { addErrno } from "../lib/errno-text";
import { addNumber, addText } from "../lib/line";
import { exitMalformed, exitUnknown, numberFrom } from "../lib/options";
import { exitWithLine } from "../lib/stderr";
import { printLine } from "../lib/stdout";
import { connectToTarget, hasTarget, takeConnectOption } from "../net/connect";
import { send } from "../posix/io";

const COUNT_MAX: u32 = 1000000;

const linger = changetype<Linger>(memory.data(8, 4));

/** The text of `--send`; 0 when it was not given. */
let text: usize = 0;
let connectionCount: u32 = 1;

readOptions();
for (let i: u32 = 0; i < connectionCount; i++) reset(connectToTarget());
addText("reset ");
addNumber(connectionCount);
addText(" connection");
if (connectionCount != 1) addText("s");
printLine();

function readOptions(): void {
  const count = readArguments();
  for (let i: u32 = 1; i < count; i += 2) {
    const name = argumentAt(i);
    const value = i + 1 < count ? argumentAt(i + 1) : 0;
    if (takeConnectOption(name, value)) continue;
    if (isText(name, "--count")) {
      connectionCount = numberFrom(name, value, 1, COUNT_MAX);
    } else if (isText(name, "--send")) {
      text = textFrom(name, value);
    } else {
      exitUnknown(name);
    }
  }
  if (hasTarget()) return;
  addText("guest: --to is missing: where to connect, such as --to 127.0.0.1:8080");
  exitWithLine(2);
}

function textFrom(name: usize, value: usize): usize {
  if (value == 0) exitMalformed(name, value);
  if (load<u8>(value) == 0) {
    addText("guest: --send does not take an empty text");
    exitWithLine(2);
  }
  return value;
}

function reset(connection: u32): void {
  if (text != 0) sendText(connection);
  linger.isOn = 1;
  linger.seconds = 0;
  const at = changetype<usize>(linger);
  const errno = sockSetsockopt(connection, SOL_SOCKET, SO_LINGER, at, <u32>offsetof<Linger>());
  if (errno != SUCCESS) {
    addText("guest: cannot set SO_LINGER: ");
    exitFailed(errno);
  }
  // Whatever it answers, the descriptor is closed.
  fdClose(connection);
}

/** A new connection takes what an argument can have in one call. */
function sendText(connection: u32): void {
  let lengthBytes: u32 = 0;
  while (load<u8>(text + lengthBytes) != 0) lengthBytes++;
  const sentBytes = send(connection, text, lengthBytes);
  if (sentBytes < 0) {
    addText("guest: cannot send: ");
    exitFailed(<u16>-sentBytes);
  }
  if (<u32>sentBytes == lengthBytes) return;
  addText("guest: only ");
  addNumber(sentBytes);
  addText(" bytes of --send went out");
  exitWithLine(1);
}

/** Ends the line that says what failed. */
function exitFailed(errno: u16): void {
  addErrno(errno);
  exitWithLine(1);
}
