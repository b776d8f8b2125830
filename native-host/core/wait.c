/* Sets of watched handles: checks, then asks the demux. See wait.h. */
#include "wait.h"

#include "kernel.h"
#include "wasi-errno.h"

#include <stddef.h>

int32_t pollux_open_set(struct pollux_kernel* kernel) {
  if (kernel->demux == NULL) return -WASI_BADF; /* destroyed */
  uint32_t set = 0;
  while (set < kernel->sets_count && kernel->sets[set] != NULL) set += 1;
  if (set == POLLUX_SETS_COUNT_MAX) return -WASI_MFILE;
  const int32_t opened = kernel->demux->open_set(kernel, &kernel->sets[set]);
  if (opened < 0) return opened;
  if (set == kernel->sets_count) kernel->sets_count += 1;
  return (int32_t)set;
}

static void* find_set(const struct pollux_kernel* kernel, int32_t set) {
  return set >= 0 && (uint32_t)set < kernel->sets_count ? kernel->sets[set] : NULL;
}

int32_t pollux_close_set(struct pollux_kernel* kernel, int32_t set) {
  void* state = find_set(kernel, set);
  if (state == NULL) return -WASI_BADF;
  kernel->demux->close_set(kernel, state);
  kernel->sets[set] = NULL;
  while (kernel->sets_count > 0 && kernel->sets[kernel->sets_count - 1] == NULL) {
    kernel->sets_count -= 1;
  }
  return 0;
}

int32_t pollux_watch(struct pollux_kernel* kernel, int32_t set, int32_t handle, uint32_t interest,
                     int32_t mode) {
  void* state = find_set(kernel, set);
  const struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (state == NULL || entry == NULL) return -WASI_BADF;
  if ((interest & ~(uint32_t)POLLUX_INTEREST_ALL) != 0) return -WASI_INVAL;
  if (mode < POLLUX_MODE_LEVEL || mode > POLLUX_MODE_ONE_SHOT) return -WASI_NOTSUP;
  if (mode == POLLUX_MODE_EDGE && !kernel->demux->has_edge) return -WASI_NOTSUP;
  if (mode == POLLUX_MODE_ONE_SHOT && !kernel->demux->has_one_shot) return -WASI_NOTSUP;
  return kernel->demux->watch(kernel, state, entry, interest, (enum pollux_mode)mode);
}

int32_t pollux_unwatch(struct pollux_kernel* kernel, int32_t set, int32_t handle) {
  void* state = find_set(kernel, set);
  const struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (state == NULL || entry == NULL) return -WASI_BADF;
  kernel->demux->unwatch(kernel, state, entry);
  return 0;
}

void pollux_unwatch_everywhere(struct pollux_kernel* kernel, int32_t handle) {
  const struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (entry == NULL) return;
  for (uint32_t set = 0; set < kernel->sets_count; set += 1) {
    if (kernel->sets[set] != NULL) kernel->demux->unwatch(kernel, kernel->sets[set], entry);
  }
}

int32_t pollux_wait(struct pollux_kernel* kernel, int32_t set, int64_t timeout_ns, int32_t* pairs,
                    uint32_t capacity) {
  void* state = find_set(kernel, set);
  if (state == NULL) return -WASI_BADF;
  if (capacity == 0) return -WASI_INVAL;
  if (kernel->wake_is_pending) return -WASI_CANCELED;
  return kernel->demux->wait(kernel, state, timeout_ns, pairs, capacity);
}
