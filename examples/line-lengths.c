/*
 * Answers each line with its length. It has a bug that no test over a real loopback finds, since
 * there a short line always comes in one piece: see simulate.mjs.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTENER = 3, BLOCK_BYTES = 1024 };

int main(void) {
  for (;;) {
    int client = accept(LISTENER, NULL, NULL);
    if (client < 0) return 1;
    char block[BLOCK_BYTES + 1];
    ssize_t count;
    while ((count = read(client, block, BLOCK_BYTES)) > 0) {
      block[count] = '\0';
      /* The bug: what one read gives need not end with a line. */
      for (char* line = strtok(block, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        dprintf(client, "%zu\n", strlen(line));
      }
    }
    close(client);
  }
}
