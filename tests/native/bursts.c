/* Tests of bursts (native-host/core/batch.h): of many messages the first ones are received ahead by
   the wait, and the next ones by a receive; and many answers go out together. What JavaScript does
   between two calls, the tests do themselves. */
#include "../../native-host/core/batch.h"
#include "../../native-host/core/sockets.h"
#include "../../native-host/core/wait.h"
#include "check.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define REST_COUNT 3
#define MANY_COUNT (POLLUX_BATCH_BURST_COUNT + REST_COUNT)

/* So many connections that some are left when one wait has received a burst. */
struct many {
  struct pollux_kernel* kernel;
  int32_t set;
  int32_t handles[MANY_COUNT];
  int fars[MANY_COUNT];
  int32_t rest[REST_COUNT]; /* those that are left, in the order of the report */
};

static int32_t many_pairs[2 * MANY_COUNT];
static struct pollux_batch shared;

static struct pollux_batch_slot* slot_of(int32_t handle) {
  return pollux_batch_slot_of(&shared, handle);
}

/* A message to each, and a wait that reports them all. */
static void say_to_all(const struct many* many) {
  for (int at = 0; at < MANY_COUNT; at += 1) CHECK_EQUAL(send(many->fars[at], "world", 5, 0), 5);
  CHECK_EQUAL(pollux_wait(many->kernel, many->set, FOREVER, many_pairs, MANY_COUNT), MANY_COUNT);
}

/* Takes all that lies ahead, as JavaScript does. */
static void take_all(void) {
  for (uint32_t at = 0; at < POLLUX_BATCH_SLOTS_COUNT; at += 1) shared.slots[at].unread = 0;
  shared.unread_count = 0;
}

/* After a wait that has reported all, and received the first ones ahead. */
static struct many make_many(void) {
  struct many many = {.kernel = make_kernel()};
  many.kernel->batch.shared = &shared;
  many.set = SUCCESS(pollux_open_set(many.kernel));
  for (int at = 0; at < MANY_COUNT; at += 1) {
    const struct connection connection = make_connection(many.kernel);
    many.handles[at] = connection.near_end;
    many.fars[at] = descriptor_of(many.kernel, connection.far_end);
    SUCCESS(pollux_watch(many.kernel, many.set, many.handles[at], POLLUX_READ,
                         POLLUX_MODE_LEVEL));
  }
  for (int turn = 0; turn < POLLUX_SMALL_READS_ENOUGH + 1; turn += 1) {
    say_to_all(&many);
    for (int at = 0; at < MANY_COUNT; at += 1) {
      CHECK_EQUAL(pollux_recv(many.kernel, many.handles[at], 0, 64, 0), 5);
    }
  }
  say_to_all(&many);
  int rest_count = 0;
  for (int at = 0; at < MANY_COUNT; at += 1) {
    const int32_t handle = many_pairs[2 * at];
    if (slot_of(handle)->unread == handle) continue;
    CHECK(rest_count < REST_COUNT);
    many.rest[rest_count++] = handle;
  }
  CHECK_EQUAL(rest_count, REST_COUNT);
  return many;
}

static void of_many_the_next_come_ahead_when_the_first_are_taken(void) {
  const struct many many = make_many();
  CHECK_EQUAL(shared.unread_count, POLLUX_BATCH_BURST_COUNT);
  for (int at = 0; at < REST_COUNT; at += 1) {
    CHECK_EQUAL(slot_of(many.rest[at])->answers, many.rest[at]);
  }
  take_all();
  CHECK_EQUAL(pollux_recv(many.kernel, many.rest[0], 0, 64, 0), 5);
  CHECK_EQUAL(shared.unread_count, REST_COUNT - 1);
  for (int at = 1; at < REST_COUNT; at += 1) {
    const struct pollux_batch_slot* slot = slot_of(many.rest[at]);
    CHECK_EQUAL(slot->unread, many.rest[at]);
    CHECK_EQUAL(slot->length_bytes, 5);
    CHECK_EQUAL(memcmp(shared.received + slot->at, "world", 5), 0);
  }
}

