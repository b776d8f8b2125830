// An epoll instance that watches one descriptor.

import { EPOLL_CTL_ADD, EpollEvent } from "../abi/wasix-layout";
import { epollCreate, epollCtl, epollWait } from "../posix/epoll";
import { checked } from "./checked";

const event = changetype<EpollEvent>(memory.data(32, 8));

/** Watches `fd` for `events`, such as `EPOLLIN | EPOLLET`. @returns the instance's descriptor. */
export function openEpollOf(fd: i32, events: u32): i32 {
  const epfd = checked(changetype<usize>("epoll_create"), epollCreate());
  event.events = events;
  event.fd = fd;
  checked(
    changetype<usize>("epoll_ctl"),
    epollCtl(epfd, EPOLL_CTL_ADD, fd, changetype<usize>(event)),
  );
  return epfd;
}

/** Waits for `timeoutMs` at most, below 0 for ever. @returns 1 for a wake-up; 0 for the time. */
export function waitOnce(epfd: i32, timeoutMs: i32): u32 {
  return checked(
    changetype<usize>("epoll_wait"),
    epollWait(epfd, changetype<usize>(event), 1, timeoutMs),
  );
}
