/* "Edge-triggered is faster than level-triggered": the system calls and the CPU time of an echo server. */

#include "experiment.h"

#define CONNECTIONS 50
#define ROUNDS 400
#define RUNS 7

static long waits, reads, writes;

enum mode { LEVEL, EDGE, EDGE_SHORT };

/* One wait, and what it reports is echoed. By the book, an edge is read until EAGAIN; a read that
   is shorter than asked has emptied the socket, too, as epoll(7) says of streams. */
static int serve(int epoll, enum mode mode) {
  static char buffer[4096];
  struct epoll_event events[CONNECTIONS];
  int count = MUST(epoll_wait(epoll, events, CONNECTIONS, 0)), echoed = 0;
  waits++;
  for (int i = 0; i < count; i++) {
    for (;;) {
      ssize_t n = recv(events[i].data.fd, buffer, sizeof buffer, MSG_DONTWAIT);
      reads++;
      if (n <= 0) break;
      MUST(send(events[i].data.fd, buffer, (size_t)n, 0));
      writes++;
      echoed++;
      if (mode == LEVEL || (mode == EDGE_SHORT && n < (ssize_t)sizeof buffer)) break;
    }
  }
  return echoed;
}

static double run(enum mode mode) {
  int pairs[CONNECTIONS][2], epoll = MUST(epoll_create1(0));
  char message[64] = {0};
  for (int i = 0; i < CONNECTIONS; i++) {
    tcp_pair(pairs[i]);
    struct epoll_event event = {.events = EPOLLIN | (mode == LEVEL ? 0U : (unsigned)EPOLLET),
                                .data.fd = pairs[i][1]};
    MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, pairs[i][1], &event));
  }
  double server_us = 0;
  waits = reads = writes = 0;
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < CONNECTIONS; i++) MUST(send(pairs[i][0], message, sizeof message, 0));
    for (int i = 0; i < CONNECTIONS; i++) settle(pairs[i][1], POLLIN);
    double before = cpu_us();
    for (int echoed = 0; echoed < CONNECTIONS;) echoed += serve(epoll, mode);
    serve(epoll, mode); /* the wait that finds nothing: here a level is looked at once more */
    server_us += cpu_us() - before;
    for (int i = 0; i < CONNECTIONS; i++) {
      MUST(recv(pairs[i][0], message, sizeof message, MSG_WAITALL));
    }
  }
  for (int i = 0; i < CONNECTIONS; i++) close(pairs[i][0]), close(pairs[i][1]);
  close(epoll);
  return server_us / (ROUNDS * CONNECTIONS);
}

static int ascending(const void *a, const void *b) {
  return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

int main(void) {
  static const char *names[] = {"level", "edge, read until EAGAIN", "edge, until a short read"};
  double us[3][RUNS];
  long counts[3][3];
  for (int i = 0; i < RUNS; i++) {
    for (int mode = LEVEL; mode <= EDGE_SHORT; mode++) {
      us[mode][i] = run((enum mode)mode);
      counts[mode][0] = waits, counts[mode][1] = reads, counts[mode][2] = writes;
    }
  }
  printf("%d echoes of 64 bytes on %d connections, %d runs\n", ROUNDS * CONNECTIONS, CONNECTIONS, RUNS);
  for (int mode = LEVEL; mode <= EDGE_SHORT; mode++) {
    qsort(us[mode], RUNS, sizeof(double), ascending);
    printf("%-25s waits %ld, reads %ld, sends %ld; CPU per echo %.2f us (%.2f to %.2f)\n",
           names[mode], counts[mode][0], counts[mode][1], counts[mode][2], us[mode][RUNS / 2],
           us[mode][0], us[mode][RUNS - 1]);
  }
}
