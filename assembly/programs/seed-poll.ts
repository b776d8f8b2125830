// The seed's poll server: every byte goes back. As it is written there, with its bugs, which
// docs/course/bugs.md tells one by one. Not a program to use, and not in the npm package: ours is
// poll-echo.
//
//     node dist/cli.cjs run build/seed-poll.wasm --listen tcp:127.0.0.1:43211

import { CONNRESET } from "../abi/wasip1-layout";
import { accept, close, errno, error, read, tcpServerListen, write } from "../seed/common";
import { poll, Pollfd, POLLERR, POLLFD_BYTES, POLLRDNORM } from "../posix/poll";

const MAXLINE: u32 = 4096;
const INIT_SIZE: i32 = 128;

const buf: usize = memory.data(4096, 8);
const eventSet: usize = memory.data(1024, 8);

function entry(index: i32): Pollfd {
  return changetype<Pollfd>(eventSet + index * POLLFD_BYTES);
}

// BUG poll-listener-blocks: a connection may be gone between poll and accept; accept then waits for
// the next one, and everyone with it.
const listenFd = tcpServerListen();

entry(0).fd = listenFd;
entry(0).events = POLLRDNORM;
for (let i = 1; i < INIT_SIZE; i++) entry(i).fd = -1;

for (;;) {
  let readyNumber = poll(eventSet, INIT_SIZE, -1);
  // BUG poll-eintr: a signal that was handled ends the server.
  if (readyNumber < 0) error(1, <u16>-readyNumber, "poll failed ");

  if ((entry(0).revents & POLLRDNORM) != 0) {
    // BUG poll-accept-unchecked: -1 is put into the set as a descriptor. With EMFILE the connection
    // stays queued, the listener readable, and the loop never sleeps again.
    const connectedFd = accept(listenFd);

    let i = 1;
    for (; i < INIT_SIZE; i++) {
      if (entry(i).fd < 0) {
        entry(i).fd = connectedFd;
        entry(i).events = POLLRDNORM;
        break;
      }
    }

    // BUG poll-128th-ends-all: one connection too many ends the server for the 127 it has.
    if (i == INIT_SIZE) error(1, errno, "can not hold so many clients");

    if (--readyNumber <= 0) continue;
  }

  for (let i = 1; i < INIT_SIZE; i++) {
    const socketFd = entry(i).fd;
    if (socketFd < 0) continue;
    if ((entry(i).revents & (POLLRDNORM | POLLERR)) != 0) {
      const n = read(socketFd, buf, MAXLINE);
      if (n > 0) {
        // BUG poll-slow-reader-stops-all: the socket blocks. A peer that does not read its answers
        // holds the server here, and all others with it.
        // BUG poll-write-error-ends-all: a peer that resets, after what it said was read, ends the
        // server (in C by SIGPIPE, or here).
        // BUG poll-short-write: a write that took a part is taken for one that took all.
        if (write(socketFd, buf, n) < 0) error(1, errno, "write error");
      } else if (n == 0 || errno == CONNRESET) {
        close(socketFd);
        entry(i).fd = -1;
      } else {
        // BUG poll-read-error-ends-all: whatever else befalls one connection (ETIMEDOUT,
        // EHOSTUNREACH, EINTR) ends the server.
        error(1, errno, "read error");
      }

      if (--readyNumber <= 0) break;
    }
  }
}
