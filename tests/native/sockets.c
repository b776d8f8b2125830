/* Tests of sockets at the level of descriptors: flags, options, signals, bounds. */
#include "../../native-host/core/sockets.h"

#include "../../native-host/core/socket-options.h"
#include "check.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HANDSHAKE_MS_MAX 10000

static int option_of(int descriptor, int level, int name) {
  int value = -1;
  socklen_t length_bytes = sizeof value;
  CHECK_EQUAL(getsockopt(descriptor, level, name, &value, &length_bytes), 0);
  return value;
}

static void check_flags(int descriptor) {
  CHECK(fcntl(descriptor, F_GETFL) & O_NONBLOCK);
  CHECK(fcntl(descriptor, F_GETFD) & FD_CLOEXEC);
}

static void sockets_are_nonblocking_and_closed_on_exec(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  const int32_t copy = SUCCESS(pollux_dup(kernel, connection.near_end));
  check_flags(descriptor_of(kernel, connection.near_end));
  check_flags(descriptor_of(kernel, connection.far_end));
  check_flags(descriptor_of(kernel, copy));
}

static void tcp_defaults_are_on(void) {
  struct pollux_kernel* kernel = make_kernel();
  const int listener = descriptor_of(kernel, make_listener(kernel));
  CHECK_EQUAL(option_of(listener, SOL_SOCKET, SO_REUSEADDR), 1);
  CHECK_EQUAL(option_of(listener, IPPROTO_TCP, TCP_NODELAY), 1);
  const struct connection connection = make_connection(kernel);
  CHECK_EQUAL(option_of(descriptor_of(kernel, connection.near_end), IPPROTO_TCP, TCP_NODELAY), 1);
  CHECK_EQUAL(option_of(descriptor_of(kernel, connection.far_end), IPPROTO_TCP, TCP_NODELAY), 1);
}

/* What the default above rests on: no system call per accepted connection is needed. */
static void accepted_sockets_inherit_no_delay(void) {
  struct pollux_kernel* kernel = make_kernel();
  for (int32_t value = 0; value <= 1; value += 1) {
    const int32_t listener = make_listener(kernel);
    SUCCESS(pollux_set_option(kernel, listener, POLLUX_OPTION_NO_DELAY, value));
    struct sockaddr_in name;
    socklen_t length_bytes = sizeof name;
    CHECK_EQUAL(getsockname(descriptor_of(kernel, listener), (struct sockaddr*)&name,
                            &length_bytes), 0);
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_EQUAL(connect(client, (const struct sockaddr*)&name, length_bytes), 0);
    const int32_t accepted = SUCCESS(pollux_accept(kernel, listener));
    CHECK_EQUAL(option_of(descriptor_of(kernel, accepted), IPPROTO_TCP, TCP_NODELAY), value);
    close(client);
  }
}

/* The client's last step is late: it gets nothing of the second one until it has let packets in. */
static void a_handshake_under_way_is_finished_after_stop_queueing(void) {
  struct pollux_kernel* kernel = make_kernel();
  const int32_t listener = make_listener(kernel);
  struct sockaddr_in name;
  socklen_t length_bytes = sizeof name;
  const int listening = descriptor_of(kernel, listener);
  CHECK_EQUAL(getsockname(listening, (struct sockaddr*)&name, &length_bytes), 0);
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  const struct sock_fprog deaf = {.len = 1, .filter = &nothing};
  CHECK_EQUAL(setsockopt(client, SOL_SOCKET, SO_ATTACH_FILTER, &deaf, sizeof deaf), 0);
  CHECK_EQUAL(connect(client, (const struct sockaddr*)&name, length_bytes), -1);
  CHECK_EQUAL(pollux_stop_queueing(kernel, listener), 0);
  const int none = 0;
  CHECK_EQUAL(setsockopt(client, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof none), 0);
  /* The listener's system repeats its step after a second. */
  struct pollfd queue = {.fd = listening, .events = POLLIN};
  CHECK_EQUAL(poll(&queue, 1, HANDSHAKE_MS_MAX), 1);
  const int accepted = descriptor_of(kernel, SUCCESS(pollux_accept(kernel, listener)));
  char text[2];
  CHECK_EQUAL(send(client, "ab", sizeof text, MSG_NOSIGNAL), sizeof text);
  CHECK_EQUAL(recv(accepted, text, sizeof text, MSG_DONTWAIT), sizeof text);
  close(client);
}

