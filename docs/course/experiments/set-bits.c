/* The bits of select01's set, step by step: descriptor 0 is what is typed, 3 is the server. */

#include "experiment.h"

static void show(const char *when, const fd_set *set) {
  printf("%s: ", when);
  for (int fd = 0; fd < 8; fd++) printf("%d", FD_ISSET(fd, set) != 0);
  printf("\n");
}

static void ask(const char *when, const fd_set *asked) {
  fd_set set = *asked;
  struct timeval at_once = {0};
  MUST(select(3 + 1, &set, NULL, NULL, &at_once));
  show(when, &set);
}

int main(void) {
  /* Whatever the caller left open is closed, so that the socket is descriptor 3, as in the seed. */
  for (int fd = 3; fd < 128; fd++) close(fd);
  int pair[2], input[2];
  tcp_pair(pair);
  int server = MUST(fcntl(pair[1], F_DUPFD, 64));
  int client = MUST(fcntl(pair[0], F_DUPFD, 64));
  MUST(dup2(client, 3));
  MUST(pipe(input));
  MUST(dup2(input[0], STDIN_FILENO));

  fd_set allreads;
  memset(&allreads, 0xff, sizeof allreads);
  FD_ZERO(&allreads);
  show("FD_ZERO(&allreads)", &allreads);
  FD_SET(0, &allreads);
  show("FD_SET(0, &allreads)", &allreads);
  FD_SET(3, &allreads);
  show("FD_SET(3, &allreads)", &allreads);

  ask("after select: nothing yet", &allreads);
  MUST(send(server, "x", 1, 0));
  settle(3, POLLIN);
  ask("after select: server sent", &allreads);
  MUST(write(input[1], "x", 1));
  ask("after select: and typed", &allreads);
  MUST(recv(3, (char[1]){0}, 1, 0));
  ask("after select: socket read", &allreads);
}
