/* What the experiments share: pairs of connected sockets, names of events, and an end when a call fails. */

#ifndef EXPERIMENT_H
#define EXPERIMENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* The value of a call that must succeed. */
#define MUST(call) must((call), #call)

static inline int must(long result, const char *what) {
  if (result >= 0) return (int)result;
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

/* "EAGAIN" after a call that failed, its value otherwise. */
static inline const char *told(long result) {
  static char texts[8][32];
  static int next = 0;
  char *text = texts[next++ % 8];
  if (result < 0) snprintf(text, 32, "%s", strerrorname_np(errno));
  else snprintf(text, 32, "%ld", result);
  return text;
}

/* The bits of poll and epoll, which have the same values on Linux: "IN OUT". */
static inline const char *bits(unsigned events) {
  static char texts[8][64];
  static int next = 0;
  char *text = texts[next++ % 8];
  static const struct { unsigned bit; const char *name; } names[] = {
      {POLLIN, "IN"}, {POLLPRI, "PRI"}, {POLLOUT, "OUT"}, {POLLERR, "ERR"},
      {POLLHUP, "HUP"}, {POLLNVAL, "NVAL"}, {POLLRDHUP, "RDHUP"}};
  text[0] = 0;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if ((events & names[i].bit) == 0) continue;
    if (text[0] != 0) strcat(text, " ");
    strcat(text, names[i].name);
  }
  return text[0] == 0 ? "none" : text;
}

/* What poll says of a descriptor now, to all that can be asked for. */
static inline unsigned state(int fd) {
  struct pollfd entry = {.fd = fd, .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP};
  MUST(poll(&entry, 1, 0));
  return (unsigned short)entry.revents;
}

static inline void set_nonblocking(int fd) {
  MUST(fcntl(fd, F_SETFL, MUST(fcntl(fd, F_GETFL)) | O_NONBLOCK));
}

/* A listener on a free port of the loopback; its address is written to `address`. */
static inline int tcp_listener(struct sockaddr_in *address, int backlog) {
  int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));
  socklen_t length = sizeof *address;
  *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  MUST(bind(fd, (struct sockaddr *)address, length));
  MUST(listen(fd, backlog));
  MUST(getsockname(fd, (struct sockaddr *)address, &length));
  return fd;
}

static inline int tcp_connect(const struct sockaddr_in *address) {
  int fd = MUST(socket(AF_INET, SOCK_STREAM, 0));
  MUST(connect(fd, (const struct sockaddr *)address, sizeof *address));
  return fd;
}

/* Two ends of a connection: pair[0] connected, pair[1] was accepted. */
static inline void tcp_pair(int pair[2]) {
  struct sockaddr_in address;
  int listener = tcp_listener(&address, 1);
  pair[0] = tcp_connect(&address);
  pair[1] = MUST(accept(listener, NULL, NULL));
  MUST(close(listener));
}

/* Closes with a reset instead of a FIN. */
static inline void reset(int fd) {
  struct linger linger = {.l_onoff = 1, .l_linger = 0};
  MUST(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
  MUST(close(fd));
}

/* Waits until what a peer on this machine did has arrived: 1 s at most. */
static inline void settle(int fd, short events) {
  struct pollfd entry = {.fd = fd, .events = events};
  MUST(poll(&entry, 1, 1000));
}

/* CPU time of this process, user and system, in microseconds. */
static inline double cpu_us(void) {
  struct timespec now;
  MUST(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now));
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Raises the soft limit of descriptors to the hard one, and returns it. */
static inline long raise_fd_limit(void) {
  struct rlimit limit;
  MUST(getrlimit(RLIMIT_NOFILE, &limit));
  limit.rlim_cur = limit.rlim_max;
  MUST(setrlimit(RLIMIT_NOFILE, &limit));
  return (long)limit.rlim_cur;
}

#endif
