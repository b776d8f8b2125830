/* Tests of batching (native-host/core/batch.h): messages received ahead, answers sent behind. What
   JavaScript does between two calls, the tests do themselves. One mechanism, every promise of which
   begins with the same turns, and so one file. */
#include "../../native-host/core/batch.h"
#include "../../native-host/core/socket-options.h"
#include "../../native-host/core/sockets.h"
#include "../../native-host/core/streams.h"
#include "../../native-host/core/wait.h"
#include "check.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAIRS_COUNT 16
#define FAR_BYTES 4096

/* A buffer without room for so long is full. */
#define FULL_MS 100

#define SECOND_NS INT64_C(1000000000)

static int32_t pairs[2 * PAIRS_COUNT];
static struct pollux_batch shared;

struct turns {
  struct pollux_kernel* kernel;
  int32_t near;
  int32_t far_end;
  int far; /* its descriptor */
  int32_t set;
};

static void say(struct turns turns, const char* text) {
  CHECK_EQUAL(send(turns.far, text, strlen(text), 0), (int64_t)strlen(text));
}

/* The readiness that a wait reports for the near end; 0 for none. */
static int32_t reported(struct turns turns, int64_t timeout_ns) {
  const int32_t count =
      SUCCESS(pollux_wait(turns.kernel, turns.set, timeout_ns, pairs, PAIRS_COUNT));
  for (int32_t at = 0; at < count; at += 1) {
    if (pairs[2 * at] == turns.near) return pairs[2 * at + 1];
  }
  return 0;
}

static struct pollux_batch_slot* slot_of(int32_t handle) {
  return pollux_batch_slot_of(&shared, handle);
}

/* How many bytes lie ahead; 0 for none. */
static uint32_t ahead_bytes(struct turns turns) {
  const struct pollux_batch_slot* slot = slot_of(turns.near);
  return slot->unread == turns.near ? slot->length_bytes : 0;
}

/* Takes what lies ahead, as JavaScript does. */
static void take(struct turns turns) {
  CHECK(ahead_bytes(turns) > 0);
  slot_of(turns.near)->unread = 0;
  shared.unread_count -= 1;
}

static void keep(struct turns turns, const char* text) {
  keep_answer(&shared, turns.near, text);
}

static void flush(struct turns turns) { pollux_batch_flush(turns.kernel, &shared); }

/* What the peer has received, up to now or after `wait_ms`. */
static void check_heard(struct turns turns, const char* expected, int wait_ms) {
  struct pollfd polled = {.fd = turns.far, .events = POLLIN};
  CHECK(poll(&polled, 1, wait_ms) >= 0);
  char bytes[FAR_BYTES] = {0};
  const ssize_t count = recv(turns.far, bytes, sizeof bytes - 1, MSG_DONTWAIT);
  CHECK_EQUAL(count < 0 ? 0 : count, (int64_t)strlen(expected));
  CHECK_EQUAL(strcmp(bytes, expected), 0);
}

/* A connection whose messages are received ahead from the next one on. */
static struct turns make_turns(void) {
  struct pollux_kernel* kernel = make_kernel();
  kernel->batch.shared = &shared;
  const struct connection connection = make_connection(kernel);
  const struct turns turns = {
      .kernel = kernel,
      .near = connection.near_end,
      .far_end = connection.far_end,
      .far = descriptor_of(kernel, connection.far_end),
      .set = SUCCESS(pollux_open_set(kernel)),
  };
  SUCCESS(pollux_watch(kernel, turns.set, turns.near, POLLUX_READ, POLLUX_MODE_LEVEL));
  for (int turn = 0; turn < POLLUX_SMALL_READS_ENOUGH + 1; turn += 1) {
    say(turns, "hello");
    CHECK_EQUAL(reported(turns, FOREVER), POLLUX_READ);
    CHECK_EQUAL(ahead_bytes(turns), 0);
    CHECK_EQUAL(pollux_recv(kernel, turns.near, 0, 64, 0), 5);
  }
  return turns;
}

/* The same, after a wait that has received `text` ahead. */
static struct turns make_ahead(const char* text) {
  const struct turns turns = make_turns();
  say(turns, text);
  CHECK_EQUAL(reported(turns, FOREVER), POLLUX_READ);
  CHECK_EQUAL(ahead_bytes(turns), strlen(text));
  return turns;
}

