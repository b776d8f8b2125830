/* Question 1: when a pipe is readable and writable; and a regular file, which is a file, too. */

#include "experiment.h"

#define PAGE 4096

static void row(const char *when, int ends[2]) {
  printf("%-44s read end: %-7s write end: %s\n", when, ends[0] < 0 ? "closed" : bits(state(ends[0])),
         ends[1] < 0 ? "closed" : bits(state(ends[1])));
}

static void take(int fd, int bytes) {
  static char buffer[PAGE];
  MUST(read(fd, buffer, (size_t)bytes));
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  int ends[2];
  static char page[PAGE];
  MUST(pipe2(ends, O_NONBLOCK));
  row("new", ends);
  MUST(write(ends[1], "x", 1));
  row("one byte in it", ends);
  take(ends[0], 1);
  long held = 0;
  for (long n; (n = write(ends[1], page, PAGE)) > 0;) held += n;
  row("full", ends);
  printf("  it holds %ld bytes\n", held);
  take(ends[0], PAGE - 1);
  row("full, less 4,095 bytes", ends);
  printf("  write of one byte: %s\n", told(write(ends[1], "x", 1)));
  take(ends[0], 1);
  row("full, less 4,096 bytes", ends);
  printf("  write of 8,192 bytes: %s\n", told(write(ends[1], (char[2 * PAGE]){0}, 2 * PAGE)));

  int other[2];
  MUST(pipe(other));
  MUST(write(other[1], "x", 1));
  close(other[1]);
  other[1] = -1;
  row("one byte, and no writer left", other);
  take(other[0], 1);
  row("empty, and no writer left", other);
  printf("  read: %s\n", told(read(other[0], page, 1)));
  MUST(pipe(other));
  close(other[0]);
  other[0] = -1;
  row("no reader left", other);
  printf("  write: %s\n", told(write(other[1], "x", 1)));

  FILE *file = tmpfile();
  if (file == NULL) return 1;
  int fd = fileno(file), epoll = MUST(epoll_create1(0));
  printf("an empty regular file                        poll: %s\n", bits(state(fd)));
  struct epoll_event event = {.events = EPOLLIN};
  printf("  epoll_ctl on it: %s\n", told(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)));
}
