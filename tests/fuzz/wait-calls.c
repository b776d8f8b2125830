/* Steps that watch, wait and wake. What a wait reports is held against the model. See calls.h. */
#include "calls.h"

#include "../../native-host/core/clocks.h"
#include "../../native-host/core/wait.h"
#include "../../native-host/core/wake.h"

#include <math.h>
#include <stdlib.h>

#define READINESS_ALL \
  (POLLUX_READ | POLLUX_WRITE | POLLUX_ERROR | POLLUX_HANGUP | POLLUX_READ_HANGUP)

/* Mostly the number of an open set. */
static int32_t pick_set(struct fuzz_input* input) {
  const uint8_t choice = fuzz_byte(input);
  if (choice >= 0xf0) return (int32_t)fuzz_uint32(input);
  return choice % (FUZZ_SETS_COUNT_MAX + 1);
}

static bool is_open_set(const struct fuzz_kernel* kernel, int32_t set) {
  return set >= 0 && set < FUZZ_SETS_COUNT_MAX && kernel->set_is_open[set];
}

void fuzz_open_set(struct fuzz_world* world, struct fuzz_kernel* kernel,
                   struct fuzz_input* input) {
  (void)world;
  (void)input;
  const int32_t set = FUZZ_ANSWER(pollux_open_set(&kernel->core));
  if (set < 0) return;
  FUZZ_CHECK(kernel->is_alive && !is_open_set(kernel, set));
  if (set < FUZZ_SETS_COUNT_MAX) {
    kernel->set_is_open[set] = true;
  } else {
    FUZZ_CHECK(pollux_close_set(&kernel->core, set) == 0);
  }
}

void fuzz_close_set(struct fuzz_world* world, struct fuzz_kernel* kernel,
                    struct fuzz_input* input) {
  (void)world;
  const int32_t set = pick_set(input);
  const int32_t closed = FUZZ_ANSWER(pollux_close_set(&kernel->core, set));
  FUZZ_CHECK(closed == (is_open_set(kernel, set) ? 0 : -WASI_BADF));
  if (closed != 0) return;
  kernel->set_is_open[set] = false;
  for (uint32_t index = 0; index < kernel->handles_count; index += 1) {
    kernel->handles[index].watches[set] = (struct fuzz_watch){0};
  }
}

void fuzz_watch(struct fuzz_world* world, struct fuzz_kernel* kernel, struct fuzz_input* input) {
  const int32_t set = pick_set(input);
  const int32_t handle = fuzz_handle(world, kernel, input);
  const uint8_t choice = fuzz_byte(input);
  const uint32_t interest = choice < 0xf0 ? choice & POLLUX_INTEREST_ALL : choice;
  const int32_t mode = (int32_t)fuzz_pick(input, 16) % 5 - 1;
  const int32_t watched =
      FUZZ_ANSWER(pollux_watch(&kernel->core, set, handle, interest, mode));
  FUZZ_CHECK(watched <= 0);
  struct fuzz_handle* entry = fuzz_find(kernel, handle);
  if (entry == NULL || !is_open_set(kernel, set)) FUZZ_CHECK(watched == -WASI_BADF);
  if (watched == 0) {
    FUZZ_CHECK(mode >= 0 && mode <= POLLUX_MODE_ONE_SHOT);
    entry->watches[set] =
        (struct fuzz_watch){.is_watched = true, .interest = interest, .mode = mode};
  }
}

void fuzz_unwatch(struct fuzz_world* world, struct fuzz_kernel* kernel,
                  struct fuzz_input* input) {
  const int32_t set = pick_set(input);
  const int32_t handle = fuzz_handle(world, kernel, input);
  const int32_t unwatched = FUZZ_ANSWER(pollux_unwatch(&kernel->core, set, handle));
  struct fuzz_handle* entry = fuzz_find(kernel, handle);
  const bool is_known = entry != NULL && is_open_set(kernel, set);
  FUZZ_CHECK(unwatched == (is_known ? 0 : -WASI_BADF));
  if (is_known) entry->watches[set] = (struct fuzz_watch){0};
}

