/*
 * A client: sends a text, ends its side, and prints what comes back.
 *
 *     connect-client fd 3 TEXT               on a connection that it was given
 *     connect-client to 127.0.0.1 80 TEXT    on one that it makes, by WasmEdge's functions
 *
 * Exit code 0; when it can't connect, 1 and a line with the errno of WASI.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define IMPORT(name) \
  __attribute__((import_module("wasi_snapshot_preview1"), import_name(name)))

enum { FAMILY_INET4 = 1, TYPE_STREAM = 2 };

struct wasmedge_address {
  const uint8_t* bytes;
  uint32_t length_bytes;
};

IMPORT("sock_open") int32_t sock_open(int32_t family, int32_t type, int32_t* result);
IMPORT("sock_connect")
int32_t sock_connect(int32_t fd, const struct wasmedge_address* address, int32_t port);

static int connect_to(const char* host, const char* port) {
  unsigned parts[4];
  if (sscanf(host, "%u.%u.%u.%u", &parts[0], &parts[1], &parts[2], &parts[3]) != 4) exit(2);
  uint8_t bytes[4];
  for (int at = 0; at < 4; at += 1) bytes[at] = (uint8_t)parts[at];
  const struct wasmedge_address address = {bytes, sizeof bytes};
  int32_t fd = -1;
  int32_t error = sock_open(FAMILY_INET4, TYPE_STREAM, &fd);
  if (error == 0) error = sock_connect(fd, &address, atoi(port));
  if (error == 0) return fd;
  printf("errno %d\n", error);
  exit(1);
}

int main(int count, char** arguments) {
  if (count < 4) return 2;
  const int is_given = strcmp(arguments[1], "fd") == 0;
  const int fd = is_given ? atoi(arguments[2]) : connect_to(arguments[2], arguments[3]);
  const char* text = arguments[is_given ? 3 : 4];
  if (write(fd, text, strlen(text)) < 0) return 3;
  if (shutdown(fd, SHUT_WR) != 0) return 3;
  char buffer[1000];
  ssize_t received;
  while ((received = read(fd, buffer, sizeof buffer)) > 0) {
    fwrite(buffer, 1, (size_t)received, stdout);
    fflush(stdout);
  }
  return received == 0 ? 0 : 3;
}
