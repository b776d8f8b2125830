/*
 * Echoes every byte as soon as it arrives. One thread, poll(2), a set that grows with the
 * connections. A peer that does not read is not read from: its entry then asks for room only.
 */
#include "server.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CAPACITY_FIRST 64

struct connection {
  struct ring ring;
  bool has_peer_finished;
};

/* The listener is at 0. A connection has the same index in both, and they have the same capacity. */
static struct pollfd* polled;
static struct connection* connections;
static size_t polled_count = 1;
static size_t capacity;

/* False when there is no memory for one more. */
static bool reserve(void) {
  if (polled_count < capacity) return true;
  const size_t wanted = capacity == 0 ? CAPACITY_FIRST : 2 * capacity;
  struct pollfd* more_polled = realloc(polled, wanted * sizeof *polled);
  if (more_polled == NULL) return false;
  polled = more_polled;
  struct connection* more_connections = realloc(connections, wanted * sizeof *connections);
  if (more_connections == NULL) return false;
  connections = more_connections;
  capacity = wanted;
  return true;
}

/* Leaves connections in the queue, when is_on is false: poll ignores a negative descriptor. */
static void admit(int listener, bool is_on) { polled[0].fd = is_on ? listener : -1; }

static void accept_batch(int listener) {
  for (int count = 0; count < SERVER_ACCEPTS_MAX; count += 1) {
    const int descriptor = reserve() ? server_accept(listener) : -EMFILE;
    if (descriptor == -EAGAIN) return;
    if (descriptor < 0) {
      admit(listener, false);
      return;
    }
    connections[polled_count] = (struct connection){0};
    polled[polled_count] = (struct pollfd){.fd = descriptor, .events = POLLIN};
    polled_count += 1;
  }
}

/* The last connection takes the place of the one that is closed. */
static void close_at(size_t at) {
  close(polled[at].fd);
  ring_release(&connections[at].ring);
  polled_count -= 1;
  polled[at] = polled[polled_count];
  connections[at] = connections[polled_count];
}

static bool send_held(struct connection* connection, int descriptor) {
  const ssize_t sent = ring_send(&connection->ring, descriptor);
  return sent >= 0 || sent == -EAGAIN || sent == -EINTR;
}

/* Receives once, so that one busy peer does not starve the others. */
static bool receive_more(struct connection* connection, int descriptor) {
  const bool was_empty = connection->ring.held_bytes == 0;
  const ssize_t received = ring_receive(&connection->ring, descriptor);
  if (received == 0) connection->has_peer_finished = true;
  if (received <= 0) return received == 0 || received == -EAGAIN || received == -EINTR;
  /* Tried at once, without waiting for room, unless the last try has just said no. */
  return !was_empty || send_held(connection, descriptor);
}

/* False when the connection has come to its end. */
static bool serve(struct connection* connection, struct pollfd* entry) {
  /* An error is told by the call that was wanted. */
  const int ready = entry->revents | (entry->revents & (POLLERR | POLLHUP) ? entry->events : 0);
  struct ring* ring = &connection->ring;
  /* Sent first: it makes room for what is received. */
  if ((ready & POLLOUT) != 0 && !send_held(connection, entry->fd)) return false;
  if ((ready & POLLIN) != 0 && !receive_more(connection, entry->fd)) return false;
  const bool can_receive = !ring_is_full(ring) && !connection->has_peer_finished;
  entry->events = (short)((can_receive ? POLLIN : 0) | (ring->held_bytes > 0 ? POLLOUT : 0));
  return entry->events != 0;
}

int main(int count, char** arguments) {
  const int listener = server_listen(count, arguments);
  if (!reserve()) server_die("malloc");
  polled[0] = (struct pollfd){.fd = listener, .events = POLLIN};
  for (;;) {
    const bool is_stuck = polled[0].fd < 0 && polled_count == 1;
    const int ready_count = poll(polled, polled_count, is_stuck ? SERVER_RETRY_MS : -1);
    if (ready_count < 0 && errno != EINTR) server_die("poll");
    if (is_stuck) admit(listener, true);
    if (ready_count <= 0) continue;
    /* Backwards: the last one, which takes the place of one that is closed, has had its turn. */
    for (size_t at = polled_count - 1; at > 0; at -= 1) {
      if (polled[at].revents == 0 || serve(&connections[at], &polled[at])) continue;
      close_at(at);
      admit(listener, true);
    }
    if (polled[0].revents != 0) accept_batch(listener);
  }
}
