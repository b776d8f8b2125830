/*
 * An echo server with select. A set of wasi-libc holds FD_SETSIZE (1,024) descriptors and FD_SET
 * does not count, so the program must: like many, it keeps its clients by descriptor, below that.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTENER = 3, BLOCK_BYTES = 4096 };

struct client {
  bool is_open;
  size_t start; /* bytes[start..end) are still to be sent */
  size_t end;
  char bytes[BLOCK_BYTES];
};

static struct client clients[FD_SETSIZE]; /* by descriptor */
static int fd_end = LISTENER + 1;         /* above every descriptor that is open */
static int client_count;

static void fail(const char* what) {
  perror(what);
  exit(1);
}

static void accept_client(void) {
  int fd = accept(LISTENER, NULL, NULL);
  if (fd < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)) return;
  if (fd < 0) fail("accept");
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) fail("fcntl");
  if (fd >= FD_SETSIZE) fail("a descriptor too high to select");
  clients[fd].is_open = true;
  clients[fd].start = clients[fd].end = 0;
  client_count++;
  if (fd >= fd_end) fd_end = fd + 1;
}

static void close_client(int fd) {
  close(fd);
  clients[fd].is_open = false;
  client_count--;
}

/* True when the call may be made again once select says so. */
static bool is_temporary(int error) { return error == EAGAIN || error == EINTR; }

/* Moves what can be moved now. Returns false when the client has ended, or is gone. */
static bool serve(int fd, struct client* client) {
  if (client->start == client->end) {
    ssize_t received = read(fd, client->bytes, BLOCK_BYTES);
    if (received < 0) return is_temporary(errno);
    if (received == 0) return false;
    client->start = 0;
    client->end = (size_t)received;
  }
  ssize_t sent = write(fd, client->bytes + client->start, client->end - client->start);
  if (sent < 0) return is_temporary(errno);
  client->start += (size_t)sent;
  return true;
}

int main(void) {
  int flags = fcntl(LISTENER, F_GETFL);
  if (flags < 0 || fcntl(LISTENER, F_SETFL, flags | O_NONBLOCK) < 0) fail("descriptor 3");

  for (;;) {
    fd_set readable, writable;
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    /* A full house waits for a client to leave. */
    if (client_count < FD_SETSIZE - LISTENER - 1) FD_SET(LISTENER, &readable);
    for (int fd = LISTENER + 1; fd < fd_end; fd++) {
      if (!clients[fd].is_open) continue;
      if (clients[fd].start < clients[fd].end) FD_SET(fd, &writable);
      else FD_SET(fd, &readable);
    }
    if (select(fd_end, &readable, &writable, NULL, NULL) < 0) {
      if (errno == EINTR) continue;
      fail("select");
    }
    for (int fd = LISTENER + 1; fd < fd_end; fd++) {
      if (!FD_ISSET(fd, &readable) && !FD_ISSET(fd, &writable)) continue;
      if (!serve(fd, &clients[fd])) close_client(fd);
    }
    if (FD_ISSET(LISTENER, &readable)) accept_client();
  }
}
