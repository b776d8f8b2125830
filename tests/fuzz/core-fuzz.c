/*
 * The fuzzed program: an input is read as a list of kernel calls over two kernels (calls.h), which
 * must hold against a model (world.h), write nothing outside of their memories, and leave no
 * descriptor open. A step is one byte and its arguments:
 *
 *   bit 7: no new descriptor is to be had | bit 6: which kernel | bits 0 to 5: which step
 *
 * Run by libFuzzer, or by driver.c where there is none, in a directory of its own. Memory bugs are
 * for the sanitizers to find.
 */
#include "calls.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#define STEPS_COUNT_MAX 600

/* The most fruitful ones have more places than one. */
static fuzz_step* const STEPS[] = {
    fuzz_connection,       fuzz_connection,       fuzz_open,             fuzz_bind,
    fuzz_listen,           fuzz_connect,          fuzz_accept,           fuzz_accept,
    fuzz_shutdown,         fuzz_set_option,       fuzz_take_error,       fuzz_stop_queueing,
    fuzz_unacknowledged,   fuzz_local_address,    fuzz_peer_address,     fuzz_address_text,
    fuzz_close,            fuzz_close,            fuzz_close,            fuzz_dup,
    fuzz_adopt,            fuzz_release,          fuzz_hand_over,        fuzz_open_stdio,
    fuzz_open_stdio,       fuzz_file_type,        fuzz_destroy,          fuzz_make_again,
    fuzz_attach_part,      fuzz_recv,             fuzz_recv,             fuzz_send,
    fuzz_send,             fuzz_recv_vectors,     fuzz_send_vectors,     fuzz_read,
    fuzz_write,            fuzz_write,            fuzz_random,           fuzz_far_end,
    fuzz_open_set,         fuzz_open_set,         fuzz_close_set,        fuzz_watch,
    fuzz_watch,            fuzz_watch,            fuzz_unwatch,          fuzz_wait,
    fuzz_wait,             fuzz_wait,             fuzz_wait_few,         fuzz_wait_few,
    fuzz_wake,             fuzz_signal,           fuzz_consume_wake,     fuzz_consume_wake,
    fuzz_clocks,
};
#define STEPS_COUNT (sizeof STEPS / sizeof STEPS[0])
_Static_assert(STEPS_COUNT <= 64, "a step is named by six bits");

static uint32_t open_descriptors_count(void) {
  DIR* listing = opendir("/proc/self/fd");
  FUZZ_CHECK(listing != NULL);
  uint32_t count = 0;
  while (readdir(listing) != NULL) count += 1;
  closedir(listing);
  return count;
}

/* What the process may have when it is not starved. */
static struct rlimit limit;

/* Called by AddressSanitizer when it has found something: it needs descriptors to tell where. */
void __asan_on_error(void);
void __asan_on_error(void) {
  if (limit.rlim_max != 0) setrlimit(RLIMIT_NOFILE, &limit);
}

/* Runs a step while the process may open no descriptor: its limit is the lowest free number. */
static void run_starved(fuzz_step* step, struct fuzz_world* world, struct fuzz_kernel* kernel,
                        struct fuzz_input* input) {
  FUZZ_CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const int lowest_free = open("/dev/null", O_RDONLY | O_CLOEXEC);
  FUZZ_CHECK(lowest_free >= 0);
  close(lowest_free);
  const struct rlimit starved = {.rlim_cur = (rlim_t)lowest_free, .rlim_max = limit.rlim_max};
  FUZZ_CHECK(setrlimit(RLIMIT_NOFILE, &starved) == 0);
  step(world, kernel, input);
  FUZZ_CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t length_bytes);

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t length_bytes) {
  signal(SIGPIPE, SIG_IGN); /* as in Node; the far ends of streams are written to as well */
  struct fuzz_input input = {.bytes = bytes, .left_bytes = length_bytes};
  const uint32_t before_count = open_descriptors_count();
  struct fuzz_world* world = fuzz_world_make(&input);
  for (int count = 0; count < STEPS_COUNT_MAX && input.left_bytes > 0; count += 1) {
    const uint8_t byte = fuzz_byte(&input);
    fuzz_step* step = STEPS[(byte & 63) % STEPS_COUNT];
    struct fuzz_kernel* kernel = &world->kernels[byte >> 6 & 1];
    if ((byte & 128) != 0 && (fuzz_byte(&input) & 3) == 0) {
      run_starved(step, world, kernel, &input);
    } else {
      step(world, kernel, &input);
    }
    fuzz_world_check(world);
  }
  fuzz_world_end(world);
  const uint32_t after_count = open_descriptors_count();
  if (after_count != before_count) {
    fuzz_fail(__FILE__, __LINE__, "descriptors left open", (int64_t)after_count - before_count);
  }
  return 0;
}