static void small_messages_come_ahead(void) {
  const struct turns turns = make_ahead("world");
  CHECK_EQUAL(memcmp(shared.received + slot_of(turns.near)->at, "world", 5), 0);
  CHECK_EQUAL(shared.unread_count, 1);
  take(turns);
  CHECK_EQUAL(reported(turns, 0), 0);
  say(turns, "again");
  CHECK_EQUAL(reported(turns, FOREVER), POLLUX_READ);
  CHECK_EQUAL(ahead_bytes(turns), 5);
}

static void nothing_comes_ahead_of_a_large_message(void) {
  const struct turns turns = make_turns();
  char large[POLLUX_BATCH_MESSAGE_BYTES_MAX * 2 + 1];
  memset(large, 'x', sizeof large - 1);
  large[sizeof large - 1] = 0;
  say(turns, large);
  CHECK_EQUAL(reported(turns, FOREVER), POLLUX_READ);
  /* Its beginning did, and the receive gets the rest with it. */
  CHECK_EQUAL(ahead_bytes(turns), POLLUX_BATCH_MESSAGE_BYTES_MAX);
  CHECK_EQUAL(pollux_recv(turns.kernel, turns.near, 0, 65536, 0), sizeof large - 1);
  CHECK_EQUAL(memcmp(memory_of(turns.kernel), large, sizeof large - 1), 0);
  CHECK_EQUAL(reported(turns, 0), 0);
  say(turns, "small");
  CHECK_EQUAL(reported(turns, FOREVER), POLLUX_READ);
  CHECK_EQUAL(ahead_bytes(turns), 0);
}

static void what_is_not_taken_is_reported_again(void) {
  const struct turns turns = make_ahead("world");
  for (int turn = 0; turn < 3; turn += 1) {
    CHECK_EQUAL(reported(turns, FOREVER), POLLUX_READ);
    CHECK_EQUAL(wait_for(turns.kernel, turns.near, POLLUX_READ, FOREVER), POLLUX_READ);
    CHECK_EQUAL(wait_for(turns.kernel, turns.near, POLLUX_WRITE, FOREVER), POLLUX_WRITE);
  }
  CHECK_EQUAL(pollux_recv(turns.kernel, turns.near, 0, 2, 0), 2);
  CHECK_EQUAL(reported(turns, FOREVER), POLLUX_READ);
  CHECK_EQUAL(pollux_recv(turns.kernel, turns.near, 2, 64, 0), 3);
  CHECK_EQUAL(memcmp(memory_of(turns.kernel), "world", 5), 0);
  CHECK_EQUAL(reported(turns, 0), 0);
  CHECK_EQUAL(pollux_recv(turns.kernel, turns.near, 0, 64, 0), -WASI_AGAIN);
}

static void what_is_not_wanted_is_not_reported(void) {
  const struct turns turns = make_ahead("world");
  SUCCESS(pollux_watch(turns.kernel, turns.set, turns.near, POLLUX_WRITE, POLLUX_MODE_LEVEL));
  CHECK_EQUAL(reported(turns, FOREVER), POLLUX_WRITE);
  SUCCESS(pollux_unwatch(turns.kernel, turns.set, turns.near));
  CHECK_EQUAL(reported(turns, 0), 0);
  SUCCESS(pollux_watch(turns.kernel, turns.set, turns.near, POLLUX_READ, POLLUX_MODE_LEVEL));
  CHECK_EQUAL(reported(turns, FOREVER), POLLUX_READ);
}

static void a_new_watch_of_an_edge_is_told_once(void) {
  static const enum pollux_mode MODES[] = {POLLUX_MODE_EDGE, POLLUX_MODE_ONE_SHOT};
  const struct turns turns = make_ahead("world");
  for (int at = 0; at < 2; at += 1) {
    SUCCESS(pollux_watch(turns.kernel, turns.set, turns.near, POLLUX_READ, MODES[at]));
    CHECK_EQUAL(reported(turns, FOREVER), POLLUX_READ);
    CHECK_EQUAL(reported(turns, 0), 0);
  }
  const struct turns second = {.kernel = turns.kernel,
                               .near = turns.near,
                               .set = SUCCESS(pollux_open_set(turns.kernel))};
  SUCCESS(pollux_watch(turns.kernel, second.set, turns.near, POLLUX_READ, POLLUX_MODE_LEVEL));
  CHECK_EQUAL(reported(second, FOREVER), POLLUX_READ);
  CHECK_EQUAL(reported(second, FOREVER), POLLUX_READ);
}

