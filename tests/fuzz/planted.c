/*
 * Bugs that the linker puts in (--wrap=FUNCTION), one at a time: each is for one check of the
 * fuzzed program to find. What the sanitizers have to find is in native-host/core/planted.h. Linked
 * only by scripts/fuzz.mjs --planted.
 */
#include "../../native-host/core/kernel.h"
#include "../../native-host/core/random.h"
#include "../../native-host/core/sockets.h"
#include "../../native-host/core/terminal.h"
#include "../../native-host/core/wasi-errno.h"

#include <string.h>

/* Only of the function that is put in does the linker provide the real one. */
#define WEAK __attribute__((weak))

WEAK int32_t __real_pollux_random_fill(uint8_t* bytes, size_t length_bytes);
int32_t __wrap_pollux_random_fill(uint8_t* bytes, size_t length_bytes);
WEAK int32_t __real_pollux_socket_recv(struct pollux_kernel* kernel,
                                       const struct pollux_entry* entry, void* bytes,
                                       size_t length_bytes, int flags);
int32_t __wrap_pollux_socket_recv(struct pollux_kernel* kernel, const struct pollux_entry* entry,
                                  void* bytes, size_t length_bytes, int flags);
void __wrap_pollux_descriptor_close(struct pollux_kernel* kernel,
                                    const struct pollux_entry* entry);
int32_t __wrap_pollux_close(struct pollux_kernel* kernel, int32_t handle);
WEAK int32_t __real_pollux_fail(int linux_errno);
int32_t __wrap_pollux_fail(int linux_errno);
void __wrap_pollux_terminal_filter(struct pollux_terminal_text* text, const uint8_t* from,
                                   uint8_t* to, size_t length_bytes);

/* Writes a byte too many. */
int32_t __wrap_pollux_random_fill(uint8_t* bytes, size_t length_bytes) {
  bytes[length_bytes] ^= 1;
  return __real_pollux_random_fill(bytes, length_bytes);
}

/* Counts a byte too many. */
int32_t __wrap_pollux_socket_recv(struct pollux_kernel* kernel, const struct pollux_entry* entry,
                                  void* bytes, size_t length_bytes, int flags) {
  const int32_t count = __real_pollux_socket_recv(kernel, entry, bytes, length_bytes, flags);
  return count > 0 ? count + 1 : count;
}

/* Leaves the descriptor open. */
void __wrap_pollux_descriptor_close(struct pollux_kernel* kernel,
                                    const struct pollux_entry* entry) {
  (void)kernel;
  (void)entry;
}

/* Leaves the handle open. */
int32_t __wrap_pollux_close(struct pollux_kernel* kernel, int32_t handle) {
  return pollux_handles_find(&kernel->handles, handle) == NULL ? -WASI_BADF : 0;
}

/* Gives away Linux's number. */
int32_t __wrap_pollux_fail(int linux_errno) {
  return linux_errno < 76 ? __real_pollux_fail(linux_errno) : -linux_errno;
}

/* Lets controls through. */
void __wrap_pollux_terminal_filter(struct pollux_terminal_text* text, const uint8_t* from,
                                   uint8_t* to, size_t length_bytes) {
  (void)text;
  memcpy(to, from, length_bytes);
}
