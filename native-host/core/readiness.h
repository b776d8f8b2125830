/*
 * The words of readiness against the bits of epoll(7) and poll(2), which are the same numbers:
 *
 *   READ 1 = IN 1      WRITE 2 = OUT 4 >> 1    ERROR 4 = ERR 8 >> 1
 *   HANGUP 8 = HUP 16 >> 1                     READ_HANGUP 16 = RDHUP 0x2000 >> 9
 */
#ifndef POLLUX_READINESS_H
#define POLLUX_READINESS_H

#include "demux.h"

#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>

#define SAME(left, right) _Static_assert((int)(left) == (int)(right), #left " is " #right)
SAME(EPOLLIN, POLLIN);
SAME(EPOLLOUT, POLLOUT);
SAME(EPOLLERR, POLLERR);
SAME(EPOLLHUP, POLLHUP);
SAME(EPOLLRDHUP, POLLRDHUP);
SAME(POLLUX_READ, EPOLLIN);
SAME(POLLUX_WRITE, EPOLLOUT >> 1);
SAME(POLLUX_ERROR, EPOLLERR >> 1);
SAME(POLLUX_HANGUP, EPOLLHUP >> 1);
SAME(POLLUX_READ_HANGUP, EPOLLRDHUP >> 9);
#undef SAME

/* What the system reported, in our words. */
static inline uint32_t pollux_readiness_of(uint32_t events) {
  const uint32_t shifted_by_1 = EPOLLOUT | EPOLLERR | EPOLLHUP;
  return (events & EPOLLIN) | (events & shifted_by_1) >> 1 | (events & EPOLLRDHUP) >> 9;
}

/* What to ask the system for. */
static inline uint32_t pollux_events_of(uint32_t interest) {
  return (interest & POLLUX_READ) | (interest & POLLUX_WRITE) << 1 |
         (interest & POLLUX_READ_HANGUP) << 9;
}

#endif
