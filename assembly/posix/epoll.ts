// epoll(7) over WASIX's imports: the C functions, with the arguments as they are and an errno as a
// negative result. The instance, an `epfd`, is a descriptor and closed as one.

import { SUCCESS } from "../abi/wasip1-layout";
import { epoll_create, epoll_ctl, epoll_wait } from "../abi/wasix";
import { NS_PER_MS } from "../lib/units";

const FOR_EVER_NS: u64 = u64.MAX_VALUE;

const resultAt: usize = memory.data(4, 4);

/**
 * Makes an epoll instance.
 *
 * @returns its descriptor; a negated errno, MFILE when descriptors ran out. Source:
 *   epoll_create1(2).
 */
export function epollCreate(): i32 {
  const errno = epoll_create(resultAt);
  return errno == SUCCESS ? load<i32>(resultAt) : -(<i32>errno);
}

/**
 * Adds, changes or removes what an instance watches `fd` for.
 *
 * @param op EPOLL_CTL_ADD, EPOLL_CTL_MOD or EPOLL_CTL_DEL.
 * @param event an `EpollEvent` to watch for; EPOLL_CTL_DEL does not look at it, and it may be 0.
 * @returns 0; a negated errno: BADF, EXIST when it is added twice, NOENT when it is changed or
 *   removed and was not added, PERM when it cannot be waited for, NOMEM, NOSPC, INVAL. Source:
 *   epoll_ctl(2).
 */
export function epollCtl(epfd: i32, op: i32, fd: i32, event: usize): i32 {
  return -(<i32>epoll_ctl(epfd, op, fd, event));
}

/**
 * Waits until something is ready.
 *
 * @param events receives `maxevents` of `EpollEvent` at most; the rest is reported by the next call.
 * @param timeoutMs 0 does not wait, below 0 waits for ever.
 * @returns the number of events; 0 when the time ran out; a negated errno: BADF, INVAL when
 *   `maxevents` is not above 0, INTR. Source: epoll_wait(2).
 */
export function epollWait(epfd: i32, events: usize, maxevents: i32, timeoutMs: i32): i32 {
  const timeoutNs: u64 = timeoutMs < 0 ? FOR_EVER_NS : <u64>timeoutMs * NS_PER_MS;
  const errno = epoll_wait(epfd, events, maxevents, timeoutNs, resultAt);
  return errno == SUCCESS ? load<i32>(resultAt) : -(<i32>errno);
}
