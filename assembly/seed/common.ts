// What the seed's programs have from C's library and their `common.h`, with C's names and its
// manners: -1 and `errno`, an `error` that ends the process. Over preview1, where a socket is opened
// by the host, a write to a reset connection answers PIPE and raises no signal, and `errno` has
// preview1's numbers.
//
// Only the programs of assembly/programs/seed-*.ts use it. They are the course's, bugs kept.

import {
  fdClose,
  fdFdstatSetFlags,
  fdRead,
  fdWrite,
  procExit,
  sockAccept,
  sockRecv,
  sockSend,
} from "../abi/wasip1";
import { FDFLAGS_NONBLOCK, FD_PREOPENED_FIRST, Iovec, STDERR, SUCCESS } from "../abi/wasip1-layout";
import { literalByte, literalLength } from "../lib/literal";
import { select } from "../posix/select";
import { Timeval } from "../posix/timeval";

export const STDIN_FILENO: i32 = 0;
const STDOUT_FILENO: i32 = 1;

const NEWLINE: u8 = 10;
const BUFSIZ: u32 = 4096;

const iovec: usize = memory.data(8, 8);
const resultAt: usize = memory.data(4, 4);
const roflagsAt: usize = memory.data(4, 4);
const timeval: usize = memory.data(8, 4);
const text: usize = memory.data(256, 8);
const stdinBuffer: usize = memory.data(4096, 8);

/** Why the last call that answered -1 did. */
export let errno: u16 = 0;

/** read(2). */
export function read(fd: i32, buffer: usize, lengthBytes: u32): i32 {
  describe(buffer, lengthBytes);
  return resultOf(fdRead(fd, iovec, 1, resultAt));
}

/** write(2). */
export function write(fd: i32, buffer: usize, lengthBytes: u32): i32 {
  describe(buffer, lengthBytes);
  return resultOf(fdWrite(fd, iovec, 1, resultAt));
}

/** recv(2), without flags. */
export function recv(fd: i32, buffer: usize, lengthBytes: u32): i32 {
  describe(buffer, lengthBytes);
  return resultOf(sockRecv(fd, iovec, 1, 0, resultAt, roflagsAt));
}

/** send(2), without flags. */
export function send(fd: i32, buffer: usize, lengthBytes: u32): i32 {
  describe(buffer, lengthBytes);
  return resultOf(sockSend(fd, iovec, 1, 0, resultAt));
}

/** accept(2). What is accepted blocks, as on Linux. */
export function accept(fd: i32): i32 {
  return resultOf(sockAccept(fd, 0, resultAt));
}

/** close(2); nobody looks at its answer. */
export function close(fd: i32): void {
  fdClose(fd);
}

/** `common.h`: O_NONBLOCK is set; nobody looks at the answer. */
export function makeNonblocking(fd: i32): void {
  fdFdstatSetFlags(fd, FDFLAGS_NONBLOCK);
}

/** `common.h`: the listener, which here the host has opened. */
export function tcpServerListen(): i32 {
  return FD_PREOPENED_FIRST;
}

/** `common.h`: as {@link tcpServerListen}, and accept does not wait. */
export function tcpNonblockingServerListen(): i32 {
  makeNonblocking(FD_PREOPENED_FIRST);
  return FD_PREOPENED_FIRST;
}

/** `common.h`: the connection to the server, which here the host has opened. */
export function tcpClient(): i32 {
  return FD_PREOPENED_FIRST;
}

/** sleep(3). */
export function sleep(seconds: i32): void {
  changetype<Timeval>(timeval).tvSec = seconds;
  changetype<Timeval>(timeval).tvUsec = 0;
  select(0, 0, 0, 0, timeval);
}

/** error(3) of glibc: a line on stderr, and the end of the process when `status` is not 0. */
export function error(status: u32, errnum: u16, message: string): void {
  print("", STDERR);
  print(message, STDERR);
  if (errnum != 0) {
    print(": errno ", STDERR);
    printNumber(errnum, STDERR);
  }
  print("\n", STDERR);
  if (status != 0) procExit(status);
}

/** fputs(3) of ASCII text. */
export function print(message: string, fd: i32 = STDOUT_FILENO): void {
  const lengthBytes = min<u32>(literalLength(changetype<usize>(message)), 256);
  for (let i: u32 = 0; i < lengthBytes; i++) {
    store<u8>(text + i, literalByte(changetype<usize>(message), i));
  }
  write(fd, text, lengthBytes);
}

/** fputs(3) of what lies at `address`, up to its first NUL. */
export function printAt(address: usize): void {
  write(STDOUT_FILENO, address, strlen(address));
}

/** printf(3) with `%d`, of a number that is not negative. */
export function printNumber(value: u32, fd: i32 = STDOUT_FILENO): void {
  let at = text + 10;
  let rest = value;
  do {
    store<u8>(--at, <u8>(48 + (rest % 10)));
    rest /= 10;
  } while (rest != 0);
  write(fd, at, <u32>(text + 10 - at));
}

/** strlen(3). */
export function strlen(address: usize): u32 {
  let lengthBytes: u32 = 0;
  while (load<u8>(address + lengthBytes) != 0) lengthBytes++;
  return lengthBytes;
}

/**
 * fgets(3) on stdin: a line with its newline, or as much of it as fits. Like C's, it reads a whole
 * buffer from the descriptor and keeps what it does not return; select knows nothing of that.
 *
 * @returns false for C's NULL: the end of input, or an error.
 */
export function fgets(line: usize, sizeBytes: u32): bool {
  let lengthBytes: u32 = 0;
  while (lengthBytes < sizeBytes - 1) {
    if (stdinNext == stdinEnd && !fillStdin()) break;
    const byte = load<u8>(stdinBuffer + stdinNext++);
    store<u8>(line + lengthBytes++, byte);
    if (byte == NEWLINE) break;
  }
  if (lengthBytes == 0) return false;
  store<u8>(line + lengthBytes, 0);
  return true;
}

let stdinNext: u32 = 0;
let stdinEnd: u32 = 0;

function fillStdin(): bool {
  const n = read(STDIN_FILENO, stdinBuffer, BUFSIZ);
  if (n <= 0) return false;
  stdinNext = 0;
  stdinEnd = n;
  return true;
}

function describe(buffer: usize, lengthBytes: u32): void {
  const piece = changetype<Iovec>(iovec);
  piece.address = <u32>buffer;
  piece.lengthBytes = lengthBytes;
}

function resultOf(answer: u16): i32 {
  if (answer == SUCCESS) return load<i32>(resultAt);
  errno = answer;
  return -1;
}
