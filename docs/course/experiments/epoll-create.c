/* What epoll_create's size and epoll_create1's flags do, and which number they return. */

#include "experiment.h"

int main(void) {
  printf("epoll_create: size 0 %s, size -1 %s\n", told(epoll_create(0)), told(epoll_create(-1)));
  int epoll = MUST(epoll_create(1)), added = 0;
  raise_fd_limit();
  for (int i = 0; i < 500; i++) {
    int ends[2];
    MUST(pipe(ends));
    struct epoll_event event = {.events = EPOLLIN};
    added += epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0;
  }
  printf("epoll_create(1), then %d descriptors are added\n", added);
  int plain = MUST(epoll_create1(0)), cloexec = MUST(epoll_create1(EPOLL_CLOEXEC));
  printf("epoll_create1: flags 0 close-on-exec %d, EPOLL_CLOEXEC %d, flags 1 %s\n",
         MUST(fcntl(plain, F_GETFD)), MUST(fcntl(cloexec, F_GETFD)), told(epoll_create1(1)));
  MUST(close(0));
  printf("with descriptor 0 closed: epoll_create1(0) is %s\n", told(epoll_create1(0)));
  struct epoll_event event;
  printf("epoll_wait: maxevents 0 %s\n", told(epoll_wait(epoll, &event, 0, 0)));
}
