// The interfaces of posix/, exported for their unit tests. Built with assertions on; no program
// contains it.

export { takeForEver } from "./lib/block-pool";
export { bindEvent, getEvents } from "./posix/early-epoll";
export { epollCreate, epollCtl, epollWait } from "./posix/epoll";
export { poll } from "./posix/poll";
export { FD_CLR, FD_ISSET, FD_SET, FD_ZERO, select } from "./posix/select";
