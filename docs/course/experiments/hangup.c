/* What epoll reports of a connection that ends, and what is still to be read then. */

#include "experiment.h"

static unsigned reported(int fd, unsigned asked) {
  int epoll = MUST(epoll_create1(0));
  struct epoll_event event = {.events = asked};
  MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
  event.events = 0;
  MUST(epoll_wait(epoll, &event, 1, 0));
  MUST(close(epoll));
  return event.events;
}

static void row(const char *when, int fd) {
  printf("%s\n  asked IN: %s; asked IN RDHUP: %s; asked nothing: %s\n  recv:", when,
         bits(reported(fd, EPOLLIN)), bits(reported(fd, EPOLLIN | EPOLLRDHUP)), bits(reported(fd, 0)));
  for (int i = 0; i < 3; i++) printf(" %s", told(recv(fd, (char[16]){0}, 16, MSG_DONTWAIT)));
  printf("\n");
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  int pair[2];
  tcp_pair(pair);
  MUST(send(pair[0], "data", 4, 0));
  MUST(shutdown(pair[0], SHUT_WR));
  settle(pair[1], POLLRDHUP);
  row("4 bytes and a FIN", pair[1]);
  printf("  send: %s\n", told(send(pair[1], "answer", 6, 0)));

  tcp_pair(pair);
  MUST(send(pair[0], "data", 4, 0));
  MUST(shutdown(pair[0], SHUT_WR));
  MUST(shutdown(pair[1], SHUT_WR));
  settle(pair[1], POLLHUP);
  row("4 bytes, both sides have finished", pair[1]);

  tcp_pair(pair);
  MUST(send(pair[0], "data", 4, 0));
  settle(pair[1], POLLIN);
  reset(pair[0]);
  settle(pair[1], POLLHUP);
  row("4 bytes and a reset", pair[1]);
  printf("  send: %s\n", told(send(pair[1], "x", 1, 0)));
}
