// The socket calls, between a descriptor and a ring. A count that a host cannot mean is an error:
// it would break the ring, or make the loop spin.

import { fdFdstatGet, fdFdstatSetFlags, sockAccept, sockRecv, sockSend } from "../abi/wasip1";
import {
  BADF,
  FDFLAGS_NONBLOCK,
  Fdstat,
  FILETYPE_SOCKET_STREAM,
  PROTO,
  RIGHTS_SOCK_ACCEPT,
  RIGHTS_SOCK_SHUTDOWN,
  SUCCESS,
} from "../abi/wasip1-layout";
import { RingBuffer } from "./ring-buffer";

const pieces: usize = memory.data(16, 8);
const fdstat: usize = memory.data(24, 8);
const resultAt: usize = memory.data(4, 4);
const roflagsAt: usize = memory.data(4, 4);

/**
 * Receives into the free bytes of `ring`, which has a block and is not full.
 *
 * @returns the count of bytes, now held by the ring; 0 when the peer has finished sending; a
 *   negated errno, PROTO when the host's count makes no sense.
 */
export function receive(fd: u32, ring: RingBuffer): i32 {
  assert(!ring.isFull);
  const pieceCount = ring.freePieces(pieces);
  const errno = sockRecv(fd, pieces, pieceCount, 0, resultAt, roflagsAt);
  if (errno != SUCCESS) return -(<i32>errno);
  const receivedBytes = load<u32>(resultAt);
  if (receivedBytes > ring.freeBytes) return -(<i32>PROTO);
  ring.produce(receivedBytes);
  return receivedBytes;
}

/**
 * Sends from the front of `ring`, which is not empty.
 *
 * @returns the count of bytes, no longer held by the ring; a negated errno, PROTO when the host's
 *   count makes no sense.
 */
// @ts-ignore: decorator
@inline
export function send(fd: u32, ring: RingBuffer): i32 {
  assert(!ring.isEmpty);
  const pieceCount = ring.heldPieces(pieces);
  const errno = sockSend(fd, pieces, pieceCount, 0, resultAt);
  if (errno != SUCCESS) return -(<i32>errno);
  const sentBytes = load<u32>(resultAt);
  if (sentBytes == 0 || sentBytes > ring.countBytes) return -(<i32>PROTO);
  ring.consume(sentBytes);
  return sentBytes;
}

/** Takes a connection off a listener, non-blocking. Answers an errno; see {@link acceptedFd}. */
export function accept(fd: u32): u16 {
  return sockAccept(fd, FDFLAGS_NONBLOCK, resultAt);
}

/** The descriptor that the last successful {@link accept} gave. */
export function acceptedFd(): u32 {
  return load<u32>(resultAt);
}

/** Makes calls on a descriptor answer AGAIN rather than wait. Answers an errno. */
export function setNonBlocking(fd: u32): u16 {
  return fdFdstatSetFlags(fd, FDFLAGS_NONBLOCK);
}

/** Whether a descriptor is open at all. {@link isStreamSocket} is about the same descriptor. */
export function describe(fd: u32): bool {
  const errno = fdFdstatGet(fd, fdstat);
  if (errno != SUCCESS) changetype<Fdstat>(fdstat).filetype = 0;
  return errno != BADF;
}

/**
 * Whether the descriptor that {@link describe} was asked about is a stream socket that takes
 * connections. A host that says nothing of rights has no others.
 */
export function isListener(): bool {
  return isStreamSocket() && !isConnection();
}

/** Whether the descriptor that {@link describe} was asked about is a connection. */
export function isConnection(): bool {
  const rights = changetype<Fdstat>(fdstat).rightsBase;
  return (
    isStreamSocket() && (rights & RIGHTS_SOCK_ACCEPT) == 0 && (rights & RIGHTS_SOCK_SHUTDOWN) != 0
  );
}

function isStreamSocket(): bool {
  return changetype<Fdstat>(fdstat).filetype == FILETYPE_SOCKET_STREAM;
}
