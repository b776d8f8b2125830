/* The 1,024 of select: whose limit it is, and what lies behind it. */

#include "experiment.h"

#define FAR 1030

/* A bit of any set, without FD_SET's idea of how long one is. */
static void set_bit(unsigned long *set, int fd) {
  set[fd / 64] |= 1UL << (fd % 64);
}

/* Apart, so that the compiler does not see what is undefined, and leave it out. */
static void __attribute__((noinline)) mark(int fd, fd_set *set) {
  FD_SET(fd, set);
}

int main(void) {
  if (raise_fd_limit() <= FAR) {
    fprintf(stderr, "descriptor %d needs a limit above it: ulimit -Hn\n", FAR);
    return 1;
  }
  int pair[2];
  tcp_pair(pair);
  MUST(send(pair[0], "x", 1, 0));
  int fd = MUST(dup2(pair[1], FAR));
  settle(fd, POLLIN);
  printf("FD_SETSIZE %d, an fd_set has %zu bytes\n", FD_SETSIZE, sizeof(fd_set));

  struct { fd_set set; unsigned char neighbour[128]; } memory;
  memset(&memory, 0, sizeof memory);
  mark(fd, &memory.set);
  printf("FD_SET(%d): the byte behind the set is now 0x%02x\n", fd,
         memory.neighbour[0]);

  unsigned long large[32] = {0};
  set_bit(large, fd);
  int count = select(fd + 1, (fd_set *)(void *)large, NULL, NULL, NULL);
  printf("select, with a set of 2,048 bits of our own and nfds %d: %s\n", fd + 1, told(count));

  struct pollfd entry = {.fd = fd, .events = POLLIN};
  count = MUST(poll(&entry, 1, 0));
  printf("poll, with the same descriptor: %d, %s\n", count, bits((unsigned short)entry.revents));
}
