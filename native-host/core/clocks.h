/*
 * Clocks and deadlines. A duration is in nanoseconds, -1 for "for ever"; a deadline is an instant
 * of CLOCK_MONOTONIC in nanoseconds, POLLUX_DEADLINE_NEVER for none.
 */
#ifndef POLLUX_CLOCKS_H
#define POLLUX_CLOCKS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define POLLUX_NS_PER_S INT64_C(1000000000)
#define POLLUX_TIMEOUT_FOREVER INT64_C(-1)
#define POLLUX_DEADLINE_NEVER INT64_MAX

enum pollux_clock {
  POLLUX_CLOCK_REALTIME = 0,
  POLLUX_CLOCK_MONOTONIC = 1,
  POLLUX_CLOCK_PROCESS_CPU = 2,
  POLLUX_CLOCK_THREAD_CPU = 3,
};

/* Now, by CLOCK_MONOTONIC. */
int64_t pollux_monotonic_now_ns(void);

/* Reads a clock into `ns`; the monotonic one counts from `monotonic_start_ns`. Returns 0 or
   -WASI_INVAL for a clock that does not exist. Source: clock_gettime(2). */
int32_t pollux_clock_time(int32_t clock, int64_t monotonic_start_ns, uint64_t* ns);

/* The length of one step of a clock, as above. Source: clock_getres(2). */
int32_t pollux_clock_resolution(int32_t clock, uint64_t* ns);

/* The calling thread's number, for pollux_thread_cpu_ns. Source: gettid(2). */
int32_t pollux_thread_current(void);

/* Reads the CPU time that a thread of this process has taken into `ns`. Returns 0, or -WASI_INVAL
   when it has no such thread. Source: clock_getcpuclockid(3), of a thread. */
int32_t pollux_thread_cpu_ns(int32_t thread, int64_t* ns);

/* Turns a duration as JavaScript has it into nanoseconds, rounded up; Infinity, or 146 years, is
   for ever. Returns false for NaN and below 0. */
bool pollux_timeout_from_double(double timeout_ns, int64_t* result_ns);

/* The deadline `timeout_ns` from now. */
int64_t pollux_deadline_in(int64_t timeout_ns);

/* What is left until a deadline: 0 when it has passed, POLLUX_TIMEOUT_FOREVER for never. */
int64_t pollux_deadline_left_ns(int64_t deadline_ns);

/* Splits a duration or instant of `ns >= 0`. */
struct timespec pollux_timespec_of(int64_t ns);

#endif