static void sending_raises_no_signal(void) {
  struct pollux_kernel* kernel = make_kernel();
  signal(SIGPIPE, SIG_DFL);
  const struct connection connection = make_connection(kernel);
  SUCCESS(pollux_shutdown(kernel, connection.near_end, POLLUX_SHUTDOWN_WRITE));
  CHECK_EQUAL(pollux_send(kernel, connection.near_end, 0, 1), -WASI_PIPE);
  const uint32_t pairs[] = {0, 1};
  CHECK_EQUAL(pollux_send_vectors(kernel, connection.near_end, pairs, 1), -WASI_PIPE);
}

static void options_are_checked(void) {
  struct pollux_kernel* kernel = make_kernel();
  const int32_t tcp = SUCCESS(pollux_open(kernel, POLLUX_FAMILY_IPV4));
  const int32_t local = SUCCESS(pollux_open(kernel, POLLUX_FAMILY_UNIX));
  CHECK_EQUAL(pollux_set_option(kernel, tcp, POLLUX_OPTION_LINGER, 0), 0);
  CHECK_EQUAL(pollux_set_option(kernel, tcp, POLLUX_OPTION_LINGER, -1), 0);
  CHECK_EQUAL(pollux_set_option(kernel, tcp, POLLUX_OPTION_LINGER, 1), -WASI_NOTSUP);
  CHECK_EQUAL(pollux_set_option(kernel, tcp, POLLUX_OPTION_LINGER, -2), -WASI_INVAL);
  CHECK_EQUAL(pollux_set_option(kernel, tcp, POLLUX_OPTION_NO_DELAY, 2), -WASI_INVAL);
  CHECK_EQUAL(pollux_set_option(kernel, local, POLLUX_OPTION_NO_DELAY, 1), -WASI_NOPROTOOPT);
  CHECK_EQUAL(pollux_set_option(kernel, tcp, POLLUX_OPTION_SEND_BUFFER, -1), -WASI_INVAL);
  CHECK_EQUAL(pollux_set_option(kernel, tcp, POLLUX_OPTION_SEND_BUFFER, 20000), 0);
  CHECK_EQUAL(option_of(descriptor_of(kernel, tcp), SOL_SOCKET, SO_SNDBUF), 40000);
  CHECK_EQUAL(pollux_get_option(kernel, tcp, POLLUX_OPTION_SEND_BUFFER), 40000);
  CHECK_EQUAL(pollux_get_option(kernel, local, POLLUX_OPTION_NO_DELAY), -WASI_NOPROTOOPT);
  CHECK_EQUAL(pollux_set_option(kernel, tcp, 99, 1), -WASI_INVAL);
  CHECK_EQUAL(pollux_get_option(kernel, tcp, 99), -WASI_INVAL);
}

/* A linger of a second would make close() wait for it, though the socket is non-blocking. */
static void linger_is_never_left_on(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  const int descriptor = descriptor_of(kernel, connection.near_end);
  struct linger linger;
  socklen_t length_bytes = sizeof linger;
  pollux_set_option(kernel, connection.near_end, POLLUX_OPTION_LINGER, 5);
  CHECK_EQUAL(getsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, &length_bytes), 0);
  CHECK_EQUAL(linger.l_onoff, 0);
}

