/* Sets of watched handles, and the two ways to wait. The answers are those of kernel.ts. */
#ifndef POLLUX_WAIT_H
#define POLLUX_WAIT_H

#include <stdint.h>

struct pollux_kernel;

#define POLLUX_FEW_COUNT_MAX 8

/* The words of a FewList: | count | handle interest readiness | handle interest readiness | ... */
#define POLLUX_FEW_WORDS (1 + 3 * POLLUX_FEW_COUNT_MAX)

int32_t pollux_open_set(struct pollux_kernel* kernel);
int32_t pollux_close_set(struct pollux_kernel* kernel, int32_t set);
int32_t pollux_watch(struct pollux_kernel* kernel, int32_t set, int32_t handle, uint32_t interest,
                     int32_t mode);
int32_t pollux_unwatch(struct pollux_kernel* kernel, int32_t set, int32_t handle);

/* Takes an entry out of every set. */
void pollux_unwatch_everywhere(struct pollux_kernel* kernel, int32_t handle);

/* timeout_ns: a duration of clocks.h. `pairs` has room for `capacity` (handle, readiness) pairs. */
int32_t pollux_wait(struct pollux_kernel* kernel, int32_t set, int64_t timeout_ns, int32_t* pairs,
                    uint32_t capacity);

/* `words` has POLLUX_FEW_WORDS words. */
int32_t pollux_wait_few(struct pollux_kernel* kernel, int32_t* words, int64_t timeout_ns);

#endif