static void no_more_come_ahead_while_something_is_unread(void) {
  const struct many many = make_many();
  const int32_t left = many_pairs[0];
  take_all();
  slot_of(left)->unread = left;
  shared.unread_count = 1;
  CHECK_EQUAL(pollux_recv(many.kernel, many.rest[0], 0, 64, 0), 5);
  CHECK_EQUAL(shared.unread_count, 1);
  /* It is the last one, and what the guest has emptied meanwhile is not asked again. */
  CHECK_EQUAL(pollux_recv(many.kernel, left, 0, 64, 0), 5);
  CHECK_EQUAL(shared.unread_count, REST_COUNT - 1);
  CHECK_EQUAL(slot_of(many.rest[0])->unread, 0);
}

static void what_is_closed_or_copied_since_the_wait_does_not_come_ahead(void) {
  const struct many many = make_many();
  take_all();
  SUCCESS(pollux_close(many.kernel, many.rest[1]));
  SUCCESS(pollux_dup(many.kernel, many.rest[2]));
  CHECK_EQUAL(pollux_recv(many.kernel, many.rest[0], 0, 64, 0), 5);
  CHECK_EQUAL(shared.unread_count, 0);
  CHECK_EQUAL(pollux_recv(many.kernel, many.rest[2], 0, 64, 0), 5);
}

static void the_next_wait_begins_anew(void) {
  const struct many many = make_many();
  take_all();
  CHECK_EQUAL(pollux_wait(many.kernel, many.set, 0, many_pairs, MANY_COUNT), REST_COUNT);
  CHECK_EQUAL(pollux_recv(many.kernel, many.rest[0], 0, 64, 0), 5);
  CHECK_EQUAL(shared.unread_count, 0);
  CHECK_EQUAL(pollux_recv(many.kernel, many.rest[1], 0, 64, 0), 5);
  CHECK_EQUAL(pollux_recv(many.kernel, many.rest[2], 0, 64, 0), 5);
  CHECK_EQUAL(pollux_wait(many.kernel, many.set, 0, many_pairs, MANY_COUNT), 0);
}

/* A handle of nothing, which is to be removed. */
static int32_t add_nothing(struct pollux_kernel* kernel) {
  SUCCESS(pollux_handles_reserve(&kernel->handles));
  return pollux_handles_add(&kernel->handles, 0, POLLUX_FILE_UNKNOWN, POLLUX_ENTRY_PIPE);
}

static void remove_handles_of_nothing(struct pollux_kernel* kernel) {
  for (uint32_t at = 0; at < kernel->handles.used_count; at += 1) {
    struct pollux_entry* entry = &kernel->handles.entries[at];
    if (entry->handle != 0 && entry->flags == POLLUX_ENTRY_PIPE) {
      pollux_handles_remove(&kernel->handles, entry);
    }
  }
}

static void of_two_that_share_a_slot_none_is_lost(void) {
  struct pollux_kernel* kernel = make_kernel();
  kernel->batch.shared = &shared;
  const int32_t set = SUCCESS(pollux_open_set(kernel));
  const uint32_t first_index = pollux_handle_index(add_nothing(kernel));
  const struct connection first = make_connection(kernel);
  /* The next connection's handles have the same places, as many slots on. */
  while (pollux_handle_index(add_nothing(kernel)) < first_index + POLLUX_BATCH_SLOTS_COUNT) {
    continue;
  }
  const struct connection second = make_connection(kernel);
  remove_handles_of_nothing(kernel);
  CHECK(slot_of(first.near_end) == slot_of(second.near_end));
  const struct connection both[] = {first, second};
  for (int at = 0; at < 2; at += 1) {
    SUCCESS(pollux_watch(kernel, set, both[at].near_end, POLLUX_READ, POLLUX_MODE_LEVEL));
  }
  static const char* const TEXTS[] = {"this", "that"};
  for (int turn = 0; turn < POLLUX_SMALL_READS_ENOUGH + 5; turn += 1) {
    for (int at = 0; at < 2; at += 1) {
      CHECK_EQUAL(send(descriptor_of(kernel, both[at].far_end), TEXTS[at], 4, 0), 4);
    }
    CHECK_EQUAL(pollux_wait(kernel, set, FOREVER, many_pairs, MANY_COUNT), 2);
    for (int at = 0; at < 2; at += 1) {
      CHECK_EQUAL(pollux_recv(kernel, both[at].near_end, 0, 64, 0), 4);
      CHECK_EQUAL(memcmp(memory_of(kernel), TEXTS[at], 4), 0);
    }
  }
}

static void keep_for_all(const struct many* many) {
  for (int at = 0; at < MANY_COUNT; at += 1) keep_answer(&shared, many->handles[at], "the answer");
}

