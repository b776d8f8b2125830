/* The seed's seven cases of "readable" and "writable", one by one. */

#include "experiment.h"

static volatile sig_atomic_t pipe_signals;

static void on_pipe(int signal) {
  (void)signal;
  pipe_signals++;
}

/* What poll says, and what two calls say then, one after the other. */
static void row(const char *when, int fd, int is_write) {
  char bytes[2] = "x";
  printf("%-34s %-22s", when, bits(state(fd)));
  for (int i = 0; i < 2; i++) {
    ssize_t n = is_write ? write(fd, bytes, 1) : recv(fd, bytes, 1, MSG_DONTWAIT);
    printf(" %s %s", is_write ? "write" : "read", told(n));
  }
  printf("\n");
}

int main(void) {
  struct sigaction action = {.sa_handler = on_pipe};
  MUST(sigaction(SIGPIPE, &action, NULL));
  int pair[2];

  tcp_pair(pair);
  row("fresh", pair[1], 0);
  MUST(send(pair[0], "x", 1, 0));
  settle(pair[1], POLLIN);
  row("1. a byte has come", pair[1], 0);
  MUST(shutdown(pair[0], SHUT_WR));
  settle(pair[1], POLLIN);
  row("2. the peer's FIN", pair[1], 0);

  struct sockaddr_in address;
  int listener = tcp_listener(&address, 1), client = tcp_connect(&address);
  settle(listener, POLLIN);
  printf("%-34s %s\n", "3. a connection to a listener", bits(state(listener)));
  reset(client);
  printf("%-34s %-22s", "   which is reset then", bits(state(listener)));
  printf(" accept %s\n", accept(listener, NULL, NULL) >= 0 ? "gives it all the same" : "fails");

  tcp_pair(pair);
  reset(pair[0]);
  settle(pair[1], POLLHUP);
  row("4. an error is pending", pair[1], 0);

  tcp_pair(pair);
  row("5. there is room", pair[1], 1);
  MUST(shutdown(pair[1], SHUT_WR));
  row("6. the own write side is shut", pair[1], 1);
  printf("   SIGPIPE came %d times\n", (int)pipe_signals);
  tcp_pair(pair);
  reset(pair[0]);
  settle(pair[1], POLLHUP);
  row("7. an error is pending", pair[1], 1);
  printf("   SIGPIPE came %d times\n", (int)pipe_signals);
}
