/*
 * Socket addresses: numeric text and port on our side, sockaddr on the system's. Names are
 * resolved before they come here.
 */
#ifndef POLLUX_ADDRESS_H
#define POLLUX_ADDRESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum pollux_family {
  POLLUX_FAMILY_IPV4 = 0,
  POLLUX_FAMILY_IPV6 = 1,
  POLLUX_FAMILY_UNIX = 2,
};

/* Room for a unix path (108 bytes) and for an IPv6 address with its zone. */
#define POLLUX_ADDRESS_TEXT_BYTES_MAX 128

struct pollux_address {
  struct sockaddr_storage storage;
  socklen_t length_bytes;
};

struct pollux_address_text {
  enum pollux_family family;
  char host[POLLUX_ADDRESS_TEXT_BYTES_MAX]; /* or the unix path; may hold zero bytes */
  size_t host_length_bytes;
  uint16_t port;
};

/* The system's number of a family, or -1. */
int pollux_family_domain(int32_t family);

/* Reads an address. Returns 0, -WASI_INVAL for text that is no numeric address or an empty path,
   -WASI_NAMETOOLONG for a path of more than 107 bytes, -WASI_AFNOSUPPORT for another family. */
int32_t pollux_address_read(int32_t family, const char* host, size_t host_length_bytes,
                            uint16_t port, struct pollux_address* result);

/* Writes an address as text. An unnamed unix socket has an empty path; an abstract one a path that
   begins with a zero byte. Returns 0 or -WASI_AFNOSUPPORT. */
int32_t pollux_address_write(const struct pollux_address* address,
                             struct pollux_address_text* result);

#endif
