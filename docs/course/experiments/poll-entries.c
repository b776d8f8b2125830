/* What poll reads and writes of its entries, and its bits on this system. */

#include "experiment.h"

int main(void) {
  int pair[2];
  tcp_pair(pair);
  MUST(send(pair[0], "x", 1, 0));
  settle(pair[1], POLLIN);
  struct pollfd list[] = {
      {.fd = pair[1], .events = POLLIN | POLLOUT, .revents = 0x7777},
      {.fd = -pair[1], .events = POLLIN, .revents = 0x7777},
      {.fd = 900, .events = POLLIN, .revents = 0x7777},
  };
  int count = MUST(poll(list, 3, 0));
  printf("poll says %d\n", count);
  printf("ready to read and write: events %s, revents %s\n", bits((unsigned short)list[0].events),
         bits((unsigned short)list[0].revents));
  printf("a negative descriptor:   events %s, revents %s\n", bits((unsigned short)list[1].events),
         bits((unsigned short)list[1].revents));
  printf("one that is not open:    events %s, revents %s\n", bits((unsigned short)list[2].events),
         bits((unsigned short)list[2].revents));
  int reported = 0;
  for (int i = 0; i < 10; i++) reported += (state(pair[1]) & POLLIN) != 0;
  printf("one byte that no one reads, 10 calls: reported %d times\n", reported);
  printf("IN %#x PRI %#x OUT %#x ERR %#x HUP %#x NVAL %#x\n", POLLIN, POLLPRI, POLLOUT, POLLERR,
         POLLHUP, POLLNVAL);
  printf("RDNORM %#x RDBAND %#x WRNORM %#x WRBAND %#x\n", POLLRDNORM, POLLRDBAND, POLLWRNORM,
         POLLWRBAND);
}
