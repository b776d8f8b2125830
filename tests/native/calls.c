/* Tests of system calls that are made together (native-host/core/calls.h), by a ring or, with
   POLLUX_TEST_WITHOUT_RING in the environment, one by one: nobody may tell the difference.
   `--has-ring` answers 1 where the system has none. */
#include "../../native-host/core/calls.h"
#include "check.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Enough for a ring. */
#define MANY_COUNT 40

static struct pollux_calls calls;
static int ends[2];

static bool wants_ring(void) { return getenv("POLLUX_TEST_WITHOUT_RING") == NULL; }

static void open_all(void) {
  SUCCESS(pollux_calls_init(&calls, wants_ring()));
  CHECK_EQUAL(calls.ring_descriptor >= 0, wants_ring());
  CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
}

static void close_all(void) {
  pollux_calls_free(&calls);
  CHECK_EQUAL(close(ends[0]), 0);
  CHECK_EQUAL(close(ends[1]), 0);
}

/* Sends one byte with each of so many calls, and receives each with another: in order, no loss. */
static void echo(uint32_t count) {
  uint8_t sent[POLLUX_CALLS_COUNT_MAX];
  uint8_t received[POLLUX_CALLS_COUNT_MAX] = {0};
  for (uint32_t at = 0; at < count; at += 1) {
    sent[at] = (uint8_t)(at + 1);
    pollux_calls_send(&calls, ends[0], &sent[at], 1);
  }
  CHECK_EQUAL(pollux_calls_make(&calls), count);
  for (uint32_t at = 0; at < count; at += 1) {
    CHECK_EQUAL(calls.results[at], 1);
    pollux_calls_recv(&calls, ends[1], &received[at], 1);
  }
  CHECK_EQUAL(pollux_calls_make(&calls), count);
  for (uint32_t at = 0; at < count; at += 1) CHECK_EQUAL(calls.results[at], 1);
  CHECK_EQUAL(memcmp(sent, received, count), 0);
}

static void few_and_many_are_made_in_their_order(void) {
  open_all();
  CHECK_EQUAL(pollux_calls_make(&calls), 0);
  for (uint32_t count = 1; count <= MANY_COUNT; count += 1) echo(count);
  echo(POLLUX_CALLS_COUNT_MAX);
  close_all();
}

static void the_queue_goes_round(void) {
  open_all();
  for (int round = 0; round < 100; round += 1) echo(MANY_COUNT);
  close_all();
}

static void each_has_its_own_answer(void) {
  open_all();
  char bytes[MANY_COUNT][8];
  CHECK_EQUAL(send(ends[0], "hello", 5, 0), 5);
  for (int at = 0; at < MANY_COUNT; at += 1) {
    pollux_calls_recv(&calls, at == 7 ? -1 : ends[1], bytes[at], 8);
  }
  pollux_calls_make(&calls);
  for (int at = 0; at < MANY_COUNT; at += 1) {
    const int32_t answer = at == 0 ? 5 : -EAGAIN;
    CHECK_EQUAL(calls.results[at], at == 7 ? -EBADF : answer);
  }
  CHECK_EQUAL(memcmp(bytes[0], "hello", 5), 0);
  close_all();
}

static void a_blocking_socket_is_not_waited_for(void) {
  open_all();
  int blocking[2];
  CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, blocking), 0);
  char byte;
  for (int at = 0; at < MANY_COUNT; at += 1) pollux_calls_recv(&calls, blocking[0], &byte, 1);
  pollux_calls_make(&calls);
  for (int at = 0; at < MANY_COUNT; at += 1) CHECK_EQUAL(calls.results[at], -EAGAIN);
  static uint8_t much[65536];
  int32_t last = 0;
  while (last != -EAGAIN) {
    for (int at = 0; at < MANY_COUNT; at += 1) {
      pollux_calls_send(&calls, blocking[0], much, sizeof much);
    }
    pollux_calls_make(&calls);
    last = calls.results[MANY_COUNT - 1];
  }
  close(blocking[0]);
  close(blocking[1]);
  close_all();
}

static void a_send_to_who_has_gone_raises_no_signal(void) {
  open_all();
  CHECK_EQUAL(shutdown(ends[1], SHUT_RD), 0);
  for (int at = 0; at < MANY_COUNT; at += 1) pollux_calls_send(&calls, ends[0], "x", 1);
  pollux_calls_make(&calls);
  for (int at = 0; at < MANY_COUNT; at += 1) CHECK_EQUAL(calls.results[at], -EPIPE);
  close_all();
}

/* A call that no system knows ends what the ring takes. */
static void what_the_ring_does_not_take_is_made_one_by_one(void) {
  open_all();
  if (wants_ring()) {
    for (int at = 0; at < MANY_COUNT; at += 1) pollux_calls_send(&calls, ends[0], "x", 1);
    calls.queue[calls.first + 3].opcode = UINT8_MAX;
    CHECK_EQUAL(pollux_calls_make(&calls), MANY_COUNT);
    for (int at = 0; at < MANY_COUNT; at += 1) {
      CHECK_EQUAL(calls.results[at], at == 3 ? -EINVAL : 1);
    }
    char bytes[MANY_COUNT];
    CHECK_EQUAL(recv(ends[1], bytes, sizeof bytes, 0), MANY_COUNT - 1);
  }
  echo(MANY_COUNT);
  close_all();
}

static void a_ring_that_fails_is_done_without(void) {
  open_all();
  const int ring = calls.ring_descriptor;
  if (wants_ring()) calls.ring_descriptor = ends[0]; /* which is none */
  echo(MANY_COUNT);
  calls.ring_descriptor = ring;
  echo(MANY_COUNT);
  close_all();
}

static void no_descriptor_for_a_ring_is_no_failure(void) {
  struct rlimit limit;
  CHECK_EQUAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
  CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const struct rlimit none = {.rlim_cur = (rlim_t)ends[1] + 1, .rlim_max = limit.rlim_max};
  CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &none), 0);
  SUCCESS(pollux_calls_init(&calls, true));
  CHECK_EQUAL(calls.ring_descriptor, -1);
  CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
  echo(MANY_COUNT);
  close_all();
}

static const struct test TESTS[] = {
    {"few calls and many are made in their order", few_and_many_are_made_in_their_order},
    {"the queue goes round", the_queue_goes_round},
    {"each call has its own answer", each_has_its_own_answer},
    {"a socket that blocks is not waited for", a_blocking_socket_is_not_waited_for},
    {"a send to a peer that has gone raises no signal",
     a_send_to_who_has_gone_raises_no_signal},
    {"what the ring does not take is made one by one",
     what_the_ring_does_not_take_is_made_one_by_one},
    {"a ring that fails is done without", a_ring_that_fails_is_done_without},
    {"without a descriptor for a ring calls are made one by one",
     no_descriptor_for_a_ring_is_no_failure},
};

int main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], "--has-ring") == 0) {
    SUCCESS(pollux_calls_init(&calls, true));
    return calls.ring_descriptor >= 0 ? 0 : 1;
  }
  return run_tests(TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
