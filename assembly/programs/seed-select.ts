// The seed's select server, non-blocking with a buffer for each connection: a line comes back with
// its letters turned by 13 places. As it is written there, with its bugs, which docs/course/bugs.md
// tells one by one. Not a program to use, and not in the npm package: ours is select-rot13.
//
//     node dist/cli.cjs run build/seed-select.wasm --listen tcp:127.0.0.1:43211

import { AGAIN } from "../abi/wasip1-layout";
import { rot13Scalar } from "../lib/rot13";
import {
  accept,
  close,
  errno,
  error,
  makeNonblocking,
  print,
  recv,
  send,
  sleep,
  tcpNonblockingServerListen,
} from "../seed/common";
import { FD_ISSET, FD_SET, FD_ZERO, select } from "../posix/select";

const MAX_LINE: u32 = 1024;
const FD_INIT_SIZE: i32 = 128;
const NEWLINE: u8 = 10;

/** `struct Buffer`, and the 1,024 bytes of its `buffer` behind it. */
@unmanaged
class Buffer {
  connectFd: i32;
  writeIndex: u32;
  readIndex: u32;
  readable: i32;

  get bytes(): usize {
    return changetype<usize>(this) + BUFFER_HEAD_BYTES;
  }
}

const BUFFER_HEAD_BYTES: usize = offsetof<Buffer>();
const BUFFER_BYTES: usize = BUFFER_HEAD_BYTES + MAX_LINE;

const buf: usize = memory.data(1024, 8);

// All of them are taken at once, for no one.
const buffers: usize = memory.data(133120, 8);

// The variables of main, in the order in which clang lays them out for wasm32 without optimising:
//
//   | struct Buffer *buffer[128] | maxfd | i | listen_fd |
const bufferPointers: usize = memory.data(524, 8);
const maxfdAt: usize = bufferPointers + 512;

const readset: usize = memory.data(128, 8);
const writeset: usize = memory.data(128, 8);
const exset: usize = memory.data(128, 8);

/** `buffer[fd]`; like C's, it does not look whether there is such a one. */
function bufferOf(fd: i32): Buffer {
  return changetype<Buffer>(load<usize>(bufferPointers + fd * 4));
}

function onSocketRead(fd: i32, buffer: Buffer): i32 {
  let result: i32 = 0;
  // BUG select-one-feeds-the-others-starve: as long as one peer sends, no one else is served.
  while (true) {
    result = recv(fd, buf, 1024);
    if (result <= 0) break;

    for (let i: i32 = 0; i < result; i++) {
      const byte = load<u8>(buf + i);
      // BUG select-1024-lost: what does not fit is dropped, and nobody is told. The start of the
      // buffer is not used again before all of it was sent, so a slow reader loses bytes earlier.
      if (buffer.writeIndex < MAX_LINE) {
        store<u8>(buffer.bytes + buffer.writeIndex, byte);
        rot13Scalar(buffer.bytes + buffer.writeIndex, 1);
        buffer.writeIndex++;
      }
      // What follows the newline in the buffer is sent with it.
      if (byte == NEWLINE) buffer.readable = 1;
    }
  }

  // BUG select-answer-lost: when a line and the FIN come together, main closes before it writes.
  if (result == 0) return 1;
  if (errno == AGAIN) return 0;
  return -1;
}

function onSocketWrite(fd: i32, buffer: Buffer): i32 {
  while (buffer.readIndex < buffer.writeIndex) {
    const at = buffer.bytes + buffer.readIndex;
    const result = send(fd, at, buffer.writeIndex - buffer.readIndex);
    if (result < 0) {
      if (errno == AGAIN) return 0;
      return -1;
    }
    buffer.readIndex += result;
  }
  if (buffer.readIndex == buffer.writeIndex) buffer.readIndex = buffer.writeIndex = 0;
  buffer.readable = 0;
  return 0;
}

function acceptOne(listenFd: i32): void {
  print("listening socket readable\n");
  // BUG select-sleeps: five seconds in which no one is served, for each connection.
  sleep(5);
  const fd = accept(listenFd);
  if (fd < 0) {
    // BUG select-accept-ends-all: the listener is non-blocking so that accept may answer EAGAIN;
    // when it does, the server ends. EMFILE and ECONNABORTED end it, too.
    error(1, errno, "accept failed");
  } else if (fd > FD_INIT_SIZE) {
    // BUG select-too-many-ends-all: error(1, …) does not return; the close behind it never runs.
    error(1, 0, "too many connections");
    close(fd);
  } else {
    makeNonblocking(fd);
    // BUG select-off-by-one: FD_INIT_SIZE itself passes, and buffer[128] lies behind the array.
    if (bufferOf(fd).connectFd == 0) {
      bufferOf(fd).connectFd = fd;
    } else {
      error(1, 0, "too many connections");
    }
  }
}

for (let i = 0; i < FD_INIT_SIZE; i++) {
  store<usize>(bufferPointers + i * 4, buffers + i * BUFFER_BYTES);
}

const listenFd = tcpNonblockingServerListen();

while (true) {
  store<i32>(maxfdAt, listenFd);
  FD_ZERO(readset);
  FD_ZERO(writeset);
  FD_ZERO(exset);
  FD_SET(listenFd, readset);

  for (let i = 0; i < FD_INIT_SIZE; i++) {
    const connectFd = bufferOf(i).connectFd;
    if (connectFd > 0) {
      if (connectFd > load<i32>(maxfdAt)) store<i32>(maxfdAt, connectFd);
      FD_SET(connectFd, readset);
      if (bufferOf(i).readable != 0) FD_SET(connectFd, writeset);
    }
  }

  const rc = select(load<i32>(maxfdAt) + 1, readset, writeset, exset, 0);
  // BUG select-eintr: a signal that was handled ends the server.
  if (rc < 0) error(1, <u16>-rc, "select error");

  if (FD_ISSET(listenFd, readset)) acceptOne(listenFd);

  for (let i = 0; i < load<i32>(maxfdAt) + 1; i++) {
    let r = 0;
    if (i == listenFd) continue;
    if (FD_ISSET(i, readset)) r = onSocketRead(i, bufferOf(i));
    if (r == 0 && FD_ISSET(i, writeset)) r = onSocketWrite(i, bufferOf(i));
    if (r != 0) {
      // BUG select-slot-not-reset: writeIndex, readIndex and readable stay, for the next connection
      // with this number.
      bufferOf(i).connectFd = 0;
      close(i);
    }
  }
}