static void a_full_list_hides_nothing(void) {
  const struct turns turns = make_ahead("world");
  const int32_t listener = make_listener(turns.kernel);
  SUCCESS(pollux_watch(turns.kernel, turns.set, listener, POLLUX_READ, POLLUX_MODE_LEVEL));
  struct pollux_address_text text;
  struct pollux_address address;
  SUCCESS(pollux_local_address(turns.kernel, listener, &text));
  SUCCESS(pollux_address_read((int32_t)text.family, text.host, text.host_length_bytes, text.port,
                              &address));
  const int32_t client = SUCCESS(pollux_open(turns.kernel, POLLUX_FAMILY_IPV4));
  CHECK_EQUAL(pollux_connect(turns.kernel, client, &address), -WASI_INPROGRESS);
  bool is_unread_seen = false;
  bool is_listener_seen = false;
  for (int turn = 0; turn < 4; turn += 1) {
    CHECK_EQUAL(pollux_wait(turns.kernel, turns.set, FOREVER, pairs, 1), 1);
    is_unread_seen |= pairs[0] == turns.near;
    is_listener_seen |= pairs[0] == listener;
  }
  CHECK(is_unread_seen);
  CHECK(is_listener_seen);
}

/* Readiness of one handle is one report. */
static void an_end_is_reported_with_what_is_unread(void) {
  const struct turns turns = make_ahead("world");
  CHECK_EQUAL(shutdown(turns.far, SHUT_WR), 0);
  CHECK_EQUAL(pollux_wait(turns.kernel, turns.set, FOREVER, pairs, PAIRS_COUNT), 1);
  CHECK_EQUAL(pairs[1], POLLUX_READ);
  CHECK_EQUAL(pollux_recv(turns.kernel, turns.near, 0, 64, 0), 5);
  CHECK_EQUAL(reported(turns, FOREVER), POLLUX_READ);
  CHECK_EQUAL(pollux_recv(turns.kernel, turns.near, 0, 64, 0), 0);
}

static void a_peek_sees_what_is_ahead_and_what_came_since(void) {
  const struct turns turns = make_ahead("world");
  say(turns, " again");
  CHECK_EQUAL(wait_for(turns.kernel, turns.near, POLLUX_READ, FOREVER), POLLUX_READ);
  CHECK_EQUAL(pollux_recv(turns.kernel, turns.near, 0, 64, POLLUX_RECV_PEEK), 11);
  CHECK_EQUAL(memcmp(memory_of(turns.kernel), "world again", 11), 0);
  CHECK_EQUAL(pollux_recv(turns.kernel, turns.near, 0, 3, POLLUX_RECV_PEEK), 3);
  const uint32_t pieces[] = {100, 2, 102, 7, 109, 50};
  CHECK_EQUAL(
      pollux_recv_vectors(turns.kernel, turns.near, pieces, 3, POLLUX_RECV_PEEK), 11);
  CHECK_EQUAL(memcmp(memory_of(turns.kernel) + 100, "world again", 11), 0);
  CHECK_EQUAL(pollux_recv_vectors(turns.kernel, turns.near, pieces, 3, 0), 5);
  CHECK_EQUAL(reported(turns, FOREVER), POLLUX_READ);
  CHECK_EQUAL(pollux_read(turns.kernel, turns.near, 200, 64), 6);
  CHECK_EQUAL(memcmp(memory_of(turns.kernel) + 200, " again", 6), 0);
}

static void closing_with_something_unread_resets(void) {
  const struct turns turns = make_ahead("world");
  SUCCESS(pollux_close(turns.kernel, turns.near));
  CHECK_EQUAL(shared.unread_count, 0);
  CHECK_EQUAL(slot_of(turns.near)->answers, 0);
  char byte;
  struct pollfd polled = {.fd = turns.far, .events = POLLIN};
  CHECK_EQUAL(poll(&polled, 1, -1), 1);
  CHECK_EQUAL(recv(turns.far, &byte, 1, 0), -1);
  CHECK_EQUAL(errno, ECONNRESET);
}

