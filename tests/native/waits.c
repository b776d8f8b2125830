/* Tests of waiting that need the core's inside: signals, closed descriptors that the system still
   reports, timers of earlier waits. They run with epoll_pwait2 and with a timerfd. */
#include "../../native-host/core/clocks.h"
#include "../../native-host/core/sockets.h"
#include "../../native-host/core/streams.h"
#include "../../native-host/core/wait.h"
#include "../../native-host/core/wake.h"
#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PAIRS_COUNT 16

static int32_t pairs[2 * PAIRS_COUNT];

static int32_t wait_in(struct pollux_kernel* kernel, int32_t set, int64_t timeout_ns) {
  memset(pairs, 0, sizeof pairs);
  return pollux_wait(kernel, set, timeout_ns, pairs, PAIRS_COUNT);
}

/* A set that watches the near end of a connection for data. */
static int32_t watching(struct pollux_kernel* kernel, struct connection connection,
                        enum pollux_mode mode) {
  const int32_t set = SUCCESS(pollux_open_set(kernel));
  SUCCESS(pollux_watch(kernel, set, connection.near_end, POLLUX_READ, (int32_t)mode));
  return set;
}

static void timeouts_are_never_early(void) {
  struct pollux_kernel* kernel = make_kernel();
  const int32_t set = SUCCESS(pollux_open_set(kernel));
  const int64_t timeouts_ns[] = {1, 1000, 300000, 999999, MILLISECOND_NS, 3 * MILLISECOND_NS + 1};
  for (size_t at = 0; at < sizeof timeouts_ns / sizeof timeouts_ns[0]; at += 1) {
    const int64_t before_ns = pollux_monotonic_now_ns();
    CHECK_EQUAL(wait_in(kernel, set, timeouts_ns[at]), 0);
    const int64_t between_ns = pollux_monotonic_now_ns();
    CHECK(between_ns - before_ns >= timeouts_ns[at]);
    int32_t few[POLLUX_FEW_WORDS] = {0};
    CHECK_EQUAL(pollux_wait_few(kernel, few, timeouts_ns[at]), 0);
    CHECK(pollux_monotonic_now_ns() - between_ns >= timeouts_ns[at]);
  }
}

/* The difference between 0.3 ms and 0 or 1 ms: 50 waits of 0.3 ms. The upper bound is generous,
   for a busy machine, and still half of what whole milliseconds would take at least. */
static void short_timeouts_are_not_rounded_to_milliseconds(void) {
  struct pollux_kernel* kernel = make_kernel();
  const int32_t set = SUCCESS(pollux_open_set(kernel));
  int64_t shortest_ns = INT64_MAX;
  for (int round = 0; round < 50; round += 1) {
    const int64_t before_ns = pollux_monotonic_now_ns();
    CHECK_EQUAL(wait_in(kernel, set, 300000), 0);
    const int64_t took_ns = pollux_monotonic_now_ns() - before_ns;
    if (took_ns < shortest_ns) shortest_ns = took_ns;
  }
  CHECK(shortest_ns >= 300000);
  CHECK(shortest_ns < 900000);
}

static volatile sig_atomic_t signals_count;

static void count_signal(int number) {
  (void)number;
  signals_count += 1;
}

