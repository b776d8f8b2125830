/* The world of a fuzzed program: see world.h. */
#include "world.h"

#include "../../native-host/core/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

static const uint8_t GUARD = 0xa5;

void fuzz_fail(const char* file, int line, const char* text, int64_t value) {
  fprintf(stderr, "%s:%d: broken: %s: %" PRId64 "\n", file, line, text, value);
  abort();
}

int32_t fuzz_answer(const char* file, int line, const char* text, int32_t answer) {
  if (answer < -WASI_NOTCAPABLE) fuzz_fail(file, line, text, answer);
  return answer;
}

static void open_pipe(struct fuzz_stdio* stdio, bool is_input) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return;
  stdio->near_end = ends[is_input ? 0 : 1];
  stdio->far_end = ends[is_input ? 1 : 0];
}

static void open_socket(struct fuzz_stdio* stdio) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return;
  stdio->near_end = ends[0];
  stdio->far_end = ends[1];
}

static void open_terminal(struct fuzz_stdio* stdio) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  char path[64];
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0 ||
      ptsname_r(master, path, sizeof path) != 0) {
    if (master >= 0) close(master);
    return;
  }
  stdio->far_end = master;
  stdio->near_end = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  struct termios settings;
  if (stdio->near_end < 0 || tcgetattr(stdio->near_end, &settings) != 0) return;
  cfmakeraw(&settings);
  tcsetattr(stdio->near_end, TCSANOW, &settings);
  stdio->is_terminal = true;
}

static void open_stdio(struct fuzz_world* world, uint32_t index, uint32_t kind) {
  struct fuzz_stdio* stdio = &world->stdio[index];
  *stdio = (struct fuzz_stdio){.near_end = -1, .far_end = -1};
  switch (kind) {
    case 0:
      open_pipe(stdio, index == 0);
      break;
    case 1:
      open_socket(stdio);
      break;
    case 2:
      open_terminal(stdio);
      break;
    case 3: /* the same as the one before, as 2>&1 makes it */
      if (index > 0) stdio->near_end = fcntl(stdio[-1].near_end, F_DUPFD_CLOEXEC, 3);
      break;
    case 4:
      stdio->near_end = memfd_create("stdio", MFD_CLOEXEC);
      break;
    case 5:
      stdio->near_end = open("/dev/null", O_RDWR | O_CLOEXEC);
      break;
    case 6:
      stdio->near_end = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      break;
    default:
      break; /* the process has none */
  }
  if (stdio->far_end >= 0) fcntl(stdio->far_end, F_SETFL, O_NONBLOCK);
}

/* What the user of a terminal would see: no control, in ASCII or in UTF-8. */
static void check_terminal(struct fuzz_stdio* stdio) {
  uint8_t seen[256];
  for (ssize_t count; (count = read(stdio->far_end, seen, sizeof seen)) > 0;) {
    for (ssize_t at = 0; at < count; at += 1) {
      const uint8_t byte = seen[at];
      FUZZ_CHECK(byte >= 0x20 || byte == '\t' || byte == '\n' || byte == '\r');
      FUZZ_CHECK(byte != 0x7f);
      FUZZ_CHECK(stdio->last_seen != 0xc2 || byte < 0x80 || byte > 0x9f);
      stdio->last_seen = byte;
    }
  }
}

void fuzz_kernel_make(struct fuzz_world* world, struct fuzz_kernel* kernel, bool force_timerfd) {
  struct pollux_kernel_options options = {.wake_descriptor = -1, .force_timerfd = force_timerfd};
  for (int index = 0; index < POLLUX_STDIO_COUNT; index += 1) {
    const struct fuzz_stdio* stdio = &world->stdio[index];
    /* A kernel can't know what another one writes to the same terminal. */
    const bool is_given = kernel == &world->kernels[0] || !isatty(stdio->near_end);
    options.stdio[index] = is_given ? stdio->near_end : -1;
  }
  uint8_t* block = kernel->block;
  *kernel = (struct fuzz_kernel){.block = block};
  const int32_t made = FUZZ_ANSWER(pollux_kernel_init(&kernel->core, &options));
  FUZZ_CHECK(made == 0 || made == -WASI_MFILE);
  kernel->is_alive = made == 0;
  fuzz_attach(kernel, kernel->is_alive ? FUZZ_MEMORY_BYTES : 0);
}