static void what_is_unread_stays_with_its_handle(void) {
  const struct turns turns = make_ahead("world");
  CHECK_EQUAL(pollux_dup(turns.kernel, turns.near), -WASI_BUSY);
  CHECK_EQUAL(pollux_release(turns.kernel, turns.near), -WASI_BUSY);
  CHECK_EQUAL(pollux_recv(turns.kernel, turns.near, 0, 64, 0), 5);
  SUCCESS(pollux_dup(turns.kernel, turns.near));
  /* Of what is shared nothing is received ahead. */
  say(turns, "again");
  CHECK_EQUAL(reported(turns, FOREVER), POLLUX_READ);
  CHECK_EQUAL(ahead_bytes(turns), 0);
}

static void nothing_comes_ahead_for_two_sets(void) {
  const struct turns turns = make_turns();
  const int32_t second = SUCCESS(pollux_open_set(turns.kernel));
  say(turns, "world");
  CHECK_EQUAL(reported(turns, FOREVER), POLLUX_READ);
  CHECK_EQUAL(ahead_bytes(turns), 0);
  CHECK_EQUAL(pollux_recv(turns.kernel, turns.near, 0, 64, 0), 5);
  SUCCESS(pollux_close_set(turns.kernel, second));
  say(turns, "again");
  CHECK_EQUAL(reported(turns, FOREVER), POLLUX_READ);
  CHECK_EQUAL(ahead_bytes(turns), 5);
}

static void answers_go_out_in_order_and_once(void) {
  const struct turns turns = make_ahead("world");
  take(turns);
  keep(turns, "first");
  check_heard(turns, "", 0);
  flush(turns);
  flush(turns);
  SUCCESS(pollux_send(turns.kernel, turns.near, 0, 0));
  check_heard(turns, "first", -1);
}

static void a_kernel_that_ends_has_sent_the_answers(void) {
  const struct turns turns = make_ahead("world");
  const int far = dup(turns.far);
  take(turns);
  keep(turns, "the last words");
  pollux_kernel_destroy(turns.kernel);
  check_heard((struct turns){.far = far}, "the last words", -1);
}

static void room_is_promised_once(void) {
  const struct turns turns = make_ahead("world");
  CHECK_EQUAL(slot_of(turns.near)->answers, turns.near);
  SUCCESS(pollux_send(turns.kernel, turns.near, 0, 1));
  CHECK_EQUAL(slot_of(turns.near)->answers, 0);
  take(turns);
  say(turns, "again");
  CHECK_EQUAL(reported(turns, FOREVER), POLLUX_READ);
  CHECK_EQUAL(slot_of(turns.near)->answers, turns.near);
  SUCCESS(pollux_shutdown(turns.kernel, turns.near, POLLUX_SHUTDOWN_WRITE));
  CHECK_EQUAL(slot_of(turns.near)->answers, 0);
}

/* The system calls such a socket writable: a send would not wait to fail. */
static void no_room_is_promised_to_who_sends_no_more(void) {
  const struct turns turns = make_turns();
  SUCCESS(pollux_shutdown(turns.kernel, turns.near, POLLUX_SHUTDOWN_WRITE));
  say(turns, "world");
  CHECK_EQUAL(reported(turns, FOREVER), POLLUX_READ);
  CHECK_EQUAL(ahead_bytes(turns), 5);
  CHECK_EQUAL(slot_of(turns.near)->answers, 0);
}

static void a_smaller_buffer_has_no_room_promised(void) {
  const struct turns turns = make_ahead("world");
  SUCCESS(pollux_set_option(turns.kernel, turns.near, POLLUX_OPTION_SEND_BUFFER, 1));
  CHECK_EQUAL(slot_of(turns.near)->answers, 0);
}

static void no_room_is_promised_where_there_is_none(void) {
  const struct turns turns = make_turns();
  struct pollfd polled = {.fd = descriptor_of(turns.kernel, turns.near), .events = POLLOUT};
  /* What is on its way to the peer makes room once more, later. */
  do {
    while (pollux_send(turns.kernel, turns.near, 0, MEMORY_BYTES) > 0) continue;
  } while (poll(&polled, 1, FULL_MS) > 0);
  say(turns, "world");
  CHECK_EQUAL(reported(turns, FOREVER), POLLUX_READ);
  CHECK_EQUAL(ahead_bytes(turns), 5);
  CHECK_EQUAL(slot_of(turns.near)->answers, 0);
}

