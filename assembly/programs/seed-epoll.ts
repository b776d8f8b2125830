// The seed's epoll server, edge-triggered: every byte comes back, letters turned by 13 places. As it
// is written there, with its bugs, which docs/course/bugs.md tells one by one. Not a program to use,
// and not in the npm package: ours is epoll-rot13.
//
//     node dist/cli.cjs run build/seed-epoll.wasm --listen tcp:127.0.0.1:43211

import { AGAIN } from "../abi/wasip1-layout";
import {
  EPOLL_CTL_ADD,
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EpollEvent,
} from "../abi/wasix-layout";
import { rot13Scalar } from "../lib/rot13";
import { epollCreate, epollCtl, epollWait } from "../posix/epoll";
import {
  accept,
  close,
  errno,
  error,
  makeNonblocking,
  print,
  printNumber,
  read,
  tcpNonblockingServerListen,
  write,
} from "../seed/common";

const MAXEVENTS: i32 = 128;
const STDERR_FILENO: i32 = 2;

const event = changetype<EpollEvent>(memory.data(32, 8));
const events: usize = memory.data(4096, 8);
const buf: usize = memory.data(512, 8);

function eventAt(index: i32): EpollEvent {
  return changetype<EpollEvent>(events + index * offsetof<EpollEvent>());
}

const listenFd = tcpNonblockingServerListen();

const efd = epollCreate();
if (efd < 0) error(1, <u16>-efd, "epoll create failed");

event.fd = listenFd;
// BUG epoll-stranded: an edge tells once of all that is queued, and one connection is taken for it.
event.events = EPOLLIN | EPOLLET;
let rc = epollCtl(efd, EPOLL_CTL_ADD, listenFd, changetype<usize>(event));
if (rc < 0) error(1, <u16>-rc, "epoll_ctl add listen fd failed");

let n: i32 = 0;
let i: i32 = 0;

while (true) {
  n = epollWait(efd, events, MAXEVENTS, -1);
  print("epoll_wait wakeup\n");
  for (i = 0; i < n; i++) {
    const bits = eventAt(i).events;
    if ((bits & EPOLLERR) != 0 || (bits & EPOLLHUP) != 0 || (bits & EPOLLIN) == 0) {
      // BUG epoll-hup-drops: what came before the hang-up is not read.
      print("epoll error\n", STDERR_FILENO);
      close(eventAt(i).fd);
      continue;
    } else if (listenFd == eventAt(i).fd) {
      const fd = accept(listenFd);
      if (fd < 0) {
        // BUG epoll-accept-ends-all: EAGAIN, EMFILE and ECONNABORTED end the server.
        error(1, errno, "accept failed");
      } else {
        makeNonblocking(fd);
        event.fd = fd;
        event.events = EPOLLIN | EPOLLET;
        rc = epollCtl(efd, EPOLL_CTL_ADD, fd, changetype<usize>(event));
        if (rc < 0) error(1, <u16>-rc, "epoll_ctl add connection fd failed");
      }
      continue;
    } else {
      const socketFd = eventAt(i).fd;
      print("get event on socket fd == ");
      printNumber(socketFd);
      print(" \n");
      // BUG epoll-one-feeds-the-others-starve: as long as one peer sends, no one else is served.
      while (true) {
        // BUG epoll-n-reused: n was the number of events. It ends as -1 or 0, and with it ends the
        // loop over the events: the others of this wake-up are gone, and an edge does not come back.
        n = read(socketFd, buf, 512);
        if (n < 0) {
          // BUG epoll-read-error-ends-all: an error of one connection ends the server.
          if (errno != AGAIN) {
            error(1, errno, "read error");
            close(socketFd);
          }
          break;
        } else if (n == 0) {
          close(socketFd);
          break;
        } else {
          // BUG epoll-i-reused: i was the place among the events.
          for (i = 0; i < n; i++) rot13Scalar(buf + i, 1);
          // BUG epoll-short-write: what write did not take is lost.
          // BUG epoll-write-error-ends-all: EAGAIN, of a peer that reads slowly, ends the server.
          if (write(socketFd, buf, n) < 0) error(1, errno, "write error");
        }
      }
    }
  }
}