/* A TCP socket that is closed with a reset leaves nothing behind in the system, which thousands of
   programs would fill with the others for a minute. A step may switch it off again. */
static void reset_at_close(const struct pollux_entry* entry) {
  const struct linger linger = {.l_onoff = 1, .l_linger = 0};
  if (!pollux_entry_is_socket(entry)) return;
  setsockopt(entry->descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

void fuzz_kernel_end(struct fuzz_kernel* kernel) {
  for (uint32_t index = 0; index < kernel->core.handles.entries_count; index += 1) {
    const struct pollux_entry* entry = &kernel->core.handles.entries[index];
    if (entry->handle != 0) reset_at_close(entry);
  }
  if (kernel->is_alive) pollux_kernel_destroy(&kernel->core);
  for (uint32_t at = 0; at < kernel->handles_count; at += 1) kernel->handles[at].is_open = false;
  memset(kernel->set_is_open, 0, sizeof kernel->set_is_open);
  kernel->is_alive = false;
  kernel->is_awake = false;
  kernel->is_signaled = false;
  fuzz_attach(kernel, 0);
}

void fuzz_attach(struct fuzz_kernel* kernel, uint32_t memory_bytes) {
  uint8_t* memory = kernel->block + FUZZ_GUARD_BYTES;
  kernel->memory_bytes = memory_bytes;
  kernel->core.memory = (struct pollux_memory){.base = memory_bytes == 0 ? NULL : memory,
                                               .length_bytes = memory_bytes};
  memset(kernel->block, GUARD, FUZZ_GUARD_BYTES);
  memset(memory + memory_bytes, GUARD, FUZZ_MEMORY_BYTES - memory_bytes + FUZZ_GUARD_BYTES);
}

static void check_guards(const struct fuzz_kernel* kernel) {
  const uint8_t* memory = kernel->block + FUZZ_GUARD_BYTES;
  const uint8_t* end = memory + FUZZ_MEMORY_BYTES + FUZZ_GUARD_BYTES;
  for (const uint8_t* at = kernel->block; at < memory; at += 1) FUZZ_CHECK(*at == GUARD);
  for (const uint8_t* at = memory + kernel->memory_bytes; at < end; at += 1) {
    FUZZ_CHECK(*at == GUARD);
  }
}

struct fuzz_world* fuzz_world_make(struct fuzz_input* input) {
  struct fuzz_world* world = calloc(1, sizeof *world);
  FUZZ_CHECK(world != NULL);
  for (uint32_t index = 0; index < POLLUX_STDIO_COUNT; index += 1) {
    open_stdio(world, index, fuzz_pick(input, 8));
  }
  const uint8_t timerfds = fuzz_byte(input);
  for (int index = 0; index < FUZZ_KERNELS_COUNT; index += 1) {
    struct fuzz_kernel* kernel = &world->kernels[index];
    kernel->block = malloc(FUZZ_MEMORY_BYTES + 2 * FUZZ_GUARD_BYTES);
    FUZZ_CHECK(kernel->block != NULL);
    memset(kernel->block + FUZZ_GUARD_BYTES, 0x9b, FUZZ_MEMORY_BYTES);
    fuzz_kernel_make(world, kernel, (timerfds >> index & 1) != 0);
    FUZZ_CHECK(kernel->is_alive);
  }
  return world;
}

void fuzz_world_end(struct fuzz_world* world) {
  for (int index = 0; index < FUZZ_KERNELS_COUNT; index += 1) {
    fuzz_kernel_end(&world->kernels[index]);
    free(world->kernels[index].block);
  }
  for (int index = 0; index < POLLUX_STDIO_COUNT; index += 1) {
    if (world->stdio[index].near_end >= 0) close(world->stdio[index].near_end);
    if (world->stdio[index].far_end >= 0) close(world->stdio[index].far_end);
  }
  for (uint32_t index = 0; index < world->loose_count; index += 1) close(world->loose[index]);
  for (uint32_t index = 0; index < world->paths_count; index += 1) {
    char path[16];
    snprintf(path, sizeof path, "%u", index);
    unlink(path);
  }
  free(world);
}

void fuzz_world_check(struct fuzz_world* world) {
  for (int index = 0; index < FUZZ_KERNELS_COUNT; index += 1) check_guards(&world->kernels[index]);
  for (int index = 0; index < POLLUX_STDIO_COUNT; index += 1) {
    if (world->stdio[index].is_terminal) check_terminal(&world->stdio[index]);
  }
}

void fuzz_keep_loose(struct fuzz_world* world, int descriptor) {
  if (descriptor < 0) return;
  if (world->loose_count == FUZZ_LOOSE_COUNT_MAX) {
    close(descriptor);
    return;
  }
  world->loose[world->loose_count] = descriptor;
  world->loose_count += 1;
}

int fuzz_take_loose(struct fuzz_world* world, struct fuzz_input* input) {
  if (world->loose_count == 0) return -1;
  const uint32_t index = fuzz_pick(input, world->loose_count);
  const int descriptor = world->loose[index];
  world->loose_count -= 1;
  world->loose[index] = world->loose[world->loose_count];
  return descriptor;
}

int32_t fuzz_handle(struct fuzz_world* world, struct fuzz_kernel* kernel,
                    struct fuzz_input* input) {
  const uint8_t choice = fuzz_byte(input);
  const struct fuzz_kernel* owner = kernel;
  if (choice >= 0xf8) owner = &world->kernels[kernel == &world->kernels[0]];
  if (choice >= 0xf0 && choice < 0xf8) return (int32_t)fuzz_uint32(input);
  if (owner->handles_count == 0) return choice - 1;
  const int32_t handle = owner->handles[choice % owner->handles_count].handle;
  /* The same index, as another owner of it would have it. */
  if (choice >= 0xe8 && choice < 0xf0) return handle ^ (1 << POLLUX_HANDLE_INDEX_BITS);
  return handle;
}

struct fuzz_handle* fuzz_find(struct fuzz_kernel* kernel, int32_t handle) {
  for (uint32_t index = 0; index < kernel->handles_count; index += 1) {
    struct fuzz_handle* entry = &kernel->handles[index];
    if (entry->is_open && entry->handle == handle) return entry;
  }
  return NULL;
}

void fuzz_opened(struct fuzz_kernel* kernel, int32_t answer) {
  if (answer < 0) return;
  FUZZ_CHECK(kernel->is_alive);
  FUZZ_CHECK(answer > 0);
  FUZZ_CHECK(fuzz_find(kernel, answer) == NULL);
  const struct pollux_entry* entry = pollux_handles_find(&kernel->core.handles, answer);
  FUZZ_CHECK(entry != NULL);
  reset_at_close(entry);
  uint32_t slot = 0;
  while (slot < kernel->handles_count && kernel->handles[slot].is_open) slot += 1;
  if (kernel->handles_count < FUZZ_HANDLES_COUNT_MAX) slot = kernel->handles_count;
  if (slot == FUZZ_HANDLES_COUNT_MAX) {
    FUZZ_CHECK(pollux_close(&kernel->core, answer) == 0);
    return;
  }
  kernel->handles[slot] = (struct fuzz_handle){.handle = answer, .is_open = true};
  if (slot == kernel->handles_count) kernel->handles_count += 1;
}

void fuzz_expect_badf(struct fuzz_kernel* kernel, int32_t handle, int32_t answer) {
  if (fuzz_find(kernel, handle) == NULL) FUZZ_CHECK(answer == -WASI_BADF);
}
