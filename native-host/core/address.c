/* Socket addresses: see address.h. */
#include "address.h"

#include "wasi-errno.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

_Static_assert(sizeof(struct sockaddr_un) <= sizeof(struct sockaddr_storage), "storage has room");
_Static_assert(sizeof(((struct sockaddr_un*)0)->sun_path) < POLLUX_ADDRESS_TEXT_BYTES_MAX,
               "a unix path fits the text");

int pollux_family_domain(int32_t family) {
  switch (family) {
    case POLLUX_FAMILY_IPV4:
      return AF_INET;
    case POLLUX_FAMILY_IPV6:
      return AF_INET6;
    case POLLUX_FAMILY_UNIX:
      return AF_UNIX;
    default:
      return -1;
  }
}

static int32_t read_ipv4(const char* host, uint16_t port, struct pollux_address* result) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  if (inet_pton(AF_INET, host, &address.sin_addr) != 1) return -WASI_INVAL;
  memcpy(&result->storage, &address, sizeof address);
  result->length_bytes = sizeof address;
  return 0;
}

/* A number in decimal digits; 0 for what is none, or too large. Not by strtoul, which the headers
   of glibc 2.38 turn into a function that older ones don't have. */
static uint32_t read_number(const char* text) {
  uint64_t number = 0;
  for (; *text >= '0' && *text <= '9'; text += 1) {
    number = number * 10 + (uint64_t)(*text - '0');
    if (number > UINT32_MAX) return 0;
  }
  return *text == '\0' ? (uint32_t)number : 0;
}

/* A zone is an interface's name or number: fe80::1%eth0. Answers 0 for what is neither. */
static uint32_t zone_index(const char* zone) {
  const uint32_t by_name = if_nametoindex(zone);
  return by_name != 0 ? by_name : read_number(zone);
}

static int32_t read_ipv6(char* host, uint16_t port, struct pollux_address* result) {
  struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  char* zone = strchr(host, '%');
  if (zone != NULL) {
    address.sin6_scope_id = zone_index(zone + 1);
    if (address.sin6_scope_id == 0) return -WASI_INVAL;
    *zone = '\0';
  }
  if (inet_pton(AF_INET6, host, &address.sin6_addr) != 1) return -WASI_INVAL;
  memcpy(&result->storage, &address, sizeof address);
  result->length_bytes = sizeof address;
  return 0;
}

static int32_t read_unix(const char* path, size_t path_length_bytes,
                         struct pollux_address* result) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  /* An empty path would mean "choose a name for me", one that begins with a zero byte a name
     outside the file system: neither is what a path means to people. */
  if (path_length_bytes == 0 || memchr(path, '\0', path_length_bytes) != NULL) return -WASI_INVAL;
  if (path_length_bytes >= sizeof address.sun_path) return -WASI_NAMETOOLONG;
  memcpy(address.sun_path, path, path_length_bytes);
  memcpy(&result->storage, &address, sizeof address);
  result->length_bytes =
      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path_length_bytes + 1);
  return 0;
}

int32_t pollux_address_read(int32_t family, const char* host, size_t host_length_bytes,
                            uint16_t port, struct pollux_address* result) {
  if (family == POLLUX_FAMILY_UNIX) return read_unix(host, host_length_bytes, result);
  if (family != POLLUX_FAMILY_IPV4 && family != POLLUX_FAMILY_IPV6) return -WASI_AFNOSUPPORT;
  char text[POLLUX_ADDRESS_TEXT_BYTES_MAX];
  if (host_length_bytes >= sizeof text) return -WASI_INVAL;
  if (memchr(host, '\0', host_length_bytes) != NULL) return -WASI_INVAL;
  memcpy(text, host, host_length_bytes);
  text[host_length_bytes] = '\0';
  return family == POLLUX_FAMILY_IPV4 ? read_ipv4(text, port, result)
                                      : read_ipv6(text, port, result);
}

static int32_t write_ipv6(const struct sockaddr_in6* address, struct pollux_address_text* result) {
  if (inet_ntop(AF_INET6, &address->sin6_addr, result->host, INET6_ADDRSTRLEN) == NULL) {
    return -WASI_INVAL;
  }
  if (address->sin6_scope_id != 0) {
    const size_t length_bytes = strlen(result->host);
    snprintf(result->host + length_bytes, sizeof result->host - length_bytes, "%%%u",
             address->sin6_scope_id);
  }
  result->family = POLLUX_FAMILY_IPV6;
  result->host_length_bytes = strlen(result->host);
  result->port = ntohs(address->sin6_port);
  return 0;
}

static void write_unix(const struct sockaddr_un* address, size_t length_bytes,
                       struct pollux_address_text* result) {
  const size_t path_at = offsetof(struct sockaddr_un, sun_path);
  size_t path_bytes = length_bytes > path_at ? length_bytes - path_at : 0;
  if (path_bytes > sizeof address->sun_path) path_bytes = sizeof address->sun_path;
  const int is_abstract = path_bytes > 0 && address->sun_path[0] == '\0';
  if (!is_abstract) path_bytes = strnlen(address->sun_path, path_bytes);
  memcpy(result->host, address->sun_path, path_bytes);
  result->family = POLLUX_FAMILY_UNIX;
  result->host_length_bytes = path_bytes;
  result->port = 0;
}

int32_t pollux_address_write(const struct pollux_address* address,
                             struct pollux_address_text* result) {
  switch (address->storage.ss_family) {
    case AF_INET: {
      struct sockaddr_in ipv4;
      memcpy(&ipv4, &address->storage, sizeof ipv4);
      if (inet_ntop(AF_INET, &ipv4.sin_addr, result->host, INET_ADDRSTRLEN) == NULL) {
        return -WASI_INVAL;
      }
      result->family = POLLUX_FAMILY_IPV4;
      result->host_length_bytes = strlen(result->host);
      result->port = ntohs(ipv4.sin_port);
      return 0;
    }
    case AF_INET6: {
      struct sockaddr_in6 ipv6;
      memcpy(&ipv6, &address->storage, sizeof ipv6);
      return write_ipv6(&ipv6, result);
    }
    case AF_UNIX: {
      struct sockaddr_un unix_address;
      memcpy(&unix_address, &address->storage, sizeof unix_address);
      write_unix(&unix_address, address->length_bytes, result);
      return 0;
    }
    default:
      return -WASI_AFNOSUPPORT;
  }
}
