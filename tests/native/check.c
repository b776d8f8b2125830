/* The test frame: see check.h. */
#include "check.h"

#include "../../native-host/core/sockets.h"
#include "../../native-host/core/wait.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More than a test has open. */
#define DESCRIPTORS_COUNT 256

/* Longer than any test takes, even under a memory checker. */
static const unsigned int TEST_SECONDS_MAX = 60;

#define KERNELS_COUNT_MAX 4

/* Those that the present test has made: ended after it, so that a leak is the core's own. */
static struct pollux_kernel* kernels[KERNELS_COUNT_MAX];
static uint8_t* kernels_memory[KERNELS_COUNT_MAX];
static int kernels_count;

static void end_kernels(void) {
  for (int index = 0; index < kernels_count; index += 1) {
    pollux_kernel_destroy(kernels[index]);
    free(kernels[index]);
#ifndef POLLUX_PLANTED_LEAK /* set by scripts/test-asan.mjs, to see that a leak is found */
    free(kernels_memory[index]);
#endif
    kernels_memory[index] = NULL;
  }
}

int run_tests(const struct test* tests, int tests_count, int argc, char** argv) {
  if (argc != 2) return 2;
  if (strcmp(argv[1], "--list") == 0) {
    for (int index = 0; index < tests_count; index += 1) printf("%s\n", tests[index].title);
    return 0;
  }
  const int index = atoi(argv[1]);
  if (index < 0 || index >= tests_count) return 2;
  alarm(TEST_SECONDS_MAX);
  tests[index].run();
  end_kernels();
  return 0;
}

void check_equal(const char* file, int line, const char* text, int64_t actual, int64_t expected) {
  if (actual == expected) return;
  fprintf(stderr, "%s:%d: %s is %" PRId64 ", not %" PRId64 "\n", file, line, text, actual,
          expected);
  exit(1);
}

int32_t check_success(const char* file, int line, const char* text, int32_t answer) {
  if (answer < 0) check_equal(file, line, text, answer, 0);
  return answer;
}

struct pollux_kernel* make_kernel_with(struct pollux_kernel_options options) {
  struct pollux_kernel* kernel = malloc(sizeof *kernel);
  CHECK(kernel != NULL);
  options.force_timerfd = getenv("POLLUX_TEST_TIMERFD") != NULL;
  options.without_ring = getenv("POLLUX_TEST_WITHOUT_RING") != NULL;
  SUCCESS(pollux_kernel_init(kernel, &options));
  kernel->memory.base = calloc(1, MEMORY_BYTES);
  kernel->memory.length_bytes = MEMORY_BYTES;
  CHECK(kernel->memory.base != NULL);
  CHECK(kernels_count < KERNELS_COUNT_MAX);
  kernels[kernels_count] = kernel;
  kernels_memory[kernels_count] = kernel->memory.base;
  kernels_count += 1;
  return kernel;
}

struct pollux_kernel* make_kernel(void) {
  return make_kernel_with(
      (struct pollux_kernel_options){.wake_descriptor = -1, .stdio = {0, 1, 2}});
}

uint8_t* memory_of(struct pollux_kernel* kernel) { return kernel->memory.base; }

int32_t make_listener(struct pollux_kernel* kernel) {
  struct pollux_address address;
  SUCCESS(pollux_address_read(POLLUX_FAMILY_IPV4, "127.0.0.1", strlen("127.0.0.1"), 0, &address));
  const int32_t listener = SUCCESS(pollux_open(kernel, POLLUX_FAMILY_IPV4));
  SUCCESS(pollux_bind(kernel, listener, &address));
  SUCCESS(pollux_listen(kernel, listener, 16));
  return listener;
}

struct connection make_connection(struct pollux_kernel* kernel) {
  const int32_t listener = make_listener(kernel);
  struct pollux_address_text text;
  struct pollux_address address;
  SUCCESS(pollux_local_address(kernel, listener, &text));
  SUCCESS(pollux_address_read((int32_t)text.family, text.host, text.host_length_bytes, text.port,
                              &address));
  struct connection connection;
  connection.far_end = SUCCESS(pollux_open(kernel, POLLUX_FAMILY_IPV4));
  CHECK_EQUAL(pollux_connect(kernel, connection.far_end, &address), -WASI_INPROGRESS);
  CHECK_EQUAL(wait_for(kernel, listener, POLLUX_READ, FOREVER), POLLUX_READ);
  connection.near_end = SUCCESS(pollux_accept(kernel, listener));
  SUCCESS(pollux_close(kernel, listener));
  return connection;
}

void send_byte(struct pollux_kernel* kernel, struct connection connection) {
  CHECK_EQUAL(pollux_send(kernel, connection.far_end, 0, 1), 1);
  CHECK_EQUAL(wait_for(kernel, connection.near_end, POLLUX_READ, FOREVER), POLLUX_READ);
}

void keep_answer(struct pollux_batch* shared, int32_t handle, const char* text) {
  struct pollux_batch_slot* slot = pollux_batch_slot_of(shared, handle);
  CHECK_EQUAL(slot->answers, handle);
  slot->answers = 0;
  const uint32_t length_bytes = (uint32_t)strlen(text);
  memcpy(shared->sending + shared->sending_bytes, text, length_bytes);
  shared->sends[shared->sends_count++] = (struct pollux_batch_send){
      .handle = handle, .at = shared->sending_bytes, .length_bytes = length_bytes};
  shared->sending_bytes += (length_bytes + 7) & ~7u;
}

int descriptor_of(const struct pollux_kernel* kernel, int32_t handle) {
  const struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  CHECK(entry != NULL);
  return entry->descriptor;
}

int registrations_of(int descriptor, uint32_t* events) {
  int count = 0;
  for (int at = 0; at < DESCRIPTORS_COUNT; at += 1) {
    char path[64];
    char line[256];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", at);
    FILE* info = fopen(path, "re");
    if (info == NULL) continue;
    while (fgets(line, sizeof line, info) != NULL) {
      int watched = -1;
      unsigned found = 0;
      const int fields = sscanf(line, "tfd: %d events: %x", &watched, &found);
      if (fields != 2 || watched != descriptor) continue;
      count += 1;
      if (events != NULL) *events = found;
    }
    fclose(info);
  }
  return count;
}

int32_t wait_for(struct pollux_kernel* kernel, int32_t handle, int32_t interest,
                 int64_t timeout_ns) {
  int32_t words[POLLUX_FEW_WORDS] = {1, handle, interest, 0};
  const int32_t count = pollux_wait_few(kernel, words, timeout_ns);
  return count > 0 ? words[3] : count;
}
