/* What an edge is: how often one byte, or several, are reported by each way of waiting. */

#include "experiment.h"

#define CALLS 10

static int watch(int fd, unsigned events) {
  int epoll = MUST(epoll_create1(0));
  struct epoll_event event = {.events = events, .data.fd = fd};
  MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
  return epoll;
}

/* How many of some waits report something. */
static int reports(int epoll) {
  int count = 0;
  struct epoll_event event;
  for (int i = 0; i < CALLS; i++) count += MUST(epoll_wait(epoll, &event, 1, 0));
  return count;
}

static void send_byte(int from, int to) {
  MUST(send(from, "x", 1, 0));
  settle(to, POLLIN);
}

int main(void) {
  int pair[2];
  tcp_pair(pair);
  int level = watch(pair[1], EPOLLIN), edge = watch(pair[1], EPOLLIN | EPOLLET);
  int shot = watch(pair[1], EPOLLIN | EPOLLONESHOT);
  send_byte(pair[0], pair[1]);
  int by_poll = 0;
  for (int i = 0; i < CALLS; i++) by_poll += (state(pair[1]) & POLLIN) != 0;
  printf("a byte that no one reads, %d calls: poll %d, level %d, edge %d, one-shot %d\n", CALLS,
         by_poll, reports(level), reports(edge), reports(shot));
  send_byte(pair[0], pair[1]);
  printf("a second byte, the first unread: edge %d, one-shot %d\n", reports(edge), reports(shot));
  for (int i = 0; i < 3; i++) send_byte(pair[0], pair[1]);
  printf("three more, before anyone waits: edge %d\n", reports(edge));
  MUST(read(pair[1], (char[1]){0}, 1));
  printf("one of five is read: level %d, edge %d\n", reports(level), reports(edge));
  struct epoll_event again = {.events = EPOLLIN | EPOLLET};
  MUST(epoll_ctl(edge, EPOLL_CTL_MOD, pair[1], &again));
  printf("EPOLL_CTL_MOD, with nothing new: edge %d\n", reports(edge));
  MUST(read(pair[1], (char[64]){0}, 64));
  printf("all is read: level %d, edge %d\n", reports(level), reports(edge));
  MUST(shutdown(pair[0], SHUT_WR));
  settle(pair[1], POLLIN);
  printf("the peer's FIN: edge %d\n", reports(edge));

  struct sockaddr_in address;
  int listener = tcp_listener(&address, 8);
  level = watch(listener, EPOLLIN);
  edge = watch(listener, EPOLLIN | EPOLLET);
  for (int i = 0; i < 3; i++) tcp_connect(&address);
  printf("a listener, 3 connections before anyone waits: edge %d\n", reports(edge));
  MUST(accept(listener, NULL, NULL));
  printf("one is accepted: level %d, edge %d\n", reports(level), reports(edge));
}
