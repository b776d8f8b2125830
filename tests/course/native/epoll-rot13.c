/*
 * Echoes every byte as soon as it arrives, letters turned by 13 places. One thread, epoll(7),
 * edge-triggered: an event says that something has changed, and what a descriptor is ready for is
 * remembered until a call answers EAGAIN. Those that have more to do stand in a queue and have one
 * receive each in their turn, so that a busy peer does not starve the others.
 */
#include "server.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <unistd.h>

#define EVENTS_COUNT_MAX 1024

struct connection {
  TAILQ_ENTRY(connection) queued;
  struct ring ring;
  int descriptor;
  bool is_queued;
  bool is_readable;
  bool is_writable;
  bool has_peer_finished;
};

TAILQ_HEAD(connection_queue, connection);

static struct connection_queue queue = TAILQ_HEAD_INITIALIZER(queue);
static int epoll_descriptor;
static int connection_count;
/* The listener has the same: accepts until one answers EAGAIN. */
static bool is_acceptable;
static bool is_exhausted;

static void enqueue(struct connection* connection) {
  if (connection->is_queued) return;
  connection->is_queued = true;
  TAILQ_INSERT_TAIL(&queue, connection, queued);
}

static bool add(int descriptor, uint32_t events, struct connection* connection) {
  struct epoll_event event = {.events = events | EPOLLET, .data.ptr = connection};
  return epoll_ctl(epoll_descriptor, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

static void close_connection(struct connection* connection) {
  /* close() alone ends it only when nobody else has the file, if only to list /proc/PID/fd. */
  epoll_ctl(epoll_descriptor, EPOLL_CTL_DEL, connection->descriptor, NULL);
  close(connection->descriptor);
  ring_release(&connection->ring);
  free(connection);
  connection_count -= 1;
  is_exhausted = false;
}

static void accept_batch(int listener) {
  for (int count = 0; count < SERVER_ACCEPTS_MAX; count += 1) {
    struct connection* connection = calloc(1, sizeof *connection);
    const int descriptor = connection == NULL ? -EMFILE : server_accept(listener);
    if (descriptor < 0) {
      free(connection);
      if (descriptor == -EAGAIN) is_acceptable = false;
      else is_exhausted = true;
      return;
    }
    connection->descriptor = descriptor;
    connection_count += 1;
    if (!add(descriptor, EPOLLIN | EPOLLOUT | EPOLLRDHUP, connection)) {
      close_connection(connection);
      is_exhausted = true;
      return;
    }
  }
}

static bool send_held(struct connection* connection) {
  const ssize_t sent = ring_send(&connection->ring, connection->descriptor);
  if (sent == -EAGAIN) connection->is_writable = false;
  return sent >= 0 || sent == -EAGAIN || sent == -EINTR;
}

static bool receive_more(struct connection* connection) {
  const ssize_t received = ring_receive(&connection->ring, connection->descriptor);
  if (received == -EAGAIN) connection->is_readable = false;
  if (received == 0) connection->has_peer_finished = true;
  if (received <= 0) return received == 0 || received == -EAGAIN || received == -EINTR;
  ring_rot13_newest(&connection->ring, (size_t)received);
  return true;
}

static bool can_send(const struct connection* connection) {
  return connection->is_writable && connection->ring.held_bytes > 0;
}

/* A full ring is not received into: a peer that does not read is not read from. */
static bool can_receive(const struct connection* connection) {
  return connection->is_readable && !connection->has_peer_finished &&
         !ring_is_full(&connection->ring);
}

/* False when the connection has come to its end. */
static bool serve(struct connection* connection) {
  /* Sent first: it makes room for what is received. */
  if (can_send(connection) && !send_held(connection)) return false;
  if (can_receive(connection) && !receive_more(connection)) return false;
  if (can_send(connection) && !send_held(connection)) return false;
  return !connection->has_peer_finished || connection->ring.held_bytes > 0;
}

static void note(const struct epoll_event* event) {
  struct connection* connection = event->data.ptr;
  if (connection == NULL) {
    is_acceptable = true;
    return;
  }
  /* An error is told by whichever call is made next. */
  const uint32_t ends = EPOLLERR | EPOLLHUP;
  if ((event->events & (EPOLLIN | EPOLLRDHUP | ends)) != 0) connection->is_readable = true;
  if ((event->events & (EPOLLOUT | ends)) != 0) connection->is_writable = true;
  enqueue(connection);
}

/* Serves once each who stands in the queue now. Whoever has more to do stands at its end again. */
static void serve_queue(void) {
  struct connection_queue turn = TAILQ_HEAD_INITIALIZER(turn);
  TAILQ_CONCAT(&turn, &queue, queued);
  struct connection* connection;
  while ((connection = TAILQ_FIRST(&turn)) != NULL) {
    TAILQ_REMOVE(&turn, connection, queued);
    connection->is_queued = false;
    if (!serve(connection)) close_connection(connection);
    else if (can_send(connection) || can_receive(connection)) enqueue(connection);
  }
}

static int timeout_ms(void) {
  if (!TAILQ_EMPTY(&queue) || (is_acceptable && !is_exhausted)) return 0;
  return is_exhausted && connection_count == 0 ? SERVER_RETRY_MS : -1;
}

int main(int count, char** arguments) {
  static struct epoll_event events[EVENTS_COUNT_MAX];
  const int listener = server_listen(count, arguments);
  epoll_descriptor = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_descriptor < 0) server_die("epoll_create1");
  if (!add(listener, EPOLLIN, NULL)) server_die("epoll_ctl");
  for (;;) {
    const int ready_count = epoll_wait(epoll_descriptor, events, EVENTS_COUNT_MAX, timeout_ms());
    if (ready_count < 0 && errno != EINTR) server_die("epoll_wait");
    /* All are noted before any is served: an event never reaches a connection that was closed. */
    for (int at = 0; at < ready_count; at += 1) note(&events[at]);
    if (is_exhausted && connection_count == 0) is_exhausted = false;
    serve_queue();
    if (is_acceptable && !is_exhausted) accept_batch(listener);
  }
}
