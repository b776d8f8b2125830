/* "A blocking write returns when all is in the buffer": not when a signal or a timeout ends it. */

#include "experiment.h"

#define LENGTH (64 << 20)

static void on_alarm(int signal) { (void)signal; }

int main(void) {
  char *bytes = calloc(1, LENGTH);
  int pair[2];
  if (bytes == NULL) return 1;
  tcp_pair(pair);
  printf("poll says: %s\n", bits(state(pair[0])));

  struct sigaction action = {.sa_handler = on_alarm};
  MUST(sigaction(SIGALRM, &action, NULL));
  struct itimerval in_50_ms = {.it_value.tv_usec = 50000};
  MUST(setitimer(ITIMER_REAL, &in_50_ms, NULL));
  ssize_t n = write(pair[0], bytes, LENGTH);
  printf("write of 64 MiB, blocking, no one reads, a signal after 50 ms: %s\n",
         n < 0 ? told(n) : n < LENGTH ? "a part" : "all");
  MUST(setitimer(ITIMER_REAL, &in_50_ms, NULL));
  printf("once more, the buffer is full: %s\n", told(write(pair[0], bytes, LENGTH)));

  int other[2];
  tcp_pair(other);
  struct timeval limit = {.tv_usec = 50000};
  MUST(setsockopt(other[0], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit));
  n = write(other[0], bytes, LENGTH);
  printf("write of 64 MiB with SO_SNDTIMEO 50 ms: %s\n",
         n < 0 ? told(n) : n < LENGTH ? "a part" : "all");
  printf("once more: %s\n", told(write(other[0], bytes, LENGTH)));
}
