/* Steps that make, name and end sockets. See calls.h. */
#include "calls.h"

#include "../../native-host/core/address.h"
#include "../../native-host/core/socket-options.h"
#include "../../native-host/core/sockets.h"

#include <stdio.h>
#include <stdlib.h>

void fuzz_open(struct fuzz_world* world, struct fuzz_kernel* kernel, struct fuzz_input* input) {
  (void)world;
  const int32_t family = (int32_t)fuzz_pick(input, 5) - 1;
  fuzz_opened(kernel, FUZZ_ANSWER(pollux_open(&kernel->core, family)));
}

/* An address of this machine that others don't use: a port that is free, or a path of our own. */
static bool read_free_address(struct fuzz_world* world, struct fuzz_input* input,
                              struct pollux_address* address) {
  char text[32];
  const uint32_t family = fuzz_pick(input, 3);
  const uint32_t number = fuzz_byte(input);
  const uint32_t last = fuzz_pick(input, 254) + 1;
  switch (family) {
    case POLLUX_FAMILY_IPV4:
      /* A host of its own for each value, so that closed connections don't use up the ports. */
      snprintf(text, sizeof text, "127.%u.1.%u", number, last);
      break;
    case POLLUX_FAMILY_IPV6:
      snprintf(text, sizeof text, "::1");
      break;
    default:
      snprintf(text, sizeof text, "%u", number % (world->paths_count + 1));
      break;
  }
  return pollux_address_read((int32_t)family, text, strlen(text), 0, address) == 0;
}

void fuzz_bind(struct fuzz_world* world, struct fuzz_kernel* kernel, struct fuzz_input* input) {
  const int32_t handle = fuzz_handle(world, kernel, input);
  struct pollux_address address;
  FUZZ_CHECK(read_free_address(world, input, &address));
  const int32_t bound = FUZZ_ANSWER(pollux_bind(&kernel->core, handle, &address));
  fuzz_expect_badf(kernel, handle, bound);
  if (bound == 0 && address.storage.ss_family == AF_UNIX) world->paths_count += 1;
}

void fuzz_listen(struct fuzz_world* world, struct fuzz_kernel* kernel, struct fuzz_input* input) {
  const int32_t handle = fuzz_handle(world, kernel, input);
  const int32_t backlog = (int8_t)fuzz_byte(input);
  const int32_t listening = FUZZ_ANSWER(pollux_listen(&kernel->core, handle, backlog));
  fuzz_expect_badf(kernel, handle, listening);
}

/* Connects to where a handle of either kernel is bound; elsewhere others might listen. */
void fuzz_connect(struct fuzz_world* world, struct fuzz_kernel* kernel, struct fuzz_input* input) {
  const int32_t handle = fuzz_handle(world, kernel, input);
  struct fuzz_kernel* there = &world->kernels[fuzz_pick(input, FUZZ_KERNELS_COUNT)];
  struct pollux_address_text text;
  const int32_t target = fuzz_handle(world, there, input);
  if (pollux_local_address(&there->core, target, &text) != 0) return;
  struct pollux_address address;
  if (pollux_address_read((int32_t)text.family, text.host, text.host_length_bytes, text.port,
                          &address) != 0) {
    return; /* a unix socket without a name */
  }
  const int32_t connected = FUZZ_ANSWER(pollux_connect(&kernel->core, handle, &address));
  FUZZ_CHECK(connected <= 0);
  fuzz_expect_badf(kernel, handle, connected);
}

static int32_t accept_on(struct fuzz_kernel* kernel, int32_t listener) {
  const int32_t accepted = FUZZ_ANSWER(pollux_accept(&kernel->core, listener));
  fuzz_expect_badf(kernel, listener, accepted);
  fuzz_opened(kernel, accepted);
  return accepted;
}

void fuzz_accept(struct fuzz_world* world, struct fuzz_kernel* kernel, struct fuzz_input* input) {
  accept_on(kernel, fuzz_handle(world, kernel, input));
}

/* A whole connection in one step, which single steps rarely come to. */
void fuzz_connection(struct fuzz_world* world, struct fuzz_kernel* kernel,
                     struct fuzz_input* input) {
  struct fuzz_kernel* there = &world->kernels[fuzz_pick(input, FUZZ_KERNELS_COUNT)];
  struct pollux_address address;
  FUZZ_CHECK(read_free_address(world, input, &address));
  const int32_t family = address.storage.ss_family == AF_INET    ? POLLUX_FAMILY_IPV4
                         : address.storage.ss_family == AF_INET6 ? POLLUX_FAMILY_IPV6
                                                                 : POLLUX_FAMILY_UNIX;
  const int32_t listener = FUZZ_ANSWER(pollux_open(&kernel->core, family));
  fuzz_opened(kernel, listener);
  const int32_t client = FUZZ_ANSWER(pollux_open(&there->core, family));
  fuzz_opened(there, client);
  const int32_t bound = FUZZ_ANSWER(pollux_bind(&kernel->core, listener, &address));
  if (bound == 0 && family == POLLUX_FAMILY_UNIX) world->paths_count += 1;
  const int32_t listening = FUZZ_ANSWER(pollux_listen(&kernel->core, listener, 4));
  struct pollux_address_text text;
  if (bound != 0 || listening != 0) return;
  if (pollux_local_address(&kernel->core, listener, &text) != 0) return;
  FUZZ_CHECK(pollux_address_read((int32_t)text.family, text.host, text.host_length_bytes,
                                 text.port, &address) == 0);
  FUZZ_ANSWER(pollux_connect(&there->core, client, &address));
  if (fuzz_find(kernel, listener) != NULL) accept_on(kernel, listener);
}

