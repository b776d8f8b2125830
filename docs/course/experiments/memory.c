/* What a TCP connection takes in the kernel: idle, and with something unread. */

#include "experiment.h"

#define COUNT 4000

/* "TCP: inuse 5 orphan 0 tw 0 alloc 6 mem 1": pages that hold bytes in TCP's buffers. */
static long buffer_pages(void) {
  char line[256];
  long pages = -1;
  FILE *file = fopen("/proc/net/sockstat", "r");
  if (file == NULL) return -1;
  while (fgets(line, sizeof line, file) != NULL) {
    char *mem = strncmp(line, "TCP:", 4) == 0 ? strstr(line, "mem ") : NULL;
    if (mem != NULL) pages = atol(mem + 4);
  }
  fclose(file);
  return pages;
}

/* Memory of the kernel's own objects, in KiB. */
static long slab_kib(void) {
  char line[256];
  long kib = -1;
  FILE *file = fopen("/proc/meminfo", "r");
  if (file == NULL) return -1;
  while (fgets(line, sizeof line, file) != NULL) {
    if (strncmp(line, "Slab:", 5) == 0) kib = atol(line + 5);
  }
  fclose(file);
  return kib;
}

static int option(int fd, int name) {
  int value = 0;
  socklen_t length = sizeof value;
  MUST(getsockopt(fd, SOL_SOCKET, name, &value, &length));
  return value;
}

int main(void) {
  static int pairs[COUNT][2];
  static char kib[1024];
  if (raise_fd_limit() < 2 * COUNT + 10) {
    fprintf(stderr, "%d descriptors are needed: ulimit -Hn\n", 2 * COUNT + 10);
    return 1;
  }
  int fresh = MUST(socket(AF_INET, SOCK_STREAM, 0));
  printf("a new socket: SO_SNDBUF %d, SO_RCVBUF %d\n", option(fresh, SO_SNDBUF), option(fresh, SO_RCVBUF));
  long slab = slab_kib(), pages = buffer_pages();
  for (int i = 0; i < COUNT; i++) tcp_pair(pairs[i]);
  printf("connected over the loopback: SO_SNDBUF %d, SO_RCVBUF %d\n", option(pairs[0][0], SO_SNDBUF),
         option(pairs[0][0], SO_RCVBUF));
  printf("%d idle connections, both ends: buffers %+ld pages, slab %+.1f KiB an end\n", COUNT,
         buffer_pages() - pages, (double)(slab_kib() - slab) / (2 * COUNT));
  for (int i = 0; i < COUNT; i++) MUST(send(pairs[i][0], kib, sizeof kib, 0));
  printf("1 KiB unread in each: buffers %+.2f pages a connection\n",
         (double)(buffer_pages() - pages) / COUNT);
}