static void interrupt_every_millisecond(void) {
  struct sigaction action = {.sa_handler = count_signal};
  CHECK_EQUAL(sigaction(SIGALRM, &action, NULL), 0);
  const struct itimerval timer = {.it_interval = {.tv_usec = 1000}, .it_value = {.tv_usec = 1000}};
  CHECK_EQUAL(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static void signals_do_not_end_a_wait(void) {
  struct pollux_kernel* kernel = make_kernel();
  const int32_t set = SUCCESS(pollux_open_set(kernel));
  interrupt_every_millisecond();
  int64_t before_ns = pollux_monotonic_now_ns();
  CHECK_EQUAL(wait_in(kernel, set, 20 * MILLISECOND_NS), 0);
  CHECK(pollux_monotonic_now_ns() - before_ns >= 20 * MILLISECOND_NS);
  int32_t few[POLLUX_FEW_WORDS] = {0};
  before_ns = pollux_monotonic_now_ns();
  CHECK_EQUAL(pollux_wait_few(kernel, few, 20 * MILLISECOND_NS), 0);
  CHECK(pollux_monotonic_now_ns() - before_ns >= 20 * MILLISECOND_NS);
  CHECK(signals_count > 2);
}

/* Something else in the process holds the open file description, so close() doesn't take it out of
   the epoll set, and the closed number reports for ever. */
static void events_of_closed_descriptors_are_dropped(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection stale = make_connection(kernel);
  const int32_t set = watching(kernel, stale, POLLUX_MODE_LEVEL);
  const int copy = dup(descriptor_of(kernel, stale.near_end));
  send_byte(kernel, stale);
  SUCCESS(pollux_close(kernel, stale.near_end));
  CHECK_EQUAL(wait_in(kernel, set, 0), 0);
  const int64_t before_ns = pollux_monotonic_now_ns();
  CHECK_EQUAL(wait_in(kernel, set, 2 * MILLISECOND_NS), 0);
  CHECK(pollux_monotonic_now_ns() - before_ns >= 2 * MILLISECOND_NS);
  /* The successor of its index is told from it. */
  const struct connection next = make_connection(kernel);
  SUCCESS(pollux_watch(kernel, set, next.near_end, POLLUX_READ, POLLUX_MODE_LEVEL));
  CHECK_EQUAL(wait_in(kernel, set, 0), 0);
  send_byte(kernel, next);
  CHECK_EQUAL(wait_in(kernel, set, FOREVER), 1);
  CHECK_EQUAL(pairs[0], next.near_end);
  /* A list with room for one: the stale event takes it, and even a poll asks again. */
  for (int round = 0; round < 4; round += 1) {
    CHECK_EQUAL(pollux_wait(kernel, set, 0, pairs, 1), 1);
    CHECK_EQUAL(pairs[0], next.near_end);
  }
  close(copy);
}

static void closing_a_duplicated_handle_takes_it_out(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  const int descriptor = descriptor_of(kernel, connection.near_end);
  watching(kernel, connection, POLLUX_MODE_LEVEL);
  watching(kernel, connection, POLLUX_MODE_LEVEL);
  CHECK_EQUAL(registrations_of(descriptor, NULL), 2);
  const int32_t copy = SUCCESS(pollux_dup(kernel, connection.near_end));
  SUCCESS(pollux_close(kernel, connection.near_end));
  CHECK_EQUAL(registrations_of(descriptor, NULL), 0);
  CHECK_EQUAL(pollux_file_type(kernel, copy), POLLUX_FILE_SOCKET_STREAM);
}

static void closing_an_adopted_handle_takes_it_out(void) {
  struct pollux_kernel* kernel = make_kernel();
  struct connection connection = make_connection(kernel);
  const int descriptor = SUCCESS(pollux_release(kernel, connection.near_end));
  const int elsewhere = dup(descriptor);
  connection.near_end = SUCCESS(pollux_adopt(kernel, descriptor));
  watching(kernel, connection, POLLUX_MODE_LEVEL);
  CHECK_EQUAL(registrations_of(descriptor, NULL), 1);
  SUCCESS(pollux_close(kernel, connection.near_end));
  CHECK_EQUAL(registrations_of(descriptor, NULL), 0);
  close(elsewhere);
}

static void a_released_handle_reports_no_more(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  const int32_t set = watching(kernel, connection, POLLUX_MODE_LEVEL);
  send_byte(kernel, connection);
  const int descriptor = SUCCESS(pollux_release(kernel, connection.near_end));
  CHECK_EQUAL(wait_in(kernel, set, 0), 0);
  const int32_t again = SUCCESS(pollux_adopt(kernel, descriptor));
  SUCCESS(pollux_watch(kernel, set, again, POLLUX_READ, POLLUX_MODE_LEVEL));
  CHECK_EQUAL(wait_in(kernel, set, 0), 1);
  CHECK_EQUAL(pairs[0], again);
}

static void watching_again_changes_the_interest(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  const int32_t handle = connection.near_end;
  const int32_t first = watching(kernel, connection, POLLUX_MODE_LEVEL);
  const int32_t second = SUCCESS(pollux_open_set(kernel));
  SUCCESS(pollux_watch(kernel, second, handle, POLLUX_WRITE, POLLUX_MODE_LEVEL));
  CHECK_EQUAL(wait_in(kernel, first, 0), 0);
  CHECK_EQUAL(wait_in(kernel, second, 0), 1);
  SUCCESS(pollux_watch(kernel, first, handle, POLLUX_WRITE, POLLUX_MODE_LEVEL));
  CHECK_EQUAL(wait_in(kernel, first, 0), 1);
  CHECK_EQUAL(pairs[1], POLLUX_WRITE);
  SUCCESS(pollux_unwatch(kernel, first, handle));
  SUCCESS(pollux_unwatch(kernel, first, handle));
  CHECK_EQUAL(wait_in(kernel, first, 0), 0);
  CHECK_EQUAL(wait_in(kernel, second, 0), 1);
  SUCCESS(pollux_watch(kernel, first, handle, POLLUX_WRITE, POLLUX_MODE_LEVEL));
  CHECK_EQUAL(wait_in(kernel, first, 0), 1);
}

static void an_index_used_again_is_watched_anew(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection first = make_connection(kernel);
  const int32_t set = watching(kernel, first, POLLUX_MODE_LEVEL);
  for (int reuse = 0; reuse < 100; reuse += 1) {
    const struct connection connection = make_connection(kernel);
    SUCCESS(pollux_watch(kernel, set, connection.near_end, POLLUX_READ, POLLUX_MODE_LEVEL));
    send_byte(kernel, connection);
    CHECK_EQUAL(wait_in(kernel, set, FOREVER), 1);
    CHECK_EQUAL(pairs[0], connection.near_end);
    SUCCESS(pollux_close(kernel, connection.near_end));
    SUCCESS(pollux_close(kernel, connection.far_end));
  }
}

static void one_shot_reports_once_until_watched_again(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  const int32_t set = watching(kernel, connection, POLLUX_MODE_ONE_SHOT);
  send_byte(kernel, connection);
  CHECK_EQUAL(wait_in(kernel, set, FOREVER), 1);
  CHECK_EQUAL(wait_in(kernel, set, 0), 0);
  SUCCESS(
      pollux_watch(kernel, set, connection.near_end, POLLUX_READ, POLLUX_MODE_ONE_SHOT));
  CHECK_EQUAL(wait_in(kernel, set, 0), 1);
}

static int wake_after_signal;

static void wake_from_signal(int number) {
  (void)number;
  pollux_wake_signal(wake_after_signal);
}

/* On the timerfd path the timer of a wait that ended by an event is armed still. It must not end
   the wait after it, nor make that one spin. */
static void an_old_timer_does_not_disturb_a_later_wait(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  const int32_t set = watching(kernel, connection, POLLUX_MODE_EDGE);
  send_byte(kernel, connection);
  CHECK_EQUAL(wait_in(kernel, set, MILLISECOND_NS), 1);
  wake_after_signal = kernel->wake_descriptor;
  const struct sigaction action = {.sa_handler = wake_from_signal};
  CHECK_EQUAL(sigaction(SIGALRM, &action, NULL), 0);
  const struct itimerval timer = {.it_value = {.tv_usec = 30000}};
  CHECK_EQUAL(setitimer(ITIMER_REAL, &timer, NULL), 0);
  const clock_t cpu_before = clock();
  CHECK_EQUAL(wait_in(kernel, set, FOREVER), -WASI_CANCELED);
  CHECK((clock() - cpu_before) * 1000 / CLOCKS_PER_SEC < 15);
}

static void what_does_not_fit_comes_next(void) {
  struct pollux_kernel* kernel = make_kernel();
  const int32_t set = SUCCESS(pollux_open_set(kernel));
  uint32_t seen = 0;
  for (int at = 0; at < 5; at += 1) {
    const struct connection connection = make_connection(kernel);
    SUCCESS(pollux_watch(kernel, set, connection.near_end, POLLUX_READ, POLLUX_MODE_EDGE));
    send_byte(kernel, connection);
  }
  int32_t count = 0;
  while ((count = pollux_wait(kernel, set, 0, pairs, 2)) > 0) {
    CHECK(count <= 2);
    for (int at = 0; at < count; at += 1) seen |= 1u << pollux_handle_index(pairs[2 * at]);
  }
  CHECK_EQUAL(__builtin_popcount(seen), 5);
}

static void files_cannot_be_watched(void) {
  struct pollux_kernel* kernel = make_kernel_with((struct pollux_kernel_options){
      .wake_descriptor = -1, .stdio = {open("/dev/null", O_RDWR | O_CLOEXEC), 1, 2}});
  const int32_t set = SUCCESS(pollux_open_set(kernel));
  const int32_t handle = SUCCESS(pollux_open_stdio(kernel, 0));
  CHECK_EQUAL(pollux_watch(kernel, set, handle, POLLUX_READ, POLLUX_MODE_LEVEL), -WASI_PERM);
  CHECK_EQUAL(pollux_unwatch(kernel, set, handle), 0);
}

static void wrong_arguments_are_refused(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  const int32_t handle = connection.near_end;
  const int32_t set = watching(kernel, connection, POLLUX_MODE_LEVEL);
  CHECK_EQUAL(pollux_watch(kernel, set, handle, 4, POLLUX_MODE_LEVEL), -WASI_INVAL);
  CHECK_EQUAL(pollux_watch(kernel, set, handle, POLLUX_READ, 3), -WASI_NOTSUP);
  CHECK_EQUAL(pollux_watch(kernel, 1, handle, POLLUX_READ, 0), -WASI_BADF);
  CHECK_EQUAL(pollux_watch(kernel, -1, handle, POLLUX_READ, 0), -WASI_BADF);
  CHECK_EQUAL(pollux_wait(kernel, 7, 0, pairs, 1), -WASI_BADF);
  CHECK_EQUAL(pollux_wait(kernel, set, 0, pairs, 0), -WASI_INVAL);
  int32_t few[POLLUX_FEW_WORDS] = {9};
  CHECK_EQUAL(pollux_wait_few(kernel, few, 0), -WASI_INVAL);
  few[0] = -1;
  CHECK_EQUAL(pollux_wait_few(kernel, few, 0), -WASI_INVAL);
  few[0] = 1;
  CHECK_EQUAL(pollux_wait_few(kernel, few, 0), -WASI_BADF);
}

static void sets_end(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  const int32_t set = watching(kernel, connection, POLLUX_MODE_LEVEL);
  CHECK_EQUAL(SUCCESS(pollux_open_set(kernel)), set + 1);
  CHECK_EQUAL(pollux_close_set(kernel, set), 0);
  CHECK_EQUAL(pollux_close_set(kernel, set), -WASI_BADF);
  CHECK_EQUAL(wait_in(kernel, set, 0), -WASI_BADF);
  CHECK_EQUAL(SUCCESS(pollux_open_set(kernel)), set);
  send_byte(kernel, connection);
  CHECK_EQUAL(wait_in(kernel, set, 0), 0); /* a new set, which watches nothing */
}

static const struct test TESTS[] = {
    {"a timeout is never early, from 1 ns on", timeouts_are_never_early},
    {"0.3 ms are neither 0 nor 1 ms", short_timeouts_are_not_rounded_to_milliseconds},
    {"a signal does not end a wait, nor lengthen it", signals_do_not_end_a_wait},
    {"events of a closed descriptor are dropped, and the wait goes on",
     events_of_closed_descriptors_are_dropped},
    {"closing a duplicated handle takes it out of the set",
     closing_a_duplicated_handle_takes_it_out},
    {"closing an adopted handle takes it out of the set", closing_an_adopted_handle_takes_it_out},
    {"a released handle reports no more, an adopted one anew", a_released_handle_reports_no_more},
    {"watching again changes the interest, in each set by itself",
     watching_again_changes_the_interest},
    {"an index that is used again is watched anew", an_index_used_again_is_watched_anew},
    {"one-shot reports once until it is watched again",
     one_shot_reports_once_until_watched_again},
    {"the timer of an earlier wait does not disturb a later one",
     an_old_timer_does_not_disturb_a_later_wait},
    {"what does not fit the list is reported by the next waits", what_does_not_fit_comes_next},
    {"what is always ready can't be watched: PERM", files_cannot_be_watched},
    {"wrong arguments answer INVAL or BADF", wrong_arguments_are_refused},
    {"a closed set answers BADF, and its number is used again", sets_end},
};

int main(int argc, char** argv) {
  return run_tests(TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
