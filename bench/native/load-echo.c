/* Connections that stay: those at work, and those that rest. See load.h. */
#include "clocks.h"
#include "load.h"
#include "messages.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define EVENTS_COUNT_MAX 256

struct connection {
  int descriptor;
  uint32_t id;
  uint32_t number; /* of the message under way */
  uint32_t offset;
  uint32_t sent_bytes;
  uint32_t received_bytes;
  int64_t sent_at_ns;
  bool waits_for_room;
};

static struct load_options options;
static struct connection* connections;
static int epoll_descriptor;

static void control(int operation, struct connection* connection, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = connection};
  if (epoll_ctl(epoll_descriptor, operation, connection->descriptor, &event) != 0) {
    load_die("epoll_ctl");
  }
}

void echo_open(const struct load_options* wanted) {
  options = *wanted;
  epoll_descriptor = epoll_create1(EPOLL_CLOEXEC);
  connections = calloc(options.connections_count, sizeof *connections);
  if (epoll_descriptor < 0 || connections == NULL) load_die("load");
  for (uint32_t id = 0; id < options.connections_count + options.idle_count; id += 1) {
    const int descriptor = load_connect(options.port, 0);
    load_echo_once(&options, descriptor, id, 0);
    if (id >= options.connections_count) continue; /* open until the process ends */
    connections[id] = (struct connection){.descriptor = descriptor, .id = id};
    control(EPOLL_CTL_ADD, &connections[id], EPOLLIN);
  }
}

static void send_rest(struct connection* connection) {
  const uint8_t* bytes = message_bytes(connection->offset) + connection->sent_bytes;
  const uint32_t left_bytes = options.message_bytes - connection->sent_bytes;
  const ssize_t sent =
      send(connection->descriptor, bytes, left_bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) load_die("send");
  if (sent > 0) connection->sent_bytes += (uint32_t)sent;
  const bool waits = connection->sent_bytes < options.message_bytes;
  if (waits == connection->waits_for_room) return;
  connection->waits_for_room = waits;
  control(EPOLL_CTL_MOD, connection, waits ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void begin(struct connection* connection, int64_t time_ns) {
  connection->number += 1;
  connection->offset = message_offset(connection->id, connection->number);
  connection->sent_bytes = 0;
  connection->received_bytes = 0;
  connection->sent_at_ns = time_ns;
  send_rest(connection);
}

/* True when the answer is complete. */
static bool receive(struct connection* connection) {
  static uint8_t answer[MESSAGE_BYTES_MAX + 1];
  const uint32_t left_bytes = options.message_bytes - connection->received_bytes;
  /* One byte more than is to come, so that a byte too many shows. */
  const ssize_t received =
      recv(connection->descriptor, answer, (size_t)left_bytes + 1, MSG_DONTWAIT);
  if (received < 0 && errno == EAGAIN) return false;
  if (received < 0) load_die("recv");
  if (received == 0 || received > left_bytes) {
    fprintf(stderr, "load: connection %u %s\n", connection->id,
            received == 0 ? "was closed by the server" : "got more bytes than it sent");
    exit(1);
  }
  message_check(connection->id, connection->offset + connection->received_bytes, answer,
                (size_t)received);
  connection->received_bytes += (uint32_t)received;
  return connection->received_bytes == options.message_bytes;
}

void echo_run(int64_t end_ns, struct load_tally* tally) {
  static struct epoll_event events[EVENTS_COUNT_MAX];
  for (uint32_t id = 0; id < options.connections_count; id += 1) {
    begin(&connections[id], now_ns());
  }
  uint32_t busy_count = options.connections_count;
  while (busy_count > 0) {
    const int count = epoll_wait(epoll_descriptor, events, EVENTS_COUNT_MAX, LOAD_PATIENCE_MS);
    if (count == 0) errno = ETIMEDOUT;
    if (count <= 0 && errno != EINTR) load_die("no answer");
    for (int at = 0; at < count; at += 1) {
      struct connection* connection = events[at].data.ptr;
      if (connection->waits_for_room) send_rest(connection);
      if ((events[at].events & ~(uint32_t)EPOLLOUT) == 0 || !receive(connection)) continue;
      const int64_t time_ns = now_ns();
      histogram_add(&tally->latencies, time_ns - connection->sent_at_ns);
      tally->echoes_count += 1;
      if (time_ns < end_ns) begin(connection, time_ns);
      else busy_count -= 1;
    }
  }
}
