/* Random bytes: see random.h. */
#include "random.h"

#include "wasi-errno.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/types.h>

int32_t pollux_random_fill(uint8_t* bytes, size_t length_bytes) {
  size_t filled_bytes = 0;
  while (filled_bytes < length_bytes) {
    const ssize_t count = getrandom(bytes + filled_bytes, length_bytes - filled_bytes, 0);
    if (count >= 0) {
      filled_bytes += (size_t)count;
    } else if (errno != EINTR) {
      return pollux_fail(errno);
    }
  }
  return 0;
}
