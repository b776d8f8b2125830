/*
 * epoll_pwait2(2), which waits by nanoseconds.
 */
#ifndef POLLUX_EPOLL_PWAIT2_H
#define POLLUX_EPOLL_PWAIT2_H

#include <stdbool.h>
#include <stdint.h>

struct epoll_event;

/* timeout_ns: 0 polls, below 0 for ever. Answers as epoll_wait(2), with errno. */
int pollux_epoll_pwait2(int epoll_descriptor, struct epoll_event* events, int events_max,
                        int64_t timeout_ns);

/* Whether it exists and may be called here: probed, since both change by system. */
bool pollux_epoll_pwait2_works(void);

#endif
