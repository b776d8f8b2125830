/* "A non-blocking connect returns EINPROGRESS at once": which do, and how one learns the end. */

#include <stddef.h>

#include "experiment.h"

#define COUNT 100

static int unix_listener(struct sockaddr_un *address, socklen_t *length, int backlog) {
  int fd = MUST(socket(AF_UNIX, SOCK_STREAM, 0));
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  /* An abstract name, which leaves no file. */
  int n = snprintf(address->sun_path + 1, 64, "experiment-connect-%d", (int)getpid());
  *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
  MUST(bind(fd, (struct sockaddr *)address, *length));
  MUST(listen(fd, backlog));
  return fd;
}

int main(void) {
  struct sockaddr_in tcp;
  int listener = tcp_listener(&tcp, COUNT), in_progress = 0, connected = 0;
  for (int i = 0; i < COUNT; i++) {
    int fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    in_progress += connect(fd, (struct sockaddr *)&tcp, sizeof tcp) < 0 && errno == EINPROGRESS;
    connected += state(fd) == POLLOUT;
  }
  printf("tcp, loopback: EINPROGRESS %d of %d; writable at the next call %d\n", in_progress, COUNT,
         connected);

  MUST(close(listener));
  int fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  const char *answer = told(connect(fd, (struct sockaddr *)&tcp, sizeof tcp));
  settle(fd, POLLOUT);
  int error = 0;
  socklen_t length = sizeof error;
  printf("tcp, no listener: %s, then poll %s", answer, bits(state(fd)));
  MUST(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length));
  printf(", SO_ERROR %s", strerrorname_np(error));
  MUST(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length));
  printf(", and then %d\n", error);

  fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  struct sockaddr_in broadcast = {.sin_family = AF_INET, .sin_port = htons(1),
                                  .sin_addr.s_addr = INADDR_BROADCAST};
  printf("tcp, to 255.255.255.255: %s\n",
         told(connect(fd, (struct sockaddr *)&broadcast, sizeof broadcast)));

  struct sockaddr_un path;
  unix_listener(&path, &length, 1);
  printf("unix, backlog 1:");
  for (int i = 0; i < 4; i++) {
    fd = MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    printf(" %s", told(connect(fd, (struct sockaddr *)&path, length)));
  }
  printf("\n");
}
