/* What select changes of what it was given: the sets, and the time. And what its number counts. */

#include "experiment.h"

int main(void) {
  int empty[2], pair[2];
  MUST(pipe(empty));
  tcp_pair(pair);
  MUST(send(pair[0], "x", 1, 0));
  settle(pair[1], POLLIN);

  fd_set reads, writes;
  FD_ZERO(&reads);
  FD_ZERO(&writes);
  FD_SET(empty[0], &reads);
  FD_SET(pair[1], &reads);
  FD_SET(pair[1], &writes);
  int count = MUST(select(pair[1] + 1, &reads, &writes, NULL, NULL));
  printf("asked for the empty pipe and the socket: answered the pipe %d, the socket %d\n",
         FD_ISSET(empty[0], &reads) != 0, FD_ISSET(pair[1], &reads) != 0);
  printf("one socket is ready, to read and to write: select says %d\n", count);

  struct timeval time = {.tv_sec = 5};
  FD_ZERO(&reads);
  FD_SET(pair[1], &reads);
  MUST(select(pair[1] + 1, &reads, NULL, NULL, &time));
  printf("5 s were given and not needed: 4 s and more are left in the timeval: %s\n",
         time.tv_sec == 4 ? "yes" : "no");
  time = (struct timeval){.tv_usec = 1000};
  FD_ZERO(&reads);
  FD_SET(empty[0], &reads);
  count = MUST(select(empty[0] + 1, &reads, NULL, NULL, &time));
  printf("1 ms ran out: select says %d, the set has the pipe %d, the timeval %ld.%06ld\n", count,
         FD_ISSET(empty[0], &reads) != 0, (long)time.tv_sec, (long)time.tv_usec);

  /* How much of a set the kernel reads and writes: nfds, rounded up to a long of 64 bits. */
  FD_ZERO(&reads);
  FD_SET(pair[1], &reads);
  FD_SET(40, &reads);
  FD_SET(100, &reads);
  count = MUST(select(pair[1] + 1, &reads, NULL, NULL, NULL));
  printf("bits 40 and 100 were set too, neither is open, nfds is %d: select says %d\n",
         pair[1] + 1, count);
  printf("afterwards bit 40 is %d and bit 100 is %d\n", FD_ISSET(40, &reads) != 0,
         FD_ISSET(100, &reads) != 0);
  FD_ZERO(&reads);
  FD_SET(40, &reads);
  printf("with nfds 41: %s\n", told(select(41, &reads, NULL, NULL, NULL)));

  /* Level-triggered: what is not read is reported again. */
  int reported = 0;
  for (int i = 0; i < 10; i++) {
    FD_ZERO(&reads);
    FD_SET(pair[1], &reads);
    time = (struct timeval){0};
    reported += MUST(select(pair[1] + 1, &reads, NULL, NULL, &time));
  }
  printf("one byte that no one reads, 10 calls: reported %d times\n", reported);
}
