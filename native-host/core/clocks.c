/* Clocks and deadlines: see clocks.h. */
#include "clocks.h"

#include "planted.h"
#include "wasi-errno.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The low bits of such a clock's number: what the scheduler counted, of one thread. Source: Linux,
   include/linux/posix-timers_types.h, CPUCLOCK_PERTHREAD_MASK and CPUCLOCK_SCHED. */
#define CPU_CLOCK_OF_THREAD 6u

static const clockid_t SYSTEM_CLOCKS[] = {
    [POLLUX_CLOCK_REALTIME] = CLOCK_REALTIME,
    [POLLUX_CLOCK_MONOTONIC] = CLOCK_MONOTONIC,
    [POLLUX_CLOCK_PROCESS_CPU] = CLOCK_PROCESS_CPUTIME_ID,
    [POLLUX_CLOCK_THREAD_CPU] = CLOCK_THREAD_CPUTIME_ID,
};

static bool clock_exists(int32_t clock) {
  return clock >= POLLUX_CLOCK_REALTIME && clock <= POLLUX_CLOCK_THREAD_CPU;
}

static int64_t nanoseconds_of(struct timespec time) {
  return (int64_t)time.tv_sec * POLLUX_NS_PER_S + time.tv_nsec;
}

int64_t pollux_monotonic_now_ns(void) {
  struct timespec now = {0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return nanoseconds_of(now);
}

int32_t pollux_clock_time(int32_t clock, int64_t monotonic_start_ns, uint64_t* ns) {
  if (!clock_exists(clock)) return -WASI_INVAL;
  struct timespec now;
  if (clock_gettime(SYSTEM_CLOCKS[clock], &now) != 0) return pollux_fail(errno);
  const int64_t start_ns = clock == POLLUX_CLOCK_MONOTONIC ? monotonic_start_ns : 0;
  *ns = (uint64_t)(nanoseconds_of(now) - start_ns);
  return 0;
}

int32_t pollux_clock_resolution(int32_t clock, uint64_t* ns) {
  if (!clock_exists(clock)) return -WASI_INVAL;
  struct timespec step;
  if (clock_getres(SYSTEM_CLOCKS[clock], &step) != 0) return pollux_fail(errno);
  *ns = (uint64_t)nanoseconds_of(step);
  return 0;
}

int32_t pollux_thread_current(void) { return (int32_t)syscall(SYS_gettid); }

int32_t pollux_thread_cpu_ns(int32_t thread, int64_t* ns) {
  /* 0 stands for the calling thread, and so would a number that loses its upper bits below. */
  if (thread <= 0 || thread > INT32_MAX >> 3) return -WASI_INVAL;
  /* What pthread_getcpuclockid(3) makes of a thread's number, where there is no pthread_t. */
  const clockid_t clock = (clockid_t)(~(uint32_t)thread << 3 | CPU_CLOCK_OF_THREAD);
  struct timespec taken;
  if (clock_gettime(clock, &taken) != 0) return pollux_fail(errno);
  *ns = nanoseconds_of(taken);
  return 0;
}

bool pollux_timeout_from_double(double timeout_ns, int64_t* result_ns) {
  /* 2^62 ns are 146 years; a deadline that far from now still fits 63 bits. */
  const double forever_ns = 4611686018427387904.0;
  if (isnan(timeout_ns) || timeout_ns < 0) return false;
  if (timeout_ns >= forever_ns) {
    *result_ns = POLLUX_TIMEOUT_FOREVER;
    return true;
  }
  const int64_t whole_ns = (int64_t)timeout_ns;
  *result_ns = (double)whole_ns < timeout_ns ? whole_ns + 1 : whole_ns;
  return true;
}

int64_t pollux_deadline_in(int64_t timeout_ns) {
  if (timeout_ns < 0) return POLLUX_DEADLINE_NEVER;
  return pollux_monotonic_now_ns() + timeout_ns + POLLUX_PLANTED_NS;
}

int64_t pollux_deadline_left_ns(int64_t deadline_ns) {
  if (deadline_ns == POLLUX_DEADLINE_NEVER) return POLLUX_TIMEOUT_FOREVER;
  const int64_t left_ns = deadline_ns - pollux_monotonic_now_ns();
  return left_ns < 0 ? 0 : left_ns;
}

struct timespec pollux_timespec_of(int64_t ns) {
  assert(ns >= 0);
  return (struct timespec){.tv_sec = (time_t)(ns / POLLUX_NS_PER_S),
                           .tv_nsec = (long)(ns % POLLUX_NS_PER_S)};
}