static void vectors_move_in_order(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  memcpy(memory_of(kernel), "hello world", 11);
  const uint32_t sent[] = {6, 5, 0, 0, 0, 5};
  CHECK_EQUAL(pollux_send_vectors(kernel, connection.far_end, sent, 3), 10);
  CHECK_EQUAL(wait_for(kernel, connection.near_end, POLLUX_READ, FOREVER), POLLUX_READ);
  const uint32_t received[] = {103, 3, 100, 3, 200, 100};
  CHECK_EQUAL(
      pollux_recv_vectors(kernel, connection.near_end, received, 3, POLLUX_RECV_PEEK), 10);
  CHECK_EQUAL(pollux_recv_vectors(kernel, connection.near_end, received, 3, 0), 10);
  CHECK(memcmp(memory_of(kernel) + 100, "ldhwor", 6) == 0);
  CHECK(memcmp(memory_of(kernel) + 200, "ello", 4) == 0);
  CHECK_EQUAL(pollux_recv_vectors(kernel, connection.near_end, received, 3, 0), -WASI_AGAIN);
}

static void a_bad_piece_moves_nothing(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  const uint32_t pairs[] = {0, 10, MEMORY_BYTES - 1, 2};
  CHECK_EQUAL(pollux_send_vectors(kernel, connection.far_end, pairs, 2), -WASI_FAULT);
  CHECK_EQUAL(pollux_recv_vectors(kernel, connection.near_end, pairs, 2, 0), -WASI_FAULT);
  const uint32_t wrapping[] = {UINT32_MAX, UINT32_MAX};
  CHECK_EQUAL(pollux_send_vectors(kernel, connection.far_end, wrapping, 1), -WASI_FAULT);
  CHECK_EQUAL(pollux_recv(kernel, connection.near_end, 0, 1, 0), -WASI_AGAIN);
}

static void vectors_are_1024_at_most(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  static uint32_t pairs[2 * 1025];
  for (uint32_t index = 0; index < 1025; index += 1) pairs[2 * index + 1] = 1;
  CHECK_EQUAL(pollux_send_vectors(kernel, connection.far_end, pairs, 1024), 1024);
  CHECK_EQUAL(pollux_send_vectors(kernel, connection.far_end, pairs, 1025), -WASI_INVAL);
  CHECK_EQUAL(pollux_recv_vectors(kernel, connection.near_end, pairs, 1025, 0), -WASI_INVAL);
  CHECK_EQUAL(pollux_send_vectors(kernel, connection.far_end, pairs, 0), 0);
}

static void unknown_flags_are_refused(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  CHECK_EQUAL(pollux_recv(kernel, connection.near_end, 0, 1, 2), -WASI_INVAL);
  CHECK_EQUAL(pollux_recv_vectors(kernel, connection.near_end, NULL, 0, 0x40), -WASI_INVAL);
  CHECK_EQUAL(pollux_shutdown(kernel, connection.near_end, 0), -WASI_INVAL);
  CHECK_EQUAL(pollux_shutdown(kernel, connection.near_end, 4), -WASI_INVAL);
}

static void adopted_sockets_become_ours(void) {
  struct pollux_kernel* kernel = make_kernel();
  int ends[2];
  CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const int32_t handle = SUCCESS(pollux_adopt(kernel, ends[0]));
  check_flags(ends[0]);
  CHECK_EQUAL(pollux_file_type(kernel, handle), POLLUX_FILE_SOCKET_STREAM);
  CHECK_EQUAL(write(ends[1], "abc", 3), 3);
  CHECK_EQUAL(pollux_recv(kernel, handle, 0, 10, 0), 3);
  CHECK_EQUAL(pollux_close(kernel, handle), 0);
  CHECK_EQUAL(fcntl(ends[0], F_GETFD), -1);
}

static void adopted_listeners_get_no_delay(void) {
  struct pollux_kernel* kernel = make_kernel();
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  CHECK_EQUAL(listen(listener, 1), 0);
  SUCCESS(pollux_adopt(kernel, listener));
  CHECK_EQUAL(option_of(listener, IPPROTO_TCP, TCP_NODELAY), 1);
}

static void a_failed_adoption_leaves_the_descriptor(void) {
  struct pollux_kernel* kernel = make_kernel();
  CHECK_EQUAL(pollux_adopt(kernel, -1), -WASI_BADF);
  CHECK_EQUAL(pollux_adopt(kernel, 999), -WASI_BADF);
}

