// The functions of WASIX that guests call: epoll. Only those that a program uses become imports of
// its module. Each answers an errno of preview1; pointers are where the host writes its results.
//
// Source: wasix-org/wasix-libc, libc-bottom-half/sources/__wasixlibc_real.c.

/** Makes an epoll instance, a descriptor. */
// @ts-ignore: decorator
@external("wasix_32v1", "epoll_create")
export declare function epoll_create(epfd: usize): u16;

/** Adds, changes or removes what `fd` is watched for. `event` is not read by a removal. */
// @ts-ignore: decorator
@external("wasix_32v1", "epoll_ctl")
export declare function epoll_ctl(epfd: u32, op: i32, fd: u32, event: usize): u16;

/** Waits; a timeout of all ones is for ever, 0 not at all. */
// @ts-ignore: decorator
@external("wasix_32v1", "epoll_wait")
export declare function epoll_wait(
  epfd: u32,
  events: usize,
  eventCountMax: i32,
  timeoutNs: u64,
  eventCount: usize,
): u16;
