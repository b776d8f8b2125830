/*
 * One guest's kernel: handles, memory, wake descriptor, sets of watched handles, clocks. One thread
 * owns it and makes every call. It knows nothing of Node or of WASI's memory layouts.
 *
 * Every call answers `>= 0`, or a negated errno of wasi-errno.h. What each one promises is written
 * in host/kernel/kernel.ts, which has the same names.
 */
#ifndef POLLUX_KERNEL_H
#define POLLUX_KERNEL_H

#include "batch.h"
#include "calls.h"
#include "demux.h"
#include "handles.h"
#include "memory.h"
#include "terminal.h"

#include <stdbool.h>
#include <stdint.h>

#define POLLUX_SETS_COUNT_MAX 1024
#define POLLUX_STDIO_COUNT 3

struct pollux_kernel {
  struct pollux_handles handles;
  struct pollux_memory memory;
  struct pollux_batch_state batch;
  struct pollux_calls calls;
  const struct pollux_demux* demux;
  void* sets[POLLUX_SETS_COUNT_MAX]; /* NULL while free */
  uint32_t sets_count;               /* all from here on are free */
  int wake_descriptor;
  bool wake_descriptor_is_owned;
  /* A wake was seen and not consumed yet: waits answer CANCELED without asking the system. */
  bool wake_is_pending;
  /* Sets wait with a timerfd, since epoll_pwait2 is missing or forbidden here. */
  bool waits_by_timerfd;
  int64_t monotonic_start_ns;
  int stdio[POLLUX_STDIO_COUNT];
  int32_t terminal_handle; /* the one that the last text for a terminal was written to */
  struct pollux_terminal_text terminal_text; /* where that text stands */
};

struct pollux_kernel_options {
  int wake_descriptor; /* -1: make one and own it */
  int stdio[POLLUX_STDIO_COUNT];
  bool force_timerfd; /* for tests */
  bool without_ring;  /* system calls are made one by one: see calls.h */
};

/* Makes a kernel in place. Returns 0, -WASI_MFILE, -WASI_NFILE, -WASI_NOMEM, or -WASI_BADF for a
   wake descriptor that is not open. */
int32_t pollux_kernel_init(struct pollux_kernel* kernel,
                           const struct pollux_kernel_options* options);

/* Closes every handle and set. Later calls answer -WASI_BADF. A second call does nothing. */
void pollux_kernel_destroy(struct pollux_kernel* kernel);

/* Ends the current or next wait. The owner's thread; others use pollux_wake_signal. */
void pollux_kernel_wake(struct pollux_kernel* kernel);

/* Takes a wake back, so that waits wait again. */
void pollux_kernel_consume_wake(struct pollux_kernel* kernel);

/* Closes a handle and ends its watching. Returns 0 or -WASI_BADF. */
int32_t pollux_close(struct pollux_kernel* kernel, int32_t handle);

/* A second handle of the same open file description. -WASI_BUSY while something that was received
   ahead is not taken. */
int32_t pollux_dup(struct pollux_kernel* kernel, int32_t handle);

/*
 * Takes ownership of a descriptor of the process: a socket or a pipe, which becomes non-blocking
 * and close-on-exec. Returns a handle; on failure (-WASI_BADF, -WASI_MFILE, -WASI_NOMEM) the
 * descriptor still belongs to the caller.
 */
int32_t pollux_adopt(struct pollux_kernel* kernel, int descriptor);

/* Gives the descriptor of a handle to the caller and forgets the handle. Returns the descriptor,
   or -WASI_BUSY as pollux_dup. */
int32_t pollux_release(struct pollux_kernel* kernel, int32_t handle);

/* The handle's enum pollux_file_type. */
int32_t pollux_file_type(const struct pollux_kernel* kernel, int32_t handle);

/* Fills guest memory with random bytes. Returns 0, -WASI_FAULT. */
int32_t pollux_random(const struct pollux_kernel* kernel, uint64_t pointer, uint64_t length_bytes);

#endif
