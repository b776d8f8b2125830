/* Greets its first client with one byte and then computes for ever: it makes no call any more. */
#include <sys/socket.h>
#include <unistd.h>

int main(void) {
  int client = accept(3, NULL, NULL);
  if (client < 0 || write(client, "x", 1) != 1) return 1;
  for (volatile unsigned turns = 0;; turns++) continue;
}
