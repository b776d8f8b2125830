// A connection that a client makes itself, without blocking: the call to connect answers INPROGRESS,
// the socket becomes writable when the outcome is known, and SO_ERROR tells it.
//
// Source: connect(2), EINPROGRESS.

import { ACCES, INPROGRESS, INTR, SUCCESS, TIMEDOUT } from "../abi/wasip1-layout";
import { sockConnect, sockGetsockopt, sockOpen } from "../abi/wasmedge";
import { AF_INET4, SOCK_STREAM, SO_ERROR, SOL_SOCKET, SockAddress } from "../abi/wasmedge-layout";
import { isText } from "../lib/arguments";
import { addErrno } from "../lib/errno-text";
import { parseIpv4Port } from "../lib/ipv4";
import { addText, addTextAt } from "../lib/line";
import { exitMalformed, numberFrom } from "../lib/options";
import { exitWithLine } from "../lib/stderr";
import { poll, Pollfd, POLLOUT } from "../posix/poll";
import { setNonBlocking } from "./socket";

const IPV4_BYTES: u32 = 4;
const TIMEOUT_MS_MAX: u32 = i32.MAX_VALUE;
const FOR_EVER_MS: i32 = -1;

const ipv4: usize = memory.data(4, 4);
const sockAddress = changetype<SockAddress>(memory.data(8, 4));
const pollfd = changetype<Pollfd>(memory.data(8, 4));
const resultAt: usize = memory.data(4, 4);
const sizeAt: usize = memory.data(4, 4);

/** The text of `--to`; 0 when it was not given. */
let target: usize = 0;
let port: u32 = 0;
let timeoutMs: i32 = FOR_EVER_MS;

/**
 * Takes `--to IPV4:PORT` and `--connect-timeout-ms N`, which every client has. Without the second
 * it is the system that gives up.
 *
 * @returns false for the name of another option. A wrong value ends the guest, code 2.
 */
export function takeConnectOption(name: usize, value: usize): bool {
  if (isText(name, "--connect-timeout-ms")) {
    timeoutMs = numberFrom(name, value, 1, TIMEOUT_MS_MAX);
    return true;
  }
  if (!isText(name, "--to")) return false;
  const parsed = value == 0 ? -1 : parseIpv4Port(value, ipv4);
  if (parsed < 0) exitMalformed(name, value);
  target = value;
  port = parsed;
  return true;
}

/** Whether `--to` was given. */
export function hasTarget(): bool {
  return target != 0;
}

/**
 * Connects to the address of `--to`.
 *
 * @returns the connection's descriptor, which does not block. Ends the guest with a line on stderr,
 *   code 1, when there is no connection: refused, timed out, not allowed, or another errno.
 */
export function connectToTarget(): u32 {
  const errno = sockOpen(AF_INET4, SOCK_STREAM, resultAt);
  if (errno != SUCCESS) exitUnconnected(errno);
  const fd = load<u32>(resultAt);
  const outcome = connect(fd);
  if (outcome != SUCCESS) exitUnconnected(outcome);
  return fd;
}

/** Answers an errno. */
function connect(fd: u32): u16 {
  const errno = setNonBlocking(fd);
  if (errno != SUCCESS) return errno;
  sockAddress.address = <u32>ipv4;
  sockAddress.lengthBytes = IPV4_BYTES;
  const begun = sockConnect(fd, changetype<usize>(sockAddress), port);
  return begun == INPROGRESS ? outcomeOf(fd) : begun;
}

/** Waits until the socket is writable, which it also is after a failure: only SO_ERROR tells. */
function outcomeOf(fd: u32): u16 {
  pollfd.fd = fd;
  pollfd.events = POLLOUT;
  let ready: i32;
  do {
    ready = poll(changetype<usize>(pollfd), 1, timeoutMs);
  } while (ready == -(<i32>INTR));
  if (ready < 0) return <u16>-ready;
  if (ready == 0) return TIMEDOUT;
  store<u32>(resultAt, 0);
  store<u32>(sizeAt, sizeof<u32>());
  const errno = sockGetsockopt(fd, SOL_SOCKET, SO_ERROR, resultAt, sizeAt);
  return errno == SUCCESS ? <u16>load<u32>(resultAt) : errno;
}

function exitUnconnected(errno: u16): void {
  addText("guest: cannot connect to ");
  addTextAt(target);
  addText(": ");
  addErrno(errno);
  if (errno == ACCES) {
    addText("; allow it with --allow-connect ");
    addTextAt(target);
  }
  exitWithLine(1);
}