/* One event: of an open handle that is watched, and only what was asked for. */
static void check_event(struct fuzz_kernel* kernel, int32_t set, int32_t handle,
                        uint32_t readiness) {
  struct fuzz_handle* entry = fuzz_find(kernel, handle);
  FUZZ_CHECK(entry != NULL);
  struct fuzz_watch* watch = &entry->watches[set];
  FUZZ_CHECK(watch->is_watched);
  FUZZ_CHECK(!watch->has_fired);
  FUZZ_CHECK(readiness != 0);
  const uint32_t unasked = READINESS_ALL & ~(uint32_t)POLLUX_INTEREST_ALL;
  FUZZ_CHECK((readiness & ~(watch->interest | unasked)) == 0);
  if (watch->mode == POLLUX_MODE_ONE_SHOT) watch->has_fired = true;
}

/* Not longer than a moment, unless a wake is sure to end it. */
static int64_t pick_timeout_ns(const struct fuzz_kernel* kernel, struct fuzz_input* input) {
  static const int64_t TIMEOUTS_NS[] = {0, 0, 0, 1, 1000, 50000};
  if (kernel->is_awake && fuzz_pick(input, 2) != 0) return POLLUX_TIMEOUT_FOREVER;
  return TIMEOUTS_NS[fuzz_pick(input, 6)];
}

void fuzz_wait(struct fuzz_world* world, struct fuzz_kernel* kernel, struct fuzz_input* input) {
  (void)world;
  const int32_t set = pick_set(input);
  static const uint32_t CAPACITIES[] = {64, 64, 64, 1, 2, 3, 2000, 0};
  const uint32_t capacity = CAPACITIES[fuzz_pick(input, 8)];
  /* In a block that ends where the pairs end. */
  int32_t* pairs = malloc(capacity == 0 ? 1 : capacity * 2 * sizeof *pairs);
  FUZZ_CHECK(pairs != NULL);
  const int64_t timeout_ns = pick_timeout_ns(kernel, input);
  const int32_t count =
      FUZZ_ANSWER(pollux_wait(&kernel->core, set, timeout_ns, pairs, capacity));
  if (!is_open_set(kernel, set)) {
    FUZZ_CHECK(count == -WASI_BADF);
  } else if (capacity == 0) {
    FUZZ_CHECK(count == -WASI_INVAL);
  } else if (kernel->is_awake) {
    FUZZ_CHECK(count == -WASI_CANCELED);
  } else {
    FUZZ_CHECK_OF(count, count >= (kernel->is_signaled ? 1 : 0) ||
               (kernel->is_signaled && count == -WASI_CANCELED));
  }
  FUZZ_CHECK(count <= (int32_t)capacity);
  for (int32_t at = 0; at < count; at += 1) {
    for (int32_t other = 0; other < at; other += 1) {
      FUZZ_CHECK(pairs[2 * at] != pairs[2 * other]);
    }
    check_event(kernel, set, pairs[2 * at], (uint32_t)pairs[2 * at + 1]);
  }
  free(pairs);
}

