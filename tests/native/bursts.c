/* Tests of bursts (native-host/core/batch.h): of many messages the first ones are received ahead by
   the wait, and the next ones by a receive. What JavaScript does between two calls, the tests do
   themselves. */
#include "../../native-host/core/batch.h"
#include "../../native-host/core/sockets.h"
#include "../../native-host/core/wait.h"
#include "check.h"

#include <string.h>
#include <sys/socket.h>

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

static const struct test TESTS[] = {
    {"of many messages the next ones come ahead when the first are taken",
     of_many_the_next_come_ahead_when_the_first_are_taken},
    {"no more come ahead while something is not taken",
     no_more_come_ahead_while_something_is_unread},
    {"what was closed or copied since the wait does not come ahead",
     what_is_closed_or_copied_since_the_wait_does_not_come_ahead},
    {"what is left of a wait's messages is reported by the next wait", the_next_wait_begins_anew},
};

int main(int argc, char** argv) {
  return run_tests(TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
