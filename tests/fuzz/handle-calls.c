/* Steps that close, copy and move handles, and end and make kernels. See calls.h. */
#include "calls.h"

#include "../../native-host/core/streams.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* The handle is closed, and with it its watching. */
static void forget(struct fuzz_kernel* kernel, int32_t handle) {
  struct fuzz_handle* entry = fuzz_find(kernel, handle);
  FUZZ_CHECK(entry != NULL);
  *entry = (struct fuzz_handle){.handle = handle};
}

void fuzz_close(struct fuzz_world* world, struct fuzz_kernel* kernel, struct fuzz_input* input) {
  const int32_t handle = fuzz_handle(world, kernel, input);
  const int32_t closed = FUZZ_ANSWER(pollux_close(&kernel->core, handle));
  fuzz_expect_badf(kernel, handle, closed);
  if (fuzz_find(kernel, handle) == NULL) return;
  FUZZ_CHECK(closed == 0);
  forget(kernel, handle);
}

void fuzz_dup(struct fuzz_world* world, struct fuzz_kernel* kernel, struct fuzz_input* input) {
  const int32_t handle = fuzz_handle(world, kernel, input);
  const int32_t copy = FUZZ_ANSWER(pollux_dup(&kernel->core, handle));
  fuzz_expect_badf(kernel, handle, copy);
  fuzz_opened(kernel, copy);
}

/* A descriptor of some kind; both ends of what has two. -1 when the process may have no more. */
static int make_descriptor(struct fuzz_world* world, struct fuzz_input* input) {
  int ends[2];
  switch (fuzz_pick(input, 7)) {
    case 0:
    case 1:
      if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return -1;
      fuzz_keep_loose(world, ends[1]);
      return ends[0];
    case 2:
      if (pipe(ends) != 0) return -1;
      fuzz_keep_loose(world, ends[1]);
      return ends[0];
    case 3:
      return socket(AF_UNIX, SOCK_DGRAM, 0);
    case 4:
      return eventfd(1, 0);
    case 5:
      return memfd_create("adopted", 0);
    default:
      return fuzz_take_loose(world, input);
  }
}

static void adopt(struct fuzz_world* world, struct fuzz_kernel* kernel, int descriptor) {
  const int32_t adopted = FUZZ_ANSWER(pollux_adopt(&kernel->core, descriptor));
  /* Still the caller's: it has to be open. */
  if (adopted < 0 && descriptor >= 0) FUZZ_CHECK(fcntl(descriptor, F_GETFD) >= 0);
  if (adopted < 0) fuzz_keep_loose(world, descriptor);
  fuzz_opened(kernel, adopted);
}

void fuzz_adopt(struct fuzz_world* world, struct fuzz_kernel* kernel, struct fuzz_input* input) {
  adopt(world, kernel, make_descriptor(world, input));
}

static int release(struct fuzz_kernel* kernel, int32_t handle) {
  const int32_t descriptor = FUZZ_ANSWER(pollux_release(&kernel->core, handle));
  fuzz_expect_badf(kernel, handle, descriptor);
  if (fuzz_find(kernel, handle) == NULL) return -1;
  FUZZ_CHECK(descriptor >= 0 && fcntl(descriptor, F_GETFD) >= 0);
  forget(kernel, handle);
  if (!isatty(descriptor)) return descriptor;
  close(descriptor); /* a terminal is for one kernel: see fuzz_kernel_make */
  return -1;
}

void fuzz_release(struct fuzz_world* world, struct fuzz_kernel* kernel, struct fuzz_input* input) {
  fuzz_keep_loose(world, release(kernel, fuzz_handle(world, kernel, input)));
}

void fuzz_hand_over(struct fuzz_world* world, struct fuzz_kernel* kernel,
                    struct fuzz_input* input) {
  const int descriptor = release(kernel, fuzz_handle(world, kernel, input));
  adopt(world, &world->kernels[fuzz_pick(input, FUZZ_KERNELS_COUNT)], descriptor);
}

void fuzz_open_stdio(struct fuzz_world* world, struct fuzz_kernel* kernel,
                     struct fuzz_input* input) {
  (void)world;
  const int32_t index = (int32_t)fuzz_pick(input, 5) - 1;
  fuzz_opened(kernel, FUZZ_ANSWER(pollux_open_stdio(&kernel->core, index)));
}

void fuzz_file_type(struct fuzz_world* world, struct fuzz_kernel* kernel,
                    struct fuzz_input* input) {
  const int32_t handle = fuzz_handle(world, kernel, input);
  const int32_t type = FUZZ_ANSWER(pollux_file_type(&kernel->core, handle));
  FUZZ_CHECK(type <= POLLUX_FILE_SOCKET_STREAM);
  fuzz_expect_badf(kernel, handle, type);
}

/* Seldom, since little is left to happen after it. */
void fuzz_destroy(struct fuzz_world* world, struct fuzz_kernel* kernel, struct fuzz_input* input) {
  (void)world;
  if (fuzz_pick(input, 8) != 0) return;
  fuzz_kernel_end(kernel);
  pollux_kernel_destroy(&kernel->core); /* a second time does nothing */
}

void fuzz_make_again(struct fuzz_world* world, struct fuzz_kernel* kernel,
                     struct fuzz_input* input) {
  const bool force_timerfd = (fuzz_byte(input) & 1) != 0;
  if (!kernel->is_alive) fuzz_kernel_make(world, kernel, force_timerfd);
}
