/* Tests of levels that are watched by edge (demux-epoll.c): what only the system's own calls can
   do to a socket, and what the kept level costs. See tests/contract/levels.ts for the rest. */
#include "../../native-host/core/sockets.h"
#include "../../native-host/core/wait.h"
#include "check.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define PAIRS_COUNT 16

static int32_t pairs[2 * PAIRS_COUNT];

static int32_t watching(struct pollux_kernel* kernel, int32_t handle) {
  const int32_t set = SUCCESS(pollux_open_set(kernel));
  SUCCESS(pollux_watch(kernel, set, handle, POLLUX_READ, POLLUX_MODE_LEVEL));
  return set;
}

/* The readiness that a wait with the patience of `timeout_ns` reports; 0 for none. */
static int32_t reported(struct pollux_kernel* kernel, int32_t set, int64_t timeout_ns) {
  return SUCCESS(pollux_wait(kernel, set, timeout_ns, pairs, PAIRS_COUNT)) == 0 ? 0 : pairs[1];
}

/* What epoll watches the descriptor for. */
static uint32_t events_watched(int descriptor) {
  uint32_t events = 0;
  CHECK_EQUAL(registrations_of(descriptor, &events), 1);
  return events;
}

static void an_emptied_queue_stays_an_edge(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  const int descriptor = descriptor_of(kernel, connection.near_end);
  const int32_t set = watching(kernel, connection.near_end);
  for (int round = 0; round < 10; round += 1) {
    send_byte(kernel, connection);
    CHECK_EQUAL(reported(kernel, set, FOREVER), POLLUX_READ);
    CHECK_EQUAL(pollux_recv(kernel, connection.near_end, 0, 64, 0), 1);
    CHECK_EQUAL(reported(kernel, set, 0), 0);
    CHECK(events_watched(descriptor) & EPOLLET);
  }
}

static void what_is_left_becomes_a_level(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  const int descriptor = descriptor_of(kernel, connection.near_end);
  const int32_t set = watching(kernel, connection.near_end);
  send_byte(kernel, connection);
  CHECK_EQUAL(reported(kernel, set, FOREVER), POLLUX_READ);
  CHECK_EQUAL(reported(kernel, set, 0), POLLUX_READ);
  CHECK_EQUAL(events_watched(descriptor) & ~(uint32_t)(EPOLLERR | EPOLLHUP), EPOLLIN);
  /* And stays one, at no further call. */
  CHECK_EQUAL(pollux_recv(kernel, connection.near_end, 0, 64, 0), 1);
  send_byte(kernel, connection);
  CHECK_EQUAL(reported(kernel, set, FOREVER), POLLUX_READ);
  CHECK_EQUAL(events_watched(descriptor) & ~(uint32_t)(EPOLLERR | EPOLLHUP), EPOLLIN);
}

/* A receive stops before the urgent byte, with bytes behind it. */
static void urgent_bytes_hide_nothing(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  const int far = descriptor_of(kernel, connection.far_end);
  const int32_t set = watching(kernel, connection.near_end);
  CHECK_EQUAL(send(far, "ab!", 3, MSG_OOB), 3);
  CHECK_EQUAL(send(far, "cd", 2, 0), 2);
  CHECK_EQUAL(reported(kernel, set, FOREVER), POLLUX_READ);
  CHECK_EQUAL(pollux_recv(kernel, connection.near_end, 0, 64, 0), 2);
  CHECK_EQUAL(reported(kernel, set, FOREVER), POLLUX_READ);
  CHECK_EQUAL(pollux_recv(kernel, connection.near_end, 0, 64, 0), 2);
  CHECK_EQUAL(reported(kernel, set, 0), 0);
}

static void an_urgent_byte_alone_is_not_readable(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  const int32_t set = watching(kernel, connection.near_end);
  CHECK_EQUAL(send(descriptor_of(kernel, connection.far_end), "!", 1, MSG_OOB), 1);
  CHECK_EQUAL(reported(kernel, set, 20 * MILLISECOND_NS), 0);
  send_byte(kernel, connection);
  CHECK_EQUAL(reported(kernel, set, FOREVER), POLLUX_READ);
}

/* Sends a byte with a descriptor beside it. */
static void send_descriptor(int socket, int descriptor) {
  char byte = 'x';
  struct iovec piece = {.iov_base = &byte, .iov_len = 1};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct msghdr message = {.msg_iov = &piece,
                           .msg_iovlen = 1,
                           .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof descriptor);
  memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  CHECK_EQUAL(sendmsg(socket, &message, 0), 1);
}

/* On a unix socket a receive stops at a passed descriptor, with bytes behind it. */
static void passed_descriptors_hide_nothing(void) {
  struct pollux_kernel* kernel = make_kernel();
  int ends[2];
  CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const int32_t handle = SUCCESS(pollux_adopt(kernel, ends[0]));
  const int32_t set = watching(kernel, handle);
  send_descriptor(ends[1], ends[1]);
  CHECK_EQUAL(send(ends[1], "y", 1, 0), 1);
  CHECK_EQUAL(reported(kernel, set, FOREVER), POLLUX_READ);
  CHECK_EQUAL(pollux_recv(kernel, handle, 0, 64, 0), 1);
  CHECK_EQUAL(reported(kernel, set, FOREVER), POLLUX_READ);
  CHECK_EQUAL(pollux_recv(kernel, handle, 0, 64, 0), 1);
  CHECK_EQUAL(reported(kernel, set, 0), 0);
}

static const struct test TESTS[] = {
    {"whoever empties the queue stays watched by edge", an_emptied_queue_stays_an_edge},
    {"whoever leaves something is watched by level from then on", what_is_left_becomes_a_level},
    {"an urgent byte does not hide the bytes behind it", urgent_bytes_hide_nothing},
    {"an urgent byte alone is not readable", an_urgent_byte_alone_is_not_readable},
    {"a passed descriptor does not hide the bytes behind it", passed_descriptors_hide_nothing},
};

int main(int argc, char** argv) {
  return run_tests(TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
