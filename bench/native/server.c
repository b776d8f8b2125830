/*
 * The echo server that Pollux is measured against: C on epoll, written to be hard to beat.
 * Level-triggered; a message costs one recv and one send; no epoll_ctl but when a peer is slow;
 * one buffer for all connections, so that it stays in the cache.
 *
 *   server            turns letters by 13 places, then echoes
 *   server --plain    echoes
 *   server --speed N  prints how many bytes its rot13 turns in a second, N at a time
 */
#include "clocks.h"
#include "rot13.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 4096
#define EVENTS_COUNT_MAX 1024
#define BUFFER_BYTES 65536
#define SPEED_TRIES_COUNT 200
#define SPEED_ROUNDS_COUNT 200

/* What a slow peer has not taken yet. 24 bytes a connection, and the bytes themselves. */
struct connection {
  uint8_t* held; /* NULL: nothing */
  uint32_t held_bytes;
  uint32_t held_from;
  uint32_t generation; /* how many connections have had this descriptor and ended */
  bool is_open;
};

static struct connection* connections; /* by their descriptors */
static size_t connections_room;

static uint8_t buffer[BUFFER_BYTES] __attribute__((aligned(4096)));
static int epoll_descriptor;
static bool is_plain;

static void die(const char* what) {
  perror(what);
  exit(1);
}

/*
 * An event tells of its descriptor, and of the generation that it was registered for: one can come
 * after close(), while somebody else has the file, if only to list /proc/PID/fd.
 */
static void control(int operation, int descriptor, uint32_t events) {
  const uint64_t generation = connections[descriptor].generation;
  struct epoll_event event = {.events = events,
                              .data.u64 = generation << 32 | (uint32_t)descriptor};
  if (epoll_ctl(epoll_descriptor, operation, descriptor, &event) != 0) die("epoll_ctl");
}

/* Makes room for the connection of a descriptor; its generation stays. */
static void begin(int descriptor) {
  const size_t wanted = (size_t)descriptor + 1;
  if (wanted > connections_room) {
    const size_t room = 2 * wanted;
    connections = realloc(connections, room * sizeof *connections);
    if (connections == NULL) die("realloc");
    memset(connections + connections_room, 0, (room - connections_room) * sizeof *connections);
    connections_room = room;
  }
  connections[descriptor].is_open = true;
}

static void end(int descriptor) {
  struct connection* connection = &connections[descriptor];
  close(descriptor);
  free(connection->held);
  *connection = (struct connection){.generation = connection->generation + 1};
}

static void accept_all(int listener) {
  for (;;) {
    const int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) {
      if (errno == ECONNABORTED || errno == EINTR) continue;
      if (errno == EAGAIN) return;
      die("accept4");
    }
    begin(descriptor);
    control(EPOLL_CTL_ADD, descriptor, EPOLLIN);
  }
}

/* Keeps what the peer did not take, and waits for it instead of reading on. */
static void hold(int descriptor, const uint8_t* bytes, size_t length_bytes) {
  struct connection* connection = &connections[descriptor];
  connection->held = malloc(length_bytes);
  if (connection->held == NULL) die("malloc");
  memcpy(connection->held, bytes, length_bytes);
  connection->held_bytes = (uint32_t)length_bytes;
  connection->held_from = 0;
  control(EPOLL_CTL_MOD, descriptor, EPOLLOUT);
}

static void send_held(int descriptor) {
  struct connection* connection = &connections[descriptor];
  const uint8_t* bytes = connection->held + connection->held_from;
  const uint32_t left_bytes = connection->held_bytes - connection->held_from;
  const ssize_t sent = send(descriptor, bytes, left_bytes, MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN) end(descriptor);
    return;
  }
  connection->held_from += (uint32_t)sent;
  if (connection->held_from < connection->held_bytes) return;
  free(connection->held);
  connection->held = NULL;
  control(EPOLL_CTL_MOD, descriptor, EPOLLIN);
}

static void echo(int descriptor) {
  const ssize_t received = recv(descriptor, buffer, sizeof buffer, 0);
  if (received <= 0) {
    if (received == 0 || errno != EAGAIN) end(descriptor);
    return;
  }
  if (!is_plain) rot13(buffer, (size_t)received);
  const ssize_t sent = send(descriptor, buffer, (size_t)received, MSG_NOSIGNAL);
  if (sent == received) return;
  if (sent < 0 && errno != EAGAIN) {
    end(descriptor);
    return;
  }
  const size_t taken = sent < 0 ? 0 : (size_t)sent;
  hold(descriptor, buffer + taken, (size_t)received - taken);
}

static void serve(int listener) {
  static struct epoll_event events[EVENTS_COUNT_MAX];
  for (;;) {
    const int count = epoll_wait(epoll_descriptor, events, EVENTS_COUNT_MAX, -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int at = 0; at < count; at += 1) {
      const int descriptor = (int)(uint32_t)events[at].data.u64;
      const struct connection* connection = &connections[descriptor];
      if (!connection->is_open || connection->generation != events[at].data.u64 >> 32) continue;
      if (descriptor == listener) accept_all(listener);
      else if (connection->held != NULL) send_held(descriptor);
      else echo(descriptor);
    }
  }
}

static int open_listener(void) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t address_bytes = sizeof address;
  /* Connections inherit it. */
  if (listener < 0 || setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
      bind(listener, (struct sockaddr*)&address, sizeof address) != 0 ||
      listen(listener, BACKLOG) != 0 ||
      getsockname(listener, (struct sockaddr*)&address, &address_bytes) != 0) {
    die("listen");
  }
  fprintf(stderr, "native: listening on tcp:127.0.0.1:%d\n", ntohs(address.sin_port));
  return listener;
}

/* The best of many short tries: the others were disturbed. */
static void print_speed(size_t block_bytes) {
  if (block_bytes == 0 || block_bytes > sizeof buffer) {
    fprintf(stderr, "server: --speed takes 1 to %zu bytes\n", sizeof buffer);
    exit(2);
  }
  memset(buffer, 'n', sizeof buffer);
  int64_t least_ns = INT64_MAX;
  for (int try = 0; try < SPEED_TRIES_COUNT; try += 1) {
    const int64_t start_ns = now_ns();
    for (int round = 0; round < SPEED_ROUNDS_COUNT; round += 1) {
      rot13(buffer, block_bytes);
      __asm__ volatile("" ::"r"(buffer) : "memory"); /* or the rounds would be taken together */
    }
    const int64_t spent_ns = now_ns() - start_ns;
    if (spent_ns < least_ns) least_ns = spent_ns;
  }
  const double turned_bytes = (double)block_bytes * SPEED_ROUNDS_COUNT;
  printf("%.0f\n", turned_bytes * NS_PER_S / (double)least_ns);
}

int main(int count, char** arguments) {
  if (count == 3 && strcmp(arguments[1], "--speed") == 0) {
    print_speed(strtoul(arguments[2], NULL, 10));
    return 0;
  }
  is_plain = count == 2 && strcmp(arguments[1], "--plain") == 0;
  if (count > 2 || (count == 2 && !is_plain)) {
    fprintf(stderr, "usage: server [--plain | --speed BYTES]\n");
    return 2;
  }
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  epoll_descriptor = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_descriptor < 0) die("epoll_create1");
  const int listener = open_listener();
  begin(listener);
  control(EPOLL_CTL_ADD, listener, EPOLLIN);
  serve(listener);
}
