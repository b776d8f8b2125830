// read(2), write(2), recv(2), send(2) and accept(2) over preview1: a flat piece of memory, and an
// errno as a negative result. A count that a host cannot mean is PROTO: the caller's loop would
// leave its buffer.

import { fdRead, fdWrite, sockAccept, sockRecv, sockSend } from "../abi/wasip1";
import { Iovec, PROTO, SUCCESS } from "../abi/wasip1-layout";

const piece = changetype<Iovec>(memory.data(8, 8));
const resultAt: usize = memory.data(4, 4);
const roflagsAt: usize = memory.data(4, 4);

/** Reads at most `count` bytes. @returns how many, 0 at the end; a negated errno. */
export function read(fd: u32, buffer: usize, count: u32): i32 {
  return transferred(fdRead(fd, pieceOf(buffer, count), 1, resultAt), count);
}

/** Writes; a descriptor that does not block may take a part. @returns how many; a negated errno. */
export function write(fd: u32, buffer: usize, count: u32): i32 {
  return transferred(fdWrite(fd, pieceOf(buffer, count), 1, resultAt), count);
}

/** Receives at most `count` bytes. @returns how many, 0 at the peer's end; a negated errno. */
export function recv(fd: u32, buffer: usize, count: u32): i32 {
  return transferred(sockRecv(fd, pieceOf(buffer, count), 1, 0, resultAt, roflagsAt), count);
}

/** Sends; a socket that does not block may take a part. @returns how many; a negated errno. */
export function send(fd: u32, buffer: usize, count: u32): i32 {
  return transferred(sockSend(fd, pieceOf(buffer, count), 1, 0, resultAt), count);
}

/** Takes a connection, with `fdflags` for it. @returns its descriptor; a negated errno. */
export function accept(fd: u32, fdflags: u16): i32 {
  const errno = sockAccept(fd, fdflags, resultAt);
  return errno == SUCCESS ? load<i32>(resultAt) : -(<i32>errno);
}

function pieceOf(buffer: usize, count: u32): usize {
  piece.address = <u32>buffer;
  piece.lengthBytes = count;
  return changetype<usize>(piece);
}

function transferred(errno: u16, countMax: u32): i32 {
  if (errno != SUCCESS) return -(<i32>errno);
  const count = load<u32>(resultAt);
  return count > countMax ? -(<i32>PROTO) : count;
}
