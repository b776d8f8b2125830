/*
 * The simplest echo server: one client after the other, and every call waits. It listens on
 * descriptor 3, which whoever starts it has opened (LISTEN_FDS).
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTENER = 3, BLOCK_BYTES = 4096 };

/* Writes all of it. Returns false when the client is gone. */
static bool write_all(int fd, const char* bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(fd, bytes, count);
    if (written < 0) return false;
    bytes += written;
    count -= (size_t)written;
  }
  return true;
}

int main(void) {
  static char block[BLOCK_BYTES];

  for (;;) {
    int client = accept(LISTENER, NULL, NULL);
    if (client < 0) {
      perror("accept");
      return 1;
    }
    ssize_t received;
    while ((received = read(client, block, sizeof block)) > 0) {
      if (!write_all(client, block, (size_t)received)) break;
    }
    close(client);
  }
}
