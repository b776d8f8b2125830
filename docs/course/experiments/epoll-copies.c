/* "epoll avoids copies": of the list of interest, yes; of events and of data, no. */

#include <sys/mman.h>

#include "experiment.h"

#define COUNT 1000

int main(void) {
  raise_fd_limit();
  int epoll = MUST(epoll_create1(0)), ends[COUNT][2];
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t list_bytes = (sizeof(struct pollfd) * COUNT + page - 1) / page * page;
  struct pollfd *list = mmap(NULL, list_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct epoll_event *event = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (list == MAP_FAILED || event == MAP_FAILED) return 1;
  for (int i = 0; i < COUNT; i++) {
    MUST(pipe(ends[i]));
    list[i] = (struct pollfd){.fd = ends[i][0], .events = POLLIN};
    *event = (struct epoll_event){.events = EPOLLIN, .data.fd = ends[i][0]};
    MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[i][0], event));
  }
  MUST(write(ends[7][1], "x", 1));

  /* The process's own lists are taken away from it. */
  MUST(munmap(event, page));
  MUST(munmap(list, list_bytes));
  struct epoll_event ready[8];
  printf("the lists are unmapped: poll %s, epoll_wait %s\n", told(poll(list, COUNT, 0)),
         told(epoll_wait(epoll, ready, 8, 0)));
  printf("epoll_wait into unmapped memory: %s\n", told(epoll_wait(epoll, event, 8, 0)));
  printf("read into unmapped memory: %s\n", told(read(ends[7][0], list, 1)));

  printf("bytes that one call copies for %d descriptors, 1 of them ready:\n", COUNT);
  printf("  poll       in %zu, out %zu\n", sizeof(struct pollfd) * COUNT,
         sizeof list->revents * COUNT);
  printf("  epoll_wait in 0, out %zu\n", sizeof(struct epoll_event));
  printf("  read       out: what it reads, whoever told that there is something\n");
}