/* Waits for something to receive. */
static ssize_t hear(int far, char* bytes, size_t length_bytes) {
  struct pollfd polled = {.fd = far, .events = POLLIN};
  return poll(&polled, 1, -1) == 1 ? recv(far, bytes, length_bytes, 0) : -1;
}

/* What the peer receives next is the answer. */
static void check_heard(int far) {
  char bytes[16] = {0};
  CHECK_EQUAL(hear(far, bytes, sizeof bytes), (int64_t)strlen("the answer"));
  CHECK_EQUAL(strcmp(bytes, "the answer"), 0);
}

static void many_answers_go_out_together(void) {
  const struct many many = make_many();
  take_all();
  keep_for_all(&many);
  pollux_batch_flush(many.kernel, &shared);
  CHECK_EQUAL(shared.sends_count, 0);
  for (int at = 0; at < MANY_COUNT; at += 1) check_heard(many.fars[at]);
}

static void of_many_answers_those_of_closed_handles_are_left_out(void) {
  const struct many many = make_many();
  take_all();
  keep_for_all(&many);
  shared.sends[1].handle = 0;
  pollux_batch_flush(many.kernel, &shared);
  for (int at = 0; at < MANY_COUNT; at += 1) {
    if (at != 1) check_heard(many.fars[at]);
  }
}

static void a_reset_that_one_of_many_answers_meets_is_told(void) {
  const struct many many = make_many();
  take_all();
  keep_for_all(&many);
  const struct linger at_once = {.l_onoff = 1};
  CHECK_EQUAL(setsockopt(many.fars[1], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  CHECK_EQUAL(close(many.fars[1]), 0);
  struct pollfd polled = {.fd = descriptor_of(many.kernel, many.handles[1])};
  while (!(polled.revents & POLLERR)) CHECK(poll(&polled, 1, -1) >= 0);
  pollux_batch_flush(many.kernel, &shared);
  CHECK_EQUAL(pollux_recv(many.kernel, many.handles[1], 0, 64, 0), -WASI_CONNRESET);
  for (int at = 0; at < MANY_COUNT; at += 1) {
    if (at != 1) check_heard(many.fars[at]);
  }
}

/* Somebody else has taken the room: a process reads it free while the answers are being sent. */
static void one_of_many_answers_gets_the_room_it_was_promised(void) {
  const struct many many = make_many();
  take_all();
  keep_for_all(&many);
  static const char FILLING[65536];
  const int near = descriptor_of(many.kernel, many.handles[1]);
  while (send(near, FILLING, sizeof FILLING, MSG_DONTWAIT) > 0) continue;
  CHECK_EQUAL(errno, EAGAIN);
  const pid_t reader = fork();
  if (reader == 0) {
    char bytes[4096];
    ssize_t count;
    do count = hear(many.fars[1], bytes, sizeof bytes);
    while (count > 0 && bytes[count - 1] != 'r'); /* the answer's last; it may come in parts */
    _exit(count > 0 ? 0 : 1);
  }
  pollux_batch_flush(many.kernel, &shared);
  int status;
  CHECK_EQUAL(waitpid(reader, &status, 0), reader);
  CHECK_EQUAL(status, 0);
  for (int at = 0; at < MANY_COUNT; at += 1) {
    if (at != 1) check_heard(many.fars[at]);
  }
}

static const struct test TESTS[] = {
    {"of many messages the next ones come ahead when the first are taken",
     of_many_the_next_come_ahead_when_the_first_are_taken},
    {"no more come ahead while something is not taken",
     no_more_come_ahead_while_something_is_unread},
    {"what was closed or copied since the wait does not come ahead",
     what_is_closed_or_copied_since_the_wait_does_not_come_ahead},
    {"what is left of a wait's messages is reported by the next wait", the_next_wait_begins_anew},
    {"of two messages that share a slot none is lost", of_two_that_share_a_slot_none_is_lost},
    {"many answers go out together", many_answers_go_out_together},
    {"of many answers those of closed handles are left out",
     of_many_answers_those_of_closed_handles_are_left_out},
    {"a reset that one of many answers meets is told to it alone",
     a_reset_that_one_of_many_answers_meets_is_told},
    {"one of many answers gets the room it was promised, if it takes a while",
     one_of_many_answers_gets_the_room_it_was_promised},
};

int main(int argc, char** argv) {
  return run_tests(TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
