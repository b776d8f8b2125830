/* The wake descriptor: see wake.h. */
#include "wake.h"

#include "wasi-errno.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

int32_t pollux_wake_create(void) {
  const int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return descriptor < 0 ? pollux_fail(errno) : descriptor;
}

int32_t pollux_wake_signal(int descriptor) {
  for (;;) {
    if (eventfd_write(descriptor, 1) == 0) return 0;
    if (errno == EAGAIN) return 0; /* the counter is full: it is signalled */
    if (errno != EINTR) return pollux_fail(errno);
  }
}

void pollux_wake_consume(int descriptor) {
  eventfd_t count;
  while (eventfd_read(descriptor, &count) != 0 && errno == EINTR) continue;
}
