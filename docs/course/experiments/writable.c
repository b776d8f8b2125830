/* "One free byte makes a socket writable": how much must be free, for TCP and for unix sockets? */

#include <linux/sock_diag.h>

#include "experiment.h"

/* What the kernel charges for bytes that are on their way, and how much it may be. */
static void charged(int fd, unsigned *queued, unsigned *limit, int is_unix) {
  unsigned info[SK_MEMINFO_VARS];
  socklen_t length = sizeof info;
  MUST(getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &length));
  *queued = info[is_unix ? SK_MEMINFO_WMEM_ALLOC : SK_MEMINFO_WMEM_QUEUED];
  *limit = info[SK_MEMINFO_SNDBUF];
}

static void try(const char *name, int pair[2], int is_unix) {
  static char block[1024];
  unsigned queued, limit;
  set_nonblocking(pair[0]);
  int size = 65536;
  MUST(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size));
  while (send(pair[0], block, sizeof block, 0) > 0) continue;
  charged(pair[0], &queued, &limit, is_unix);
  printf("%s: full: %u of %u charged, send %s, poll %s\n", name, queued, limit,
         told(send(pair[0], block, 1, 0)), bits(state(pair[0]) & POLLOUT));

  /* The peer reads a little at a time, until the sender is called writable. */
  double refused_share = -1;
  const char *probe = "not tried";
  while ((state(pair[0]) & POLLOUT) == 0) {
    charged(pair[0], &queued, &limit, is_unix);
    if (queued < limit) {
      if (refused_share < 0) probe = told(send(pair[0], block, 1, 0));
      refused_share = (double)(limit - queued) / limit;
    }
    if (recv(pair[1], block, sizeof block, MSG_DONTWAIT) <= 0) settle(pair[0], POLLOUT);
  }
  charged(pair[0], &queued, &limit, is_unix);
  printf("%s: not writable with up to %.0f %% free; meanwhile send of one byte: %s\n", name,
         100 * refused_share, probe);
  printf("%s: writable again with %.0f %% free\n", name, 100.0 * (limit - queued) / limit);
}

int main(void) {
  int pair[2];
  tcp_pair(pair);
  /* A small receive buffer: what is sent waits with the sender. */
  int size = 4096;
  MUST(setsockopt(pair[1], SOL_SOCKET, SO_RCVBUF, &size, sizeof size));
  try("tcp ", pair, 0);
  MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  try("unix", pair, 1);
}