static void released_descriptors_stay_open(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  const int descriptor = descriptor_of(kernel, connection.near_end);
  CHECK_EQUAL(pollux_release(kernel, connection.near_end), descriptor);
  CHECK_EQUAL(pollux_recv(kernel, connection.near_end, 0, 1, 0), -WASI_BADF);
  pollux_kernel_destroy(kernel);
  CHECK(fcntl(descriptor, F_GETFD) >= 0);
}

static void unacknowledged_bytes_go_to_zero(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  CHECK_EQUAL(pollux_unacknowledged_bytes(kernel, connection.near_end), 0);
  /* More than the peer's window takes: the rest can't have been acknowledged. */
  while (pollux_send(kernel, connection.near_end, 0, MEMORY_BYTES) > 0) continue;
  CHECK(pollux_unacknowledged_bytes(kernel, connection.near_end) > 0);
  while (pollux_unacknowledged_bytes(kernel, connection.near_end) > 0) {
    pollux_recv(kernel, connection.far_end, 0, MEMORY_BYTES, 0);
  }
  const int32_t listener = make_listener(kernel);
  CHECK_EQUAL(pollux_unacknowledged_bytes(kernel, listener), -WASI_INVAL);
}

static void everything_is_closed_by_destroy(void) {
  struct pollux_kernel* kernel = make_kernel();
  const struct connection connection = make_connection(kernel);
  const int descriptor = descriptor_of(kernel, connection.near_end);
  const int wake = kernel->wake_descriptor;
  pollux_kernel_destroy(kernel);
  CHECK_EQUAL(fcntl(descriptor, F_GETFD), -1);
  CHECK_EQUAL(fcntl(wake, F_GETFD), -1);
  CHECK_EQUAL(pollux_open(kernel, POLLUX_FAMILY_IPV4), -WASI_BADF);
  CHECK_EQUAL(pollux_recv(kernel, connection.near_end, 0, 1, 0), -WASI_BADF);
  CHECK_EQUAL(pollux_close(kernel, connection.near_end), -WASI_BADF);
  pollux_kernel_destroy(kernel);
}

static const struct test TESTS[] = {
    {"every socket is non-blocking and close-on-exec",
     sockets_are_nonblocking_and_closed_on_exec},
    {"TCP_NODELAY and SO_REUSEADDR are on from the start", tcp_defaults_are_on},
    {"an accepted socket has its listener's TCP_NODELAY", accepted_sockets_inherit_no_delay},
    {"a handshake that is under way at stop_queueing is finished, and the connection accepted",
     a_handshake_under_way_is_finished_after_stop_queueing},
    {"a send without a peer answers PIPE and raises no signal", sending_raises_no_signal},
    {"options answer INVAL, NOTSUP and NOPROTOOPT as they should be", options_are_checked},
    {"a linger time is not set, so that close never waits", linger_is_never_left_on},
    {"vectors are sent and received in order", vectors_move_in_order},
    {"one bad piece answers FAULT before anything moves", a_bad_piece_moves_nothing},
    {"a vector call takes 1,024 pieces and not one more", vectors_are_1024_at_most},
    {"flags that do not exist answer INVAL", unknown_flags_are_refused},
    {"an adopted socket becomes non-blocking, close-on-exec and ours",
     adopted_sockets_become_ours},
    {"an adopted TCP listener gets TCP_NODELAY", adopted_listeners_get_no_delay},
    {"a descriptor that is not open is not adopted", a_failed_adoption_leaves_the_descriptor},
    {"a released descriptor outlives its handle and the kernel", released_descriptors_stay_open},
    {"the count of unacknowledged bytes falls to 0 as the peer reads",
     unacknowledged_bytes_go_to_zero},
    {"destroy closes everything, and later calls answer BADF", everything_is_closed_by_destroy},
};

int main(int argc, char** argv) {
  return run_tests(TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