/* Sends of a system that runs out of memory for TCP between the promise and the answer: the core
   makes them by number, and this syscall() stands before libc's. */
static int refusals_left;
static int refusal; /* an errno; or 0: one byte is taken */

long syscall(long number, ...) {
  long arguments[6];
  va_list list;
  va_start(list, number);
  for (int at = 0; at < 6; at += 1) arguments[at] = va_arg(list, long);
  va_end(list);
  if (number == SYS_sendto && refusals_left > 0) {
    refusals_left -= 1;
    errno = refusal;
    if (refusal != 0) return -1;
    arguments[2] = 1; /* how many bytes */
  }
  /* By way of a pointer to it: ISO C converts no other pointer to a function's. */
  static long (*libc_syscall)(long number, ...);
  if (libc_syscall == NULL) *(void**)&libc_syscall = dlsym(RTLD_NEXT, "syscall");
  return libc_syscall(number, arguments[0], arguments[1], arguments[2], arguments[3],
                      arguments[4], arguments[5]);
}

/* From now on the first `count` sends fail with `error`; 0 is a send of one byte. */
static void refuse(int count, int error) {
  refusals_left = count;
  refusal = error;
}

static void an_answer_gets_the_room_it_was_promised(void) {
  static const int REFUSALS[] = {EAGAIN, ENOBUFS, ENOMEM, 0};
  const struct turns turns = make_turns();
  for (int at = 0; at < 4; at += 1) {
    say(turns, "world");
    CHECK_EQUAL(reported(turns, FOREVER), POLLUX_READ);
    take(turns);
    keep(turns, "the answer");
    refuse(3, REFUSALS[at]);
    flush(turns);
    CHECK_EQUAL(refusals_left, 0);
    check_heard(turns, "the answer", -1);
  }
}

static void a_connection_that_refuses_an_answer_is_over(void) {
  const struct turns turns = make_ahead("world");
  take(turns);
  keep(turns, "the answer");
  refuse(INT32_MAX, ENOBUFS);
  flush(turns);
  refuse(0, 0);
  CHECK_EQUAL(pollux_send(turns.kernel, turns.near, 0, 1), -WASI_NOBUFS);
  CHECK_EQUAL(pollux_send(turns.kernel, turns.near, 0, 1), -WASI_PIPE);
}

/* Ends the connection by a reset, and returns when that is here. */
static void reset_by_peer(struct turns turns) {
  SUCCESS(pollux_set_option(turns.kernel, turns.far_end, POLLUX_OPTION_LINGER, 0));
  SUCCESS(pollux_close(turns.kernel, turns.far_end));
  struct pollfd polled = {.fd = descriptor_of(turns.kernel, turns.near), .events = POLLIN};
  while (!(polled.revents & POLLERR)) CHECK(poll(&polled, 1, -1) >= 0);
}

static void a_reset_that_an_answer_meets_is_told(void) {
  const struct turns turns = make_ahead("world");
  take(turns);
  keep(turns, "the answer");
  reset_by_peer(turns);
  flush(turns);
  CHECK_EQUAL(reported(turns, FOREVER) & POLLUX_ERROR, POLLUX_ERROR);
  CHECK_EQUAL(pollux_recv(turns.kernel, turns.near, 0, 64, 0), -WASI_CONNRESET);
  CHECK_EQUAL(pollux_recv(turns.kernel, turns.near, 0, 64, 0), 0);
  CHECK_EQUAL(pollux_send(turns.kernel, turns.near, 0, 1), -WASI_PIPE);
}

static void a_kept_error_is_told_once_to_whoever_asks(void) {
  const struct turns turns = make_ahead("world");
  take(turns);
  keep(turns, "the answer");
  reset_by_peer(turns);
  flush(turns);
  CHECK_EQUAL(pollux_take_error(turns.kernel, turns.near), WASI_CONNRESET);
  CHECK_EQUAL(pollux_take_error(turns.kernel, turns.near), 0);
}

/* A turn that took a second; or, where it is timed, none at all, whatever else the machine does.
   Returns whether its answer would have been kept. */
