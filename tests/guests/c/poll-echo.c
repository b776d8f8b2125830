/*
 * An echo server for many clients in one thread: poll, accept, recv, send, none of which blocks
 * but poll. It listens on descriptor 3, which whoever starts it has opened (LISTEN_FDS).
 *
 * Each client owns one block. It is read into when empty and sent from until it is empty again, so
 * a client that does not read is not read from either.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTENER = 3, CLIENTS_MAX = 1000, BLOCK_BYTES = 4096 };

struct client {
  int fd;
  size_t start; /* bytes[start..end) are still to be sent */
  size_t end;
  char bytes[BLOCK_BYTES];
};

static struct client clients[CLIENTS_MAX];
static size_t client_count;

static void fail(const char* what) {
  perror(what);
  exit(1);
}

/* True when the call should simply be made again once poll says so. */
static bool is_temporary(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static void accept_clients(void) {
  while (client_count < CLIENTS_MAX) {
    int fd = accept4(LISTENER, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0 && errno == ECONNABORTED) continue;
    if (fd < 0 && is_temporary(errno)) return;
    if (fd < 0) fail("accept4");
    struct client* client = &clients[client_count++];
    client->fd = fd;
    client->start = client->end = 0;
  }
}

/* Sends what the block holds. Returns false when the client is gone. */
static bool send_block(struct client* client) {
  while (client->start < client->end) {
    ssize_t sent = send(client->fd, client->bytes + client->start, client->end - client->start, 0);
    if (sent < 0) return is_temporary(errno);
    client->start += (size_t)sent;
  }
  return true;
}

/* Moves what can be moved now. Returns false when the client has ended, or is gone. */
static bool serve(struct client* client) {
  if (client->start == client->end) {
    ssize_t received = recv(client->fd, client->bytes, BLOCK_BYTES, 0);
    if (received < 0) return is_temporary(errno);
    if (received == 0) return false;
    client->start = 0;
    client->end = (size_t)received;
  }
  return send_block(client);
}

int main(void) {
  static struct pollfd polled[1 + CLIENTS_MAX];

  int flags = fcntl(LISTENER, F_GETFL);
  if (flags < 0 || fcntl(LISTENER, F_SETFL, flags | O_NONBLOCK) < 0) fail("descriptor 3");

  for (;;) {
    size_t polled_count = client_count;
    for (size_t i = 0; i < polled_count; i++) {
      bool is_sending = clients[i].start < clients[i].end;
      polled[i] = (struct pollfd){.fd = clients[i].fd, .events = is_sending ? POLLOUT : POLLIN};
    }
    /* A full house waits for a client to leave: poll ignores a negative descriptor. */
    int listener = polled_count < CLIENTS_MAX ? LISTENER : -1;
    polled[polled_count] = (struct pollfd){.fd = listener, .events = POLLIN};

    if (poll(polled, polled_count + 1, -1) < 0) {
      if (errno == EINTR) continue;
      fail("poll");
    }
    /* Backwards: the last client takes the place of one that leaves, and has had its turn. */
    for (size_t i = polled_count; i-- > 0;) {
      if (polled[i].revents == 0 || serve(&clients[i])) continue;
      close(clients[i].fd);
      client_count--;
      if (i != client_count) memcpy(&clients[i], &clients[client_count], sizeof clients[i]);
    }
    if (polled[polled_count].revents != 0) accept_clients();
  }
}
