/*
 * Answers line by line, letters turned by 13 places. One thread, select(2). What has come goes out
 * when a line in it is complete; a line longer than the ring, in pieces; and what is held when the
 * peer has finished sending, then. A connection whose descriptor does not fit a set is refused.
 */
#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <sys/select.h>
#include <sys/time.h>
#include <unistd.h>

#define NS_PER_MS 1000000

struct connection {
  struct ring ring;
  bool is_answer_due; /* what is held goes out, down to the last byte */
  bool has_peer_finished;
};

static struct connection connections[FD_SETSIZE]; /* by descriptor */
static int connection_count;
static int descriptor_max;

/* What is watched. select() overwrites its own. */
static fd_set reads;
static fd_set writes;

static void set(fd_set* set, int descriptor, bool is_in) {
  if (is_in) FD_SET(descriptor, set);
  else FD_CLR(descriptor, set);
}

static void accept_batch(int listener) {
  for (int count = 0; count < SERVER_ACCEPTS_MAX; count += 1) {
    const int descriptor = server_accept(listener);
    if (descriptor == -EAGAIN) return;
    if (descriptor < 0) {
      FD_CLR(listener, &reads);
      return;
    }
    if (descriptor >= FD_SETSIZE) {
      fprintf(stderr, "native: descriptor %d is refused: select takes those below %d\n", descriptor,
              FD_SETSIZE);
      close(descriptor);
      continue;
    }
    connections[descriptor] = (struct connection){0};
    connection_count += 1;
    if (descriptor > descriptor_max) descriptor_max = descriptor;
    FD_SET(descriptor, &reads);
  }
}

static void close_connection(int descriptor, int listener) {
  close(descriptor);
  ring_release(&connections[descriptor].ring);
  FD_CLR(descriptor, &reads);
  FD_CLR(descriptor, &writes);
  connection_count -= 1;
  /* A descriptor is free again, if it was that what was missing. */
  FD_SET(listener, &reads);
}

static bool send_answer(struct connection* connection, int descriptor) {
  const ssize_t sent = ring_send(&connection->ring, descriptor);
  if (sent < 0) return sent == -EAGAIN || sent == -EINTR;
  if (connection->ring.held_bytes == 0) connection->is_answer_due = false;
  return true;
}

/* Receives once, so that one busy peer does not starve the others. */
static bool receive_more(struct connection* connection, int descriptor) {
  struct ring* ring = &connection->ring;
  const bool was_due = connection->is_answer_due;
  const ssize_t received = ring_receive(ring, descriptor);
  if (received < 0) return received == -EAGAIN || received == -EINTR;
  if (received == 0) connection->has_peer_finished = true;
  const size_t newest_bytes = (size_t)received;
  ring_rot13_newest(ring, newest_bytes);
  if (connection->has_peer_finished || ring_is_full(ring) ||
      ring_has_line_end(ring, newest_bytes)) {
    connection->is_answer_due = ring->held_bytes > 0;
  }
  /* Tried at once, without waiting for room, unless the last try has just said no. */
  return was_due || !connection->is_answer_due || send_answer(connection, descriptor);
}

/* False when the connection has come to its end. */
static bool serve(int descriptor, bool is_readable, bool is_writable) {
  struct connection* connection = &connections[descriptor];
  /* Sent first: it makes room for what is received. */
  if (is_writable && !send_answer(connection, descriptor)) return false;
  if (is_readable && !receive_more(connection, descriptor)) return false;
  const bool can_receive = !ring_is_full(&connection->ring) && !connection->has_peer_finished;
  set(&reads, descriptor, can_receive);
  set(&writes, descriptor, connection->is_answer_due);
  return can_receive || connection->is_answer_due;
}

int main(int count, char** arguments) {
  const int listener = server_listen(count, arguments);
  descriptor_max = listener;
  FD_SET(listener, &reads);
  for (;;) {
    fd_set readable = reads;
    fd_set writable = writes;
    const bool is_stuck = !FD_ISSET(listener, &reads) && connection_count == 0;
    const struct timespec retry = {.tv_nsec = SERVER_RETRY_MS * NS_PER_MS};
    /* pselect: it leaves the timeout alone. */
    const int ready_count = pselect(descriptor_max + 1, &readable, &writable, NULL,
                                    is_stuck ? &retry : NULL, NULL);
    if (ready_count < 0 && errno != EINTR) server_die("select");
    if (is_stuck) FD_SET(listener, &reads);
    if (ready_count <= 0) continue;
    for (int descriptor = listener + 1; descriptor <= descriptor_max; descriptor += 1) {
      const bool is_readable = FD_ISSET(descriptor, &readable);
      const bool is_writable = FD_ISSET(descriptor, &writable);
      if (!is_readable && !is_writable) continue;
      if (!serve(descriptor, is_readable, is_writable)) close_connection(descriptor, listener);
    }
    while (descriptor_max > listener && !FD_ISSET(descriptor_max, &reads) &&
           !FD_ISSET(descriptor_max, &writes)) {
      descriptor_max -= 1;
    }
    if (FD_ISSET(listener, &readable)) accept_batch(listener);
  }
}