static bool take_turn(struct turns turns, bool is_slow) {
  say(turns, "world");
  CHECK_EQUAL(reported(turns, FOREVER), POLLUX_READ);
  const bool is_kept = slot_of(turns.near)->answers == turns.near;
  take(turns);
  int64_t* start_ns = &turns.kernel->batch.turn_start_ns;
  if (*start_ns != 0) *start_ns += is_slow ? -SECOND_NS : SECOND_NS;
  return is_kept;
}

static void slow_turns_send_at_once_afterwards(void) {
  const struct turns turns = make_turns();
  /* One in four is timed, and two have to be slow. */
  bool is_kept = true;
  for (int turn = 0; turn < 9; turn += 1) is_kept = take_turn(turns, true);
  CHECK(!is_kept);
  int direct_turns = 0;
  while (!take_turn(turns, false)) direct_turns += 1;
  CHECK(direct_turns > 50);
}

/* So many turns until answers are kept again. */
static int turns_until_kept(struct turns turns) {
  for (int turn = 0; turn < 9; turn += 1) take_turn(turns, true);
  int direct_turns = 0;
  while (!take_turn(turns, false)) direct_turns += 1;
  return direct_turns;
}

static void slow_turns_cost_more_each_time_and_quick_ones_less(void) {
  const struct turns turns = make_turns();
  const int first = turns_until_kept(turns);
  const int second = turns_until_kept(turns);
  CHECK(second > first + first / 2);
  for (int turn = 0; turn < 1000; turn += 1) take_turn(turns, false);
  CHECK(turns_until_kept(turns) < second);
}

static void one_slow_turn_is_forgiven(void) {
  const struct turns turns = make_turns();
  for (int turn = 0; turn < 4; turn += 1) CHECK(take_turn(turns, turn == 3));
  CHECK(take_turn(turns, false));
}

static const struct test TESTS[] = {
    {"the third small message in turn is received by the wait", small_messages_come_ahead},
    {"a receive gets what is ahead of a large message and the rest of it",
     nothing_comes_ahead_of_a_large_message},
    {"what is ahead and not taken is reported by every wait", what_is_not_taken_is_reported_again},
    {"what is ahead is reported to those who want it", what_is_not_wanted_is_not_reported},
    {"what is ahead is told once to a new watch of an edge or one shot",
     a_new_watch_of_an_edge_is_told_once},
    {"what is ahead hides nothing when it fills the list", a_full_list_hides_nothing},
    {"the peer's end behind what is ahead is found behind it",
     an_end_is_reported_with_what_is_unread},
    {"a peek sees what is ahead and what came since",
     a_peek_sees_what_is_ahead_and_what_came_since},
    {"a close with something ahead resets the connection", closing_with_something_unread_resets},
    {"a handle with something ahead is neither copied nor released",
     what_is_unread_stays_with_its_handle},
    {"nothing is received ahead while there are two sets", nothing_comes_ahead_for_two_sets},
    {"an answer goes out with the next call, once", answers_go_out_in_order_and_once},
    {"a kernel that ends has sent the answers", a_kernel_that_ends_has_sent_the_answers},
    {"room for an answer is gone after a send and a shutdown", room_is_promised_once},
    {"no room for an answer is promised to a connection that sends no more",
     no_room_is_promised_to_who_sends_no_more},
    {"room for an answer is gone when the buffer is made smaller",
     a_smaller_buffer_has_no_room_promised},
    {"no room for an answer is promised with a full buffer",
     no_room_is_promised_where_there_is_none},
    {"an answer gets the room it was promised, if it takes a while",
     an_answer_gets_the_room_it_was_promised},
    {"a connection that refuses an answer is over, and the guest is told",
     a_connection_that_refuses_an_answer_is_over},
    {"a reset that an answer meets is told by the next call",
     a_reset_that_an_answer_meets_is_told},
    {"an error that was kept is told once", a_kept_error_is_told_once_to_whoever_asks},
    {"after slow turns answers are sent at once for a while",
     slow_turns_send_at_once_afterwards},
    {"slow turns cost more each time, and quick turns make up for it",
     slow_turns_cost_more_each_time_and_quick_ones_less},
    {"one slow turn changes nothing", one_slow_turn_is_forgiven},
};

int main(int argc, char** argv) {
  return run_tests(TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
