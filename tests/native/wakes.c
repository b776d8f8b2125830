/* Tests of wakes: alone, among events, and next to a timer. They run with epoll_pwait2 and with a
   timerfd. */
#include "../../native-host/core/wait.h"
#include "../../native-host/core/wake.h"
#include "check.h"

#include <string.h>

#define PAIRS_COUNT 16

static int32_t pairs[2 * PAIRS_COUNT];

static int32_t wait_in(struct pollux_kernel* kernel, int32_t set, int64_t timeout_ns) {
  memset(pairs, 0, sizeof pairs);
  return pollux_wait(kernel, set, timeout_ns, pairs, PAIRS_COUNT);
}

/* A set that is told once of data at the near end of a connection. */
static int32_t watching(struct pollux_kernel* kernel, struct connection connection) {
  const int32_t set = SUCCESS(pollux_open_set(kernel));
  SUCCESS(pollux_watch(kernel, set, connection.near_end, POLLUX_READ, POLLUX_MODE_EDGE));
  return set;
}

static void a_wake_stays_until_consumed(void) {
  struct pollux_kernel* kernel = make_kernel();
  const int32_t set = SUCCESS(pollux_open_set(kernel));
  int32_t few[POLLUX_FEW_WORDS] = {0};
  SUCCESS(pollux_wake_signal(kernel->wake_descriptor)); /* as another thread does */
  SUCCESS(pollux_wake_signal(kernel->wake_descriptor));
  CHECK_EQUAL(wait_in(kernel, set, FOREVER), -WASI_CANCELED);
  CHECK_EQUAL(wait_in(kernel, set, 0), -WASI_CANCELED);
  CHECK_EQUAL(pollux_wait_few(kernel, few, FOREVER), -WASI_CANCELED);
  pollux_kernel_consume_wake(kernel);
  CHECK_EQUAL(wait_in(kernel, set, 0), 0);
  CHECK_EQUAL(pollux_wait_few(kernel, few, 0), 0);
  pollux_kernel_consume_wake(kernel); /* none to consume: doesn't block */
  pollux_kernel_wake(kernel);
  CHECK_EQUAL(pollux_wait_few(kernel, few, FOREVER), -WASI_CANCELED);
}

static void a_wake_loses_no_edge(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  const int32_t set = watching(kernel, connection);
  send_byte(kernel, connection);
  SUCCESS(pollux_wake_signal(kernel->wake_descriptor));
  CHECK_EQUAL(wait_in(kernel, set, FOREVER), 1);
  CHECK_EQUAL(pairs[0], connection.near_end);
  CHECK_EQUAL(wait_in(kernel, set, FOREVER), -WASI_CANCELED);
  pollux_kernel_consume_wake(kernel);
  CHECK_EQUAL(wait_in(kernel, set, 0), 0);
}

static void a_wake_of_the_owner_comes_before_events(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  const int32_t set = watching(kernel, connection);
  send_byte(kernel, connection);
  pollux_kernel_wake(kernel);
  CHECK_EQUAL(wait_in(kernel, set, FOREVER), -WASI_CANCELED);
  pollux_kernel_consume_wake(kernel);
  CHECK_EQUAL(wait_in(kernel, set, FOREVER), 1); /* the edge is still there */
}

/* On the timerfd path the timer of a wait that ended by an event runs out after it, and then stands
   before the wake. Found by tests/fuzz. */
static void a_wake_is_told_by_a_wait_into_a_list_of_one(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  const int32_t set = watching(kernel, connection);
  send_byte(kernel, connection);
  CHECK_EQUAL(wait_in(kernel, set, MILLISECOND_NS), 1);
  int32_t few[POLLUX_FEW_WORDS] = {0};
  CHECK_EQUAL(pollux_wait_few(kernel, few, 2 * MILLISECOND_NS), 0);
  SUCCESS(pollux_wake_signal(kernel->wake_descriptor));
  CHECK_EQUAL(pollux_wait(kernel, set, 1, pairs, 1), -WASI_CANCELED);
}

static const struct test TESTS[] = {
    {"a wake from another thread stays until it is consumed", a_wake_stays_until_consumed},
    {"a wake that comes with an edge loses neither", a_wake_loses_no_edge},
    {"a wake by the owner comes before the events", a_wake_of_the_owner_comes_before_events},
    {"a wake is told by a wait into a list of one, though its time is over",
     a_wake_is_told_by_a_wait_into_a_list_of_one},
};

int main(int argc, char** argv) {
  return run_tests(TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