void fuzz_wait_few(struct fuzz_world* world, struct fuzz_kernel* kernel,
                   struct fuzz_input* input) {
  int32_t* words = calloc(POLLUX_FEW_WORDS, sizeof *words);
  FUZZ_CHECK(words != NULL);
  const uint8_t choice = fuzz_byte(input);
  const int32_t few_count =
      choice >= 0xf0 ? (int32_t)fuzz_uint32(input) : choice % (POLLUX_FEW_COUNT_MAX + 2);
  words[0] = few_count;
  bool are_right = few_count >= 0 && few_count <= POLLUX_FEW_COUNT_MAX;
  for (int32_t index = 0; index < few_count && index < POLLUX_FEW_COUNT_MAX; index += 1) {
    words[1 + 3 * index] = fuzz_handle(world, kernel, input);
    words[2 + 3 * index] = fuzz_byte(input) % 40;
    words[3 + 3 * index] = -1;
    const uint32_t interest = (uint32_t)words[2 + 3 * index];
    are_right = are_right && fuzz_find(kernel, words[1 + 3 * index]) != NULL && interest != 0 &&
                (interest & ~(uint32_t)POLLUX_INTEREST_ALL) == 0;
  }
  const int64_t timeout_ns = pick_timeout_ns(kernel, input);
  const bool may_wait = are_right || timeout_ns >= 0;
  const int32_t count =
      FUZZ_ANSWER(pollux_wait_few(&kernel->core, words, may_wait ? timeout_ns : 0));
  FUZZ_CHECK(words[0] == few_count);
  if (!kernel->is_alive) {
    FUZZ_CHECK(count == -WASI_BADF);
  } else if (!are_right) {
    FUZZ_CHECK(count == -WASI_BADF || count == -WASI_INVAL);
  } else if (kernel->is_awake) {
    FUZZ_CHECK(count == -WASI_CANCELED);
  } else {
    FUZZ_CHECK(count <= few_count && (count >= 0 || count == -WASI_CANCELED));
    FUZZ_CHECK(!kernel->is_signaled || count != 0);
  }
  int32_t ready_count = 0;
  for (int32_t index = 0; count > 0 && index < few_count; index += 1) {
    const uint32_t readiness = (uint32_t)words[3 + 3 * index];
    FUZZ_CHECK((readiness & ~(uint32_t)READINESS_ALL) == 0);
    ready_count += readiness != 0;
  }
  FUZZ_CHECK(count <= 0 || count == ready_count);
  free(words);
}

void fuzz_wake(struct fuzz_world* world, struct fuzz_kernel* kernel, struct fuzz_input* input) {
  (void)world;
  (void)input;
  pollux_kernel_wake(&kernel->core);
  kernel->is_awake = kernel->is_alive;
}

void fuzz_signal(struct fuzz_world* world, struct fuzz_kernel* kernel, struct fuzz_input* input) {
  (void)world;
  (void)input;
  if (!kernel->is_alive) return;
  FUZZ_CHECK(pollux_wake_signal(kernel->core.wake_descriptor) == 0);
  kernel->is_signaled = true;
}

void fuzz_consume_wake(struct fuzz_world* world, struct fuzz_kernel* kernel,
                       struct fuzz_input* input) {
  (void)world;
  (void)input;
  pollux_kernel_consume_wake(&kernel->core);
  kernel->is_awake = false;
  kernel->is_signaled = false;
}

void fuzz_clocks(struct fuzz_world* world, struct fuzz_kernel* kernel, struct fuzz_input* input) {
  (void)world;
  const int32_t clock = (int8_t)fuzz_byte(input) / 16;
  const bool exists = clock >= 0 && clock <= POLLUX_CLOCK_THREAD_CPU;
  uint64_t ns = 0;
  const int32_t read =
      FUZZ_ANSWER(pollux_clock_time(clock, kernel->core.monotonic_start_ns, &ns));
  FUZZ_CHECK(read == (exists ? 0 : -WASI_INVAL));
  FUZZ_CHECK(ns <= INT64_MAX);
  FUZZ_CHECK(FUZZ_ANSWER(pollux_clock_resolution(clock, &ns)) == (exists ? 0 : -WASI_INVAL));
  double timeout_ns;
  fuzz_fill(input, &timeout_ns, sizeof timeout_ns);
  int64_t whole_ns = 0;
  const bool is_duration = pollux_timeout_from_double(timeout_ns, &whole_ns);
  FUZZ_CHECK(is_duration == (timeout_ns >= 0));
  if (!is_duration) return;
  FUZZ_CHECK(whole_ns == POLLUX_TIMEOUT_FOREVER || (double)whole_ns >= timeout_ns);
  const int64_t left_ns = pollux_deadline_left_ns(pollux_deadline_in(whole_ns));
  FUZZ_CHECK(left_ns >= POLLUX_TIMEOUT_FOREVER);
}
