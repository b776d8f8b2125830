/* Waiting for a handful of handles by ppoll(2), which touches no set. See wait.h. */
#include "clocks.h"
#include "kernel.h"
#include "readiness.h"
#include "wait.h"
#include "wasi-errno.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>

struct few_entry {
  int32_t handle;
  int32_t interest;
  int32_t readiness;
};

_Static_assert(sizeof(struct few_entry) == 3 * sizeof(int32_t), "as the FewList is drawn");

/* Fills `polled`, the wake descriptor first. Returns 0, -WASI_BADF, -WASI_INVAL. */
static int32_t fill(const struct pollux_kernel* kernel, struct few_entry* few, uint32_t few_count,
                    struct pollfd* polled) {
  polled[0] = (struct pollfd){.fd = kernel->wake_descriptor, .events = POLLIN};
  for (uint32_t index = 0; index < few_count; index += 1) {
    const struct pollux_entry* entry = pollux_handles_find(&kernel->handles, few[index].handle);
    const uint32_t interest = (uint32_t)few[index].interest;
    few[index].readiness = 0;
    if (entry == NULL) return -WASI_BADF;
    if (interest == 0 || (interest & ~(uint32_t)POLLUX_INTEREST_ALL) != 0) return -WASI_INVAL;
    polled[1 + index] = (struct pollfd){.fd = entry->descriptor,
                                        .events = (short)pollux_events_of(interest)};
  }
  return 0;
}

/* Marks those of which something was received ahead. Returns whether there are any. */
static bool report_unread(const struct pollux_kernel* kernel, struct few_entry* few,
                          uint32_t few_count) {
  bool is_any = false;
  for (uint32_t index = 0; index < few_count; index += 1) {
    if (!((uint32_t)few[index].interest & POLLUX_READ)) continue;
    if (pollux_batch_unread(kernel->batch.shared, few[index].handle) == NULL) continue;
    few[index].readiness = POLLUX_READ;
    is_any = true;
  }
  return is_any;
}

/* Adds what was found. Returns how many are ready, or -WASI_BADF when someone else has closed a
   descriptor of ours. */
static int32_t report(const struct pollfd* polled, struct few_entry* few, uint32_t few_count) {
  int32_t ready_count = 0;
  for (uint32_t index = 0; index < few_count; index += 1) {
    const uint32_t events = (uint32_t)(unsigned short)polled[1 + index].revents;
    if (events & POLLNVAL) return -WASI_BADF;
    few[index].readiness |= (int32_t)pollux_readiness_of(events);
    ready_count += few[index].readiness != 0;
  }
  return ready_count;
}

int32_t pollux_wait_few(struct pollux_kernel* kernel, int32_t* words, int64_t timeout_ns) {
  if (kernel->demux == NULL) return -WASI_BADF; /* destroyed */
  if (words[0] < 0 || words[0] > POLLUX_FEW_COUNT_MAX) return -WASI_INVAL;
  const uint32_t few_count = (uint32_t)words[0];
  struct few_entry* few = (struct few_entry*)(words + 1);
  struct pollfd polled[1 + POLLUX_FEW_COUNT_MAX];
  const int32_t filled = fill(kernel, few, few_count, polled);
  if (filled < 0) return filled;
  if (kernel->wake_is_pending) return -WASI_CANCELED;
  const bool is_unread = kernel->batch.listed_count > 0 && report_unread(kernel, few, few_count);
  if (is_unread) timeout_ns = 0;
  const int64_t deadline_ns = timeout_ns > 0 ? pollux_deadline_in(timeout_ns) : timeout_ns;
  int64_t left_ns = timeout_ns;
  for (;;) {
    const struct timespec timeout = pollux_timespec_of(left_ns < 0 ? 0 : left_ns);
    const int count = ppoll(polled, 1 + few_count, left_ns < 0 ? NULL : &timeout, NULL);
    if (count > 0 || (count == 0 && is_unread)) {
      if (polled[0].revents != 0) kernel->wake_is_pending = true;
      const int32_t ready_count = report(polled, few, few_count);
      return ready_count == 0 ? -WASI_CANCELED : ready_count;
    }
    if (count < 0 && errno != EINTR) return pollux_fail(errno);
    if (count == 0 && timeout_ns == 0) return 0;
    if (timeout_ns > 0) {
      left_ns = pollux_deadline_left_ns(deadline_ns);
      if (left_ns == 0) return 0;
    }
  }
}