void fuzz_shutdown(struct fuzz_world* world, struct fuzz_kernel* kernel,
                   struct fuzz_input* input) {
  const int32_t handle = fuzz_handle(world, kernel, input);
  const int32_t how = (int32_t)fuzz_pick(input, 6) - 1;
  fuzz_expect_badf(kernel, handle, FUZZ_ANSWER(pollux_shutdown(&kernel->core, handle, how)));
}

void fuzz_set_option(struct fuzz_world* world, struct fuzz_kernel* kernel,
                     struct fuzz_input* input) {
  const int32_t handle = fuzz_handle(world, kernel, input);
  const int32_t option = (int32_t)fuzz_pick(input, 8) - 1;
  static const int32_t VALUES[] = {0, 1, -1, 2, -2, 1000, INT32_MIN, INT32_MAX};
  const uint8_t choice = fuzz_byte(input);
  const int32_t value = choice < 0xe0 ? VALUES[choice % 8] : (int32_t)fuzz_uint32(input);
  const int32_t set = FUZZ_ANSWER(pollux_set_option(&kernel->core, handle, option, value));
  FUZZ_CHECK(set <= 0);
  /* close would block. */
  FUZZ_CHECK(set != 0 || option != POLLUX_OPTION_LINGER || value <= 0);
  fuzz_expect_badf(kernel, handle, set);
  const int32_t got = FUZZ_ANSWER(pollux_get_option(&kernel->core, handle, option));
  FUZZ_CHECK(set != 0 || got >= 0);
  fuzz_expect_badf(kernel, handle, got);
}

void fuzz_take_error(struct fuzz_world* world, struct fuzz_kernel* kernel,
                     struct fuzz_input* input) {
  const int32_t handle = fuzz_handle(world, kernel, input);
  const int32_t error = FUZZ_ANSWER(pollux_take_error(&kernel->core, handle));
  FUZZ_CHECK(error <= WASI_NOTCAPABLE);
  fuzz_expect_badf(kernel, handle, error);
}

void fuzz_stop_queueing(struct fuzz_world* world, struct fuzz_kernel* kernel,
                        struct fuzz_input* input) {
  const int32_t handle = fuzz_handle(world, kernel, input);
  fuzz_expect_badf(kernel, handle, FUZZ_ANSWER(pollux_stop_queueing(&kernel->core, handle)));
}

void fuzz_unacknowledged(struct fuzz_world* world, struct fuzz_kernel* kernel,
                         struct fuzz_input* input) {
  const int32_t handle = fuzz_handle(world, kernel, input);
  const int32_t count = FUZZ_ANSWER(pollux_unacknowledged_bytes(&kernel->core, handle));
  fuzz_expect_badf(kernel, handle, count);
}

static void check_text(const struct pollux_address_text* text) {
  FUZZ_CHECK(text->family <= POLLUX_FAMILY_UNIX);
  FUZZ_CHECK(text->host_length_bytes <= sizeof text->host);
}

void fuzz_local_address(struct fuzz_world* world, struct fuzz_kernel* kernel,
                        struct fuzz_input* input) {
  const int32_t handle = fuzz_handle(world, kernel, input);
  struct pollux_address_text text;
  const int32_t found = FUZZ_ANSWER(pollux_local_address(&kernel->core, handle, &text));
  if (found == 0) check_text(&text);
  fuzz_expect_badf(kernel, handle, found);
}

void fuzz_peer_address(struct fuzz_world* world, struct fuzz_kernel* kernel,
                       struct fuzz_input* input) {
  const int32_t handle = fuzz_handle(world, kernel, input);
  struct pollux_address_text text;
  const int32_t found = FUZZ_ANSWER(pollux_peer_address(&kernel->core, handle, &text));
  if (found == 0) check_text(&text);
  fuzz_expect_badf(kernel, handle, found);
}

/* Any text as an address. What can be read is written, and read again the same. */
void fuzz_address_text(struct fuzz_world* world, struct fuzz_kernel* kernel,
                       struct fuzz_input* input) {
  (void)world;
  (void)kernel;
  const int32_t family = (int32_t)fuzz_pick(input, 5) - 1;
  const uint16_t port = (uint16_t)fuzz_uint32(input);
  const size_t length_bytes = fuzz_byte(input);
  char* host = malloc(length_bytes + 1); /* nothing after it may be read */
  FUZZ_CHECK(host != NULL);
  fuzz_fill(input, host, length_bytes);
  struct pollux_address address;
  const int32_t read = FUZZ_ANSWER(pollux_address_read(family, host, length_bytes, port, &address));
  FUZZ_CHECK(read <= 0);
  free(host);
  if (read != 0) return;
  struct pollux_address_text text;
  FUZZ_CHECK(pollux_address_write(&address, &text) == 0);
  check_text(&text);
  FUZZ_CHECK((int32_t)text.family == family);
  FUZZ_CHECK(family == POLLUX_FAMILY_UNIX || text.port == port);
  struct pollux_address again;
  FUZZ_CHECK(
      pollux_address_read(family, text.host, text.host_length_bytes, text.port, &again) == 0);
  FUZZ_CHECK(again.length_bytes == address.length_bytes);
  FUZZ_CHECK(memcmp(&again.storage, &address.storage, again.length_bytes) == 0);
}
