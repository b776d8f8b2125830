/* Connections that come and go: connect, one echo, close. See load.h. */
#include "clocks.h"
#include "load.h"
#include "messages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_COUNT_MAX 256

/* Each address of the loopback network has 28,000 ports, which rest for a while after use. */
#define SOURCES_COUNT 200

struct visit {
  int descriptor;
  uint32_t number;
  uint32_t received_bytes;
  int64_t begun_at_ns;
};

static int epoll_descriptor = -1;
static uint32_t visits_count;

static void begin(const struct load_options* options, struct visit* visit) {
  visit->begun_at_ns = now_ns();
  visit->number = visits_count++;
  visit->received_bytes = 0;
  visit->descriptor = load_connect(options->port, visit->number % SOURCES_COUNT);
  const uint8_t* bytes = message_bytes(message_offset(visit->number, 0));
  const ssize_t sent = send(visit->descriptor, bytes, options->message_bytes, MSG_NOSIGNAL);
  if (sent != (ssize_t)options->message_bytes) load_die("send");
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = visit};
  if (epoll_ctl(epoll_descriptor, EPOLL_CTL_ADD, visit->descriptor, &event) != 0) {
    load_die("epoll_ctl");
  }
}

/* True when the answer is complete, and the connection closed. */
static int finish(const struct load_options* options, struct visit* visit) {
  static uint8_t answer[MESSAGE_BYTES_MAX + 1];
  const size_t left_bytes = options->message_bytes - visit->received_bytes;
  const ssize_t received = recv(visit->descriptor, answer, left_bytes + 1, MSG_DONTWAIT);
  if (received < 0 && errno == EAGAIN) return 0;
  if (received < 0) load_die("recv");
  if (received == 0 || (size_t)received > left_bytes) {
    fprintf(stderr, "load: visit %u ended early, or got more bytes than it sent\n",
            visit->number);
    exit(1);
  }
  const uint32_t offset = message_offset(visit->number, 0) + visit->received_bytes;
  message_check(visit->number, offset, answer, (size_t)received);
  visit->received_bytes += (uint32_t)received;
  if (visit->received_bytes < options->message_bytes) return 0;
  close(visit->descriptor);
  return 1;
}

void churn_run(const struct load_options* options, int64_t end_ns, struct load_tally* tally) {
  static struct epoll_event events[EVENTS_COUNT_MAX];
  struct visit* visits = calloc(options->connections_count, sizeof *visits);
  if (epoll_descriptor < 0) epoll_descriptor = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_descriptor < 0 || visits == NULL) load_die("churn");
  uint32_t open_count = options->connections_count;
  for (uint32_t at = 0; at < open_count; at += 1) begin(options, &visits[at]);
  while (open_count > 0) {
    const int count = epoll_wait(epoll_descriptor, events, EVENTS_COUNT_MAX, LOAD_PATIENCE_MS);
    if (count == 0) errno = ETIMEDOUT;
    if (count <= 0 && errno != EINTR) load_die("no answer");
    for (int at = 0; at < count; at += 1) {
      struct visit* visit = events[at].data.ptr;
      if (!finish(options, visit)) continue;
      const int64_t time_ns = now_ns();
      histogram_add(&tally->latencies, time_ns - visit->begun_at_ns);
      tally->echoes_count += 1;
      if (time_ns < end_ns) begin(options, visit);
      else open_count -= 1;
    }
  }
  free(visits);
}
