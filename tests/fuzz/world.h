/*
 * What a fuzzed program of kernel calls runs in: two kernels with guarded memories, what is at the
 * other end of their standard streams, loose descriptors, and a model of which handles are open and
 * watched. What the kernels answer is held against the model; fuzz_fail ends the process.
 */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include "../../native-host/core/kernel.h"
#include "../../native-host/core/wasi-errno.h"
#include "input.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUZZ_KERNELS_COUNT 2
#define FUZZ_HANDLES_COUNT_MAX 48 /* remembered in a kernel, open or closed */
#define FUZZ_SETS_COUNT_MAX 4
#define FUZZ_LOOSE_COUNT_MAX 8
#define FUZZ_MEMORY_BYTES 8192
#define FUZZ_GUARD_BYTES 128

/* How a handle is watched in one set. */
struct fuzz_watch {
  bool is_watched;
  uint32_t interest;
  int32_t mode;
  bool has_fired; /* of a one-shot: it is not reported again */
};

struct fuzz_handle {
  int32_t handle;
  bool is_open;
  struct fuzz_watch watches[FUZZ_SETS_COUNT_MAX];
};

/* The block: | guard | memory, of which the first `memory_bytes` are attached | guard | */
struct fuzz_kernel {
  struct pollux_kernel core;
  uint8_t* block;
  uint32_t memory_bytes;
  bool is_alive;
  bool is_awake;    /* by its own call: every wait is canceled */
  bool is_signaled; /* as by another thread: a wait may report events first */
  bool set_is_open[FUZZ_SETS_COUNT_MAX];
  struct fuzz_handle handles[FUZZ_HANDLES_COUNT_MAX];
  uint32_t handles_count;
};

/* A standard stream's descriptor, and the other end. -1 for none. */
struct fuzz_stdio {
  int near_end;
  int far_end;
  bool is_terminal;
  uint8_t last_seen; /* on a terminal */
};

struct fuzz_world {
  struct fuzz_kernel kernels[FUZZ_KERNELS_COUNT];
  struct fuzz_stdio stdio[POLLUX_STDIO_COUNT];
  int loose[FUZZ_LOOSE_COUNT_MAX];
  uint32_t loose_count;
  uint32_t paths_count; /* of unix sockets, in the working directory */
};

_Noreturn void fuzz_fail(const char* file, int line, const char* text, int64_t value);

#define FUZZ_CHECK(condition) \
  ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition, 0))

/* With the value that it is about. */
#define FUZZ_CHECK_OF(value, condition) \
  ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition, value))

/* An answer is a count, a handle, or one of WASI's errnos, negated. Gives the answer. */
#define FUZZ_ANSWER(call) fuzz_answer(__FILE__, __LINE__, #call, call)
int32_t fuzz_answer(const char* file, int line, const char* text, int32_t answer);

struct fuzz_world* fuzz_world_make(struct fuzz_input* input);

/* Ends the kernels and closes everything. */
void fuzz_world_end(struct fuzz_world* world);

/* Nothing was written outside of the attached memories, nor a control to a terminal. */
void fuzz_world_check(struct fuzz_world* world);

void fuzz_kernel_make(struct fuzz_world* world, struct fuzz_kernel* kernel, bool force_timerfd);
void fuzz_kernel_end(struct fuzz_kernel* kernel);

/* Attaches the first `memory_bytes` of the block; none at all for 0. */
void fuzz_attach(struct fuzz_kernel* kernel, uint32_t memory_bytes);

/* A handle: open, closed, another kernel's, or no handle at all. */
int32_t fuzz_handle(struct fuzz_world* world, struct fuzz_kernel* kernel,
                    struct fuzz_input* input);

/* The model's entry if the handle is open, or NULL. */
struct fuzz_handle* fuzz_find(struct fuzz_kernel* kernel, int32_t handle);

/* Enters what a call that opens answered: a handle that was not open, or an errno. */
void fuzz_opened(struct fuzz_kernel* kernel, int32_t answer);

/* A call on a handle that is not open has to answer BADF. */
void fuzz_expect_badf(struct fuzz_kernel* kernel, int32_t handle, int32_t answer);

/* Puts a descriptor among the loose ones, or closes it when there are enough. -1 is left alone. */
void fuzz_keep_loose(struct fuzz_world* world, int descriptor);

/* Takes a loose descriptor out. -1 when there is none. */
int fuzz_take_loose(struct fuzz_world* world, struct fuzz_input* input);

#endif
