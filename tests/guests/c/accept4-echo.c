/*
 * An echo server that holds as many clients as it can get descriptors for. It takes its clients in
 * each way there is: accept4 with SOCK_NONBLOCK, and accept4 without it followed by fcntl.
 *
 * When descriptors run out it does nothing clever, as many programs do: poll goes on to report the
 * listener, and accept4 goes on to answer EMFILE, until a client leaves.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTENER = 3, BLOCK_BYTES = 4096, ROOM_COUNT_FIRST = 64 };

struct client {
  size_t start; /* bytes[start..end) are still to be sent */
  size_t end;
  char bytes[BLOCK_BYTES];
};

/* One entry each; the first is the listener's, and has no client. */
static struct pollfd* polled;
static struct client** clients;
static size_t polled_count;
static size_t room_count;

static void fail(const char* what) {
  perror(what);
  exit(1);
}

static void set_nonblocking(int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) fail("fcntl");
}

static void add(int fd, struct client* client) {
  if (polled_count == room_count) {
    room_count = room_count == 0 ? ROOM_COUNT_FIRST : 2 * room_count;
    polled = realloc(polled, room_count * sizeof *polled);
    clients = realloc(clients, room_count * sizeof *clients);
    if (polled == NULL || clients == NULL) fail("realloc");
  }
  polled[polled_count] = (struct pollfd){.fd = fd, .events = POLLIN};
  clients[polled_count++] = client;
}

static void accept_clients(void) {
  static bool is_flag_next;
  for (;;) {
    int fd = accept4(LISTENER, NULL, NULL, is_flag_next ? SOCK_NONBLOCK : 0);
    if (fd < 0 && errno == ECONNABORTED) continue;
    if (fd < 0 && (errno == EAGAIN || errno == EINTR || errno == EMFILE)) return;
    if (fd < 0) fail("accept4");
    bool is_nonblocking = (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
    if (is_nonblocking != is_flag_next) fail("the flag of accept4");
    if (!is_nonblocking) set_nonblocking(fd);
    is_flag_next = !is_flag_next;
    struct client* client = malloc(sizeof *client);
    if (client == NULL) fail("malloc");
    client->start = client->end = 0;
    add(fd, client);
  }
}

/* True when the call may be made again once poll says so. */
static bool is_temporary(int error) { return error == EAGAIN || error == EINTR; }

/* Moves what can be moved now. Returns false when the client has ended, or is gone. */
static bool serve(int fd, struct client* client) {
  if (client->start == client->end) {
    ssize_t received = recv(fd, client->bytes, BLOCK_BYTES, 0);
    if (received < 0) return is_temporary(errno);
    if (received == 0) return false;
    client->start = 0;
    client->end = (size_t)received;
  }
  ssize_t sent = send(fd, client->bytes + client->start, client->end - client->start, 0);
  if (sent < 0) return is_temporary(errno);
  client->start += (size_t)sent;
  return true;
}

int main(void) {
  set_nonblocking(LISTENER);
  add(LISTENER, NULL);
  for (;;) {
    if (poll(polled, polled_count, -1) < 0) {
      if (errno == EINTR) continue;
      fail("poll");
    }
    /* Backwards: the last client takes the place of one that leaves, and has had its turn. */
    for (size_t i = polled_count; i-- > 1;) {
      struct client* client = clients[i];
      if (polled[i].revents == 0) continue;
      if (serve(polled[i].fd, client)) {
        polled[i].events = client->start < client->end ? POLLOUT : POLLIN;
        continue;
      }
      close(polled[i].fd);
      free(client);
      polled_count--;
      polled[i] = polled[polled_count];
      clients[i] = clients[polled_count];
    }
    if (polled[0].revents != 0) accept_clients();
  }
}
