/* See server.h. */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define BACKLOG 4096
#define DESCRIPTOR_INHERITED_MAX 1023
#define RING_BYTES_MIN 16u
#define RING_BYTES_MAX (1u << 20)

/* A power of two, so that wrapping is a mask. */
static uint32_t ring_bytes = 65536;

/* ---- the command line ------------------------------------------------------------------------ */

_Noreturn void server_die(const char* what) {
  perror(what);
  exit(1);
}

static uint32_t ring_bytes_from(const char* text) {
  char* end;
  errno = 0;
  const unsigned long number = strtoul(text, &end, 10);
  const bool is_number = *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
  if (is_number && number >= RING_BYTES_MIN && number <= RING_BYTES_MAX &&
      (number & (number - 1)) == 0) {
    return (uint32_t)number;
  }
  fprintf(stderr, "--ring-bytes takes a power of two from %u to %u, not %s\n", RING_BYTES_MIN,
          RING_BYTES_MAX, text);
  exit(2);
}

static void read_options(int count, char** arguments) {
  if (count == 1) return;
  if (count != 3 || strcmp(arguments[1], "--ring-bytes") != 0) {
    fprintf(stderr, "usage: %s [--ring-bytes N]\n", arguments[0]);
    exit(2);
  }
  ring_bytes = ring_bytes_from(arguments[2]);
}

/* ---- the listener ---------------------------------------------------------------------------- */

static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) server_die("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) server_die("setrlimit");
}

/* Those that whoever started this left open by mistake: connections would get higher numbers. */
static void close_inherited(void) {
  for (int descriptor = 3; descriptor <= DESCRIPTOR_INHERITED_MAX; descriptor += 1) {
    close(descriptor);
  }
}

int server_listen(int count, char** arguments) {
  read_options(count, arguments);
  close_inherited();
  raise_descriptor_limit();
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
    server_die("listen");
  }
  fprintf(stderr, "native: listening on tcp:127.0.0.1:%d\n", ntohs(address.sin_port));
  return listener;
}

/* An error of the connection that would have been taken: the next is another's. Source: accept(2). */
static bool is_transient(int error) {
  switch (error) {
    case ECONNABORTED:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case EINTR:
    case ENETDOWN:
    case ENETUNREACH:
    case ENONET:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case EPERM:
    case EPROTO:
      return true;
    default:
      return false;
  }
}

int server_accept(int listener) {
  for (;;) {
    const int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) return descriptor;
    if (errno == EAGAIN) return -EAGAIN;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) return -EMFILE;
    if (!is_transient(errno)) server_die("accept4");
  }
}

/* ---- rings ----------------------------------------------------------------------------------- */

bool ring_is_full(const struct ring* ring) { return ring->held_bytes == ring_bytes; }

/* Describes length_bytes of the ring from `offset` behind its first held byte: one piece, or two. */
static int describe(const struct ring* ring, struct iovec pieces[2], size_t offset,
                    size_t length_bytes) {
  const size_t index = (ring->read_index + offset) & (ring_bytes - 1);
  const size_t first_bytes =
      length_bytes < ring_bytes - index ? length_bytes : ring_bytes - index;
  pieces[0] = (struct iovec){.iov_base = ring->block + index, .iov_len = first_bytes};
  pieces[1] = (struct iovec){.iov_base = ring->block, .iov_len = length_bytes - first_bytes};
  return pieces[1].iov_len == 0 ? 1 : 2;
}

ssize_t ring_receive(struct ring* ring, int descriptor) {
  if (ring->block == NULL) {
    ring->block = malloc(ring_bytes);
    if (ring->block == NULL) return -ENOMEM;
  }
  struct iovec pieces[2];
  const int count = describe(ring, pieces, ring->held_bytes, ring_bytes - ring->held_bytes);
  const ssize_t received = readv(descriptor, pieces, count);
  const int error = errno;
  if (received > 0) ring->held_bytes += (uint32_t)received;
  if (ring->held_bytes == 0) ring_release(ring);
  return received < 0 ? -error : received;
}

ssize_t ring_send(struct ring* ring, int descriptor) {
  struct iovec pieces[2];
  const int count = describe(ring, pieces, 0, ring->held_bytes);
  const struct msghdr message = {.msg_iov = pieces, .msg_iovlen = (size_t)count};
  const ssize_t sent = sendmsg(descriptor, &message, MSG_NOSIGNAL);
  if (sent < 0) return -errno;
  ring->read_index = (ring->read_index + (uint32_t)sent) & (ring_bytes - 1);
  ring->held_bytes -= (uint32_t)sent;
  if (ring->held_bytes == 0) ring_release(ring);
  return sent;
}

static int describe_newest(const struct ring* ring, struct iovec pieces[2], size_t length_bytes) {
  return describe(ring, pieces, ring->held_bytes - length_bytes, length_bytes);
}

/* Byte by byte: nothing that guests do to be faster is repeated here. */
static uint8_t rot13(uint8_t byte) {
  if (byte >= 'a' && byte <= 'z') return (uint8_t)('a' + (byte - 'a' + 13) % 26);
  if (byte >= 'A' && byte <= 'Z') return (uint8_t)('A' + (byte - 'A' + 13) % 26);
  return byte;
}

void ring_rot13_newest(struct ring* ring, size_t length_bytes) {
  struct iovec pieces[2];
  const int count = describe_newest(ring, pieces, length_bytes);
  for (int piece = 0; piece < count; piece += 1) {
    uint8_t* bytes = pieces[piece].iov_base;
    for (size_t at = 0; at < pieces[piece].iov_len; at += 1) bytes[at] = rot13(bytes[at]);
  }
}

bool ring_has_line_end(const struct ring* ring, size_t length_bytes) {
  struct iovec pieces[2];
  const int count = describe_newest(ring, pieces, length_bytes);
  for (int piece = 0; piece < count; piece += 1) {
    if (memchr(pieces[piece].iov_base, '\n', pieces[piece].iov_len) != NULL) return true;
  }
  return false;
}

void ring_release(struct ring* ring) {
  free(ring->block);
  *ring = (struct ring){0};
}
