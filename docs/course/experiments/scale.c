/* What one wake-up costs with N idle descriptors beside the one that is ready. */

#include "experiment.h"

#define LARGEST 8000
#define RUNS 9

static int ends[LARGEST][2], count, epoll;

static int by_select(void) {
  fd_set set;
  FD_ZERO(&set);
  for (int i = 0; i < count; i++) FD_SET(ends[i][0], &set);
  int ready = MUST(select(ends[count - 1][0] + 1, &set, NULL, NULL, NULL)), found = -1;
  for (int i = 0; i < count && ready > 0; i++) {
    if (FD_ISSET(ends[i][0], &set)) found = i, ready--;
  }
  return found;
}

static int by_poll(void) {
  static struct pollfd list[LARGEST];
  if (list[count - 1].fd != ends[count - 1][0]) {
    for (int i = 0; i < count; i++) list[i] = (struct pollfd){.fd = ends[i][0], .events = POLLIN};
  }
  int ready = MUST(poll(list, (nfds_t)count, -1)), found = -1;
  for (int i = 0; i < count && ready > 0; i++) {
    if (list[i].revents != 0) found = i, ready--;
  }
  return found;
}

static int by_epoll(void) {
  struct epoll_event event;
  MUST(epoll_wait(epoll, &event, 1, -1));
  return (int)event.data.u32;
}

static int ascending(const void *a, const void *b) {
  return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static void row(const char *name, int (*wait)(void)) {
  double us[RUNS];
  int rounds = 60000 / (count + 100);
  for (int run = 0; run < RUNS; run++) {
    us[run] = 0;
    for (int i = 0; i < rounds; i++) {
      int chosen = (int)((unsigned)i * 7919U % (unsigned)count);
      MUST(write(ends[chosen][1], "x", 1));
      double before = cpu_us();
      int found = wait();
      us[run] += cpu_us() - before;
      if (found != chosen) exit(1);
      MUST(read(ends[chosen][0], (char[1]){0}, 1));
    }
    us[run] /= rounds;
  }
  qsort(us, RUNS, sizeof *us, ascending);
  printf("%-6s %5d watched: %8.2f us (%.2f to %.2f)\n", name, count, us[RUNS / 2], us[0], us[RUNS - 1]);
}

int main(void) {
  int sizes[] = {10, 250, 500, 1000, 2000, 4000, LARGEST};
  if (raise_fd_limit() < 2 * LARGEST + 20) {
    fprintf(stderr, "%d descriptors are needed: ulimit -Hn\n", 2 * LARGEST + 20);
    return 1;
  }
  epoll = MUST(epoll_create1(0));
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    for (; count < sizes[i]; count++) {
      MUST(pipe(ends[count]));
      /* The write end goes out of the way: select has numbers for what it watches. */
      int low = ends[count][1];
      ends[count][1] = MUST(fcntl(low, F_DUPFD, LARGEST + 10));
      MUST(close(low));
      struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)count};
      MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[count][0], &event));
    }
    if (ends[count - 1][0] < FD_SETSIZE) row("select", by_select);
    else printf("select %5d watched: descriptor %d is no bit of an fd_set\n", count, ends[count - 1][0]);
    row("poll", by_poll);
    row("epoll", by_epoll);
  }
}
