/* One guest's kernel, made and ended; descriptors that enter and leave it. See kernel.h. */
#include "kernel.h"

#include "clocks.h"
#include "epoll-pwait2.h"
#include "random.h"
#include "socket-options.h"
#include "streams.h"
#include "wait.h"
#include "wake.h"
#include "wasi-errno.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int32_t pollux_kernel_init(struct pollux_kernel* kernel,
                           const struct pollux_kernel_options* options) {
  memset(kernel, 0, sizeof *kernel);
  const bool is_owned = options->wake_descriptor < 0;
  const int32_t wake = is_owned ? pollux_wake_create() : options->wake_descriptor;
  if (wake < 0) return wake;
  if (!is_owned && fcntl(wake, F_GETFD) < 0) return pollux_fail(errno);
  int32_t made = pollux_calls_init(&kernel->calls, !options->without_ring);
  if (made == 0) made = pollux_handles_init(&kernel->handles);
  if (made < 0) {
    pollux_calls_free(&kernel->calls);
    if (is_owned) close(wake);
    return made;
  }
  kernel->wake_descriptor = wake;
  kernel->wake_descriptor_is_owned = is_owned;
  kernel->demux = &pollux_demux_epoll;
  kernel->waits_by_timerfd = options->force_timerfd || !pollux_epoll_pwait2_works();
  kernel->monotonic_start_ns = pollux_monotonic_now_ns();
  memcpy(kernel->stdio, options->stdio, sizeof kernel->stdio);
  return 0;
}

static void close_entry(struct pollux_kernel* kernel, struct pollux_entry* entry) {
  /* epoll forgets a descriptor when the last reference to its open file description goes. When
     others hold one, it would report the closed number for ever. */
  if (entry->flags & POLLUX_ENTRY_SHARED) pollux_unwatch_everywhere(kernel, entry->handle);
  pollux_batch_before_close(kernel, entry);
  kernel->demux->close(kernel, entry);
  pollux_handles_remove(&kernel->handles, entry);
}

void pollux_kernel_destroy(struct pollux_kernel* kernel) {
  if (kernel->demux == NULL) return;
  pollux_batch_flush(kernel, kernel->batch.shared);
  for (uint32_t set = 0; set < kernel->sets_count; set += 1) {
    if (kernel->sets[set] != NULL) kernel->demux->close_set(kernel, kernel->sets[set]);
    kernel->sets[set] = NULL;
  }
  kernel->sets_count = 0;
  for (uint32_t index = 0; index < kernel->handles.used_count; index += 1) {
    struct pollux_entry* entry = &kernel->handles.entries[index];
    if (entry->handle != 0) close_entry(kernel, entry);
  }
  pollux_handles_free(&kernel->handles);
  pollux_calls_free(&kernel->calls);
  if (kernel->wake_descriptor_is_owned) close(kernel->wake_descriptor);
  kernel->wake_descriptor = -1;
  kernel->memory = (struct pollux_memory){0};
  kernel->batch.shared = NULL;
  kernel->demux = NULL;
}

void pollux_kernel_wake(struct pollux_kernel* kernel) {
  if (kernel->demux == NULL) return;
  kernel->wake_is_pending = true;
  pollux_wake_signal(kernel->wake_descriptor);
}

void pollux_kernel_consume_wake(struct pollux_kernel* kernel) {
  if (kernel->demux == NULL) return;
  kernel->wake_is_pending = false;
  pollux_wake_consume(kernel->wake_descriptor);
}

int32_t pollux_close(struct pollux_kernel* kernel, int32_t handle) {
  struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (entry == NULL) return -WASI_BADF;
  close_entry(kernel, entry);
  return 0;
}

int32_t pollux_dup(struct pollux_kernel* kernel, int32_t handle) {
  const int32_t reserved = pollux_handles_reserve(&kernel->handles);
  if (reserved < 0) return reserved;
  struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (entry == NULL) return -WASI_BADF;
  if (pollux_batch_unread(kernel->batch.shared, handle) != NULL) return -WASI_BUSY;
  const int descriptor = fcntl(entry->descriptor, F_DUPFD_CLOEXEC, 3);
  if (descriptor < 0) return pollux_fail(errno);
  entry->flags |= POLLUX_ENTRY_SHARED;
  return pollux_handles_add(&kernel->handles, descriptor, entry->file_type, entry->flags);
}

/* Makes a descriptor non-blocking and close-on-exec. Returns 0 or a negated errno. */
static int32_t set_our_flags(int descriptor) {
  const int descriptor_flags = fcntl(descriptor, F_GETFD);
  const int status_flags = fcntl(descriptor, F_GETFL);
  if (descriptor_flags < 0 || status_flags < 0) return pollux_fail(errno);
  if ((descriptor_flags & FD_CLOEXEC) == 0 &&
      fcntl(descriptor, F_SETFD, descriptor_flags | FD_CLOEXEC) < 0) {
    return pollux_fail(errno);
  }
  if ((status_flags & O_NONBLOCK) == 0 &&
      fcntl(descriptor, F_SETFL, status_flags | O_NONBLOCK) < 0) {
    return pollux_fail(errno);
  }
  return 0;
}

int32_t pollux_adopt(struct pollux_kernel* kernel, int descriptor) {
  const int32_t reserved = pollux_handles_reserve(&kernel->handles);
  if (reserved < 0) return reserved;
  uint8_t file_type;
  uint8_t flags;
  const int32_t described = pollux_describe(descriptor, &file_type, &flags);
  if (described < 0) return described;
  const int32_t set = set_our_flags(descriptor);
  if (set < 0) return set;
  /* An inherited listener lacks what our own have. A socket that isn't TCP's refuses, rightly. */
  if (file_type == POLLUX_FILE_SOCKET_STREAM) pollux_set_no_delay(descriptor);
  return pollux_handles_add(&kernel->handles, descriptor, file_type, flags);
}

int32_t pollux_release(struct pollux_kernel* kernel, int32_t handle) {
  struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (entry == NULL) return -WASI_BADF;
  if (pollux_batch_unread(kernel->batch.shared, handle) != NULL) return -WASI_BUSY;
  const int descriptor = entry->descriptor;
  pollux_unwatch_everywhere(kernel, handle);
  pollux_handles_remove(&kernel->handles, entry);
  return descriptor;
}

int32_t pollux_file_type(const struct pollux_kernel* kernel, int32_t handle) {
  const struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  return entry == NULL ? -WASI_BADF : entry->file_type;
}

int32_t pollux_random(const struct pollux_kernel* kernel, uint64_t pointer, uint64_t length_bytes) {
  uint8_t* bytes = pollux_memory_at(&kernel->memory, pointer, length_bytes);
  if (bytes == NULL) return -WASI_FAULT;
  return pollux_random_fill(bytes, (size_t)length_bytes);
}
