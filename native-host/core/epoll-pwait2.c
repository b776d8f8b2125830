/* epoll_pwait2(2) by its number: see epoll-pwait2.h. */
#include "epoll-pwait2.h"

#include "clocks.h"

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

/* One number on every architecture; older headers lack the name. Source: Linux 5.11. */
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

/* What epoll_pwait2 takes on every architecture: 64-bit fields. Source: linux/time_types.h. */
struct kernel_timespec {
  int64_t seconds;
  int64_t nanoseconds;
};

/* By syscall(): glibc has the function from 2.35 on, and an addon that names it doesn't load on
   older systems. timeout_ns is never cut to milliseconds: 0.3 ms must not become 0 and spin. */
int pollux_epoll_pwait2(int epoll_descriptor, struct epoll_event* events, int events_max,
                        int64_t timeout_ns) {
  const struct kernel_timespec timeout = {.seconds = timeout_ns / POLLUX_NS_PER_S,
                                          .nanoseconds = timeout_ns % POLLUX_NS_PER_S};
  return (int)syscall(SYS_epoll_pwait2, epoll_descriptor, events, events_max,
                      timeout_ns < 0 ? NULL : &timeout, NULL, (size_t)0);
}

bool pollux_epoll_pwait2_works(void) {
  struct epoll_event event;
  const int result = pollux_epoll_pwait2(-1, &event, 1, 0);
  /* EBADF when it exists. Otherwise ENOSYS, or EPERM from a sandbox around the process. */
  return result < 0 && errno == EBADF;
}
