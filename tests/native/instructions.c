/*
 * The hot operations of the core, for callgrind to count their instructions: each is called
 * OPERATION_ROUNDS times on real sockets, and counted only inside `counted`. They are calls of the
 * core's public functions, whose answers are checked: no row depends on how a demux is made.
 * scripts/count-instructions.mjs runs it, and sets OPERATION_ROUNDS. It prints the titles in the
 * order in which it ran them.
 */
#include "../../native-host/core/clocks.h"
#include "../../native-host/core/sockets.h"
#include "../../native-host/core/wait.h"
#include "check.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

#define CONNECTIONS_COUNT_MAX 1000
#define DESCRIPTORS_COUNT_MAX (2 * CONNECTIONS_COUNT_MAX + 100)
#define MESSAGE_BYTES 64
/* As a server asks: for more than there is. */
#define ASKED_BYTES 4096
#define READY_COUNT_MAX 1024

/* An exit code of the script, too: something is missing here. */
#define NOT_HERE 3

/* Longer than it takes under callgrind; a wait that misses its event never ends. */
#define SECONDS_MAX 60

/* Connections whose near ends are watched for READ in one set, and a listener. */
struct world {
  struct pollux_kernel* kernel;
  int32_t set;
  int32_t listener;
  struct sockaddr_in listener_name;
  int client;
  uint32_t connections_count;
  int32_t near_ends[CONNECTIONS_COUNT_MAX]; /* handles */
  int far_ends[CONNECTIONS_COUNT_MAX];      /* descriptors: the peers' */
  uint32_t at;                              /* the connection whose turn it is */
  int32_t few_words[POLLUX_FEW_WORDS];
  int32_t ready_pairs[2 * READY_COUNT_MAX];
};

struct operation {
  const char* title;
  uint32_t connections_count;
  void (*before)(struct world* world); /* or NULL; not counted */
  int32_t (*call)(struct world* world);
  int32_t answer; /* of each call */
  void (*after)(struct world* world); /* or NULL; not counted */
};

/* ---- before and after --------------------------------------------------------------------- */

static void peer_sends_to(struct world* world, uint32_t connection) {
  static const char MESSAGE[MESSAGE_BYTES];
  CHECK_EQUAL(write(world->far_ends[connection], MESSAGE, MESSAGE_BYTES), MESSAGE_BYTES);
}

static void peer_sends(struct world* world) { peer_sends_to(world, world->at); }

static void peer_receives(struct world* world) {
  char message[MESSAGE_BYTES];
  CHECK_EQUAL(read(world->far_ends[world->at], message, MESSAGE_BYTES), MESSAGE_BYTES);
}

static void all_peers_send(struct world* world) {
  for (uint32_t at = 0; at < world->connections_count; at += 1) peer_sends_to(world, at);
}

static int32_t receive_from(struct world* world, uint32_t connection) {
  return pollux_recv(world->kernel, world->near_ends[connection], 0, ASKED_BYTES, 0);
}

static void receive_one(struct world* world) {
  CHECK_EQUAL(receive_from(world, world->at), MESSAGE_BYTES);
}

static void receive_all(struct world* world) {
  for (uint32_t at = 0; at < world->connections_count; at += 1) {
    CHECK_EQUAL(receive_from(world, at), MESSAGE_BYTES);
  }
}

static void one_of_few_sends(struct world* world) {
  world->at %= POLLUX_FEW_COUNT_MAX;
  world->few_words[0] = POLLUX_FEW_COUNT_MAX;
  for (uint32_t at = 0; at < POLLUX_FEW_COUNT_MAX; at += 1) {
    world->few_words[1 + 3 * at] = world->near_ends[at];
    world->few_words[2 + 3 * at] = POLLUX_READ;
  }
  peer_sends(world);
}

/* Returns when the connection is in the listener's queue. */
static void client_connects(struct world* world) {
  world->client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const struct sockaddr* name = (const struct sockaddr*)&world->listener_name;
  CHECK_EQUAL(connect(world->client, name, sizeof world->listener_name), 0);
  struct pollfd queue = {.fd = descriptor_of(world->kernel, world->listener), .events = POLLIN};
  CHECK_EQUAL(poll(&queue, 1, -1), 1);
}

static void client_closes(struct world* world) { close(world->client); }

/* ---- what is counted ---------------------------------------------------------------------- */

static int32_t recv_message(struct world* world) { return receive_from(world, world->at); }

static int32_t send_message(struct world* world) {
  return pollux_send(world->kernel, world->near_ends[world->at], 0, MESSAGE_BYTES);
}

static int32_t wait_in_set(struct world* world) {
  return pollux_wait(world->kernel, world->set, FOREVER, world->ready_pairs, READY_COUNT_MAX);
}

static int32_t echo_message(struct world* world) {
  const int32_t ready_count = wait_in_set(world);
  if (ready_count != 1) return ready_count;
  const int32_t handle = world->ready_pairs[0];
  const int32_t count = pollux_recv(world->kernel, handle, 0, ASKED_BYTES, 0);
  return count < 0 ? count : pollux_send(world->kernel, handle, 0, (uint64_t)count);
}

static int32_t wait_for_few(struct world* world) {
  return pollux_wait_few(world->kernel, world->few_words, FOREVER);
}

static int32_t accept_and_close(struct world* world) {
  const int32_t accepted = pollux_accept(world->kernel, world->listener);
  return accepted < 0 ? accepted : pollux_close(world->kernel, accepted);
}

static int32_t unwatch_and_watch(struct world* world) {
  const int32_t handle = world->near_ends[world->at];
  const int32_t ended = pollux_unwatch(world->kernel, world->set, handle);
  if (ended < 0) return ended;
  return pollux_watch(world->kernel, world->set, handle, POLLUX_READ, POLLUX_MODE_LEVEL);
}

static int32_t read_clock(struct world* world) {
  uint64_t now_ns;
  return pollux_clock_time(POLLUX_CLOCK_MONOTONIC, world->kernel->monotonic_start_ns, &now_ns);
}

static const struct operation OPERATIONS[] = {
    {"recv of 64 bytes", 50, peer_sends, recv_message, MESSAGE_BYTES, NULL},
    {"send of 64 bytes", 50, NULL, send_message, MESSAGE_BYTES, peer_receives},
    {"wait, 1 ready of 50", 50, peer_sends, wait_in_set, 1, receive_one},
    {"wait, 1 ready of 1,000", 1000, peer_sends, wait_in_set, 1, receive_one},
    {"wait, 50 ready of 50", 50, all_peers_send, wait_in_set, 50, receive_all},
    {"wait, recv and send of 64 bytes", 50, peer_sends, echo_message, MESSAGE_BYTES,
     peer_receives},
    {"waitFew, 1 ready of 8", 8, one_of_few_sends, wait_for_few, 1, receive_one},
    {"accept and close", 50, client_connects, accept_and_close, 0, client_closes},
    {"unwatch and watch", 50, NULL, unwatch_and_watch, 0, NULL},
    {"clockTime", 0, NULL, read_clock, 0, NULL},
};

/* ---- running ------------------------------------------------------------------------------ */

static void open_world(struct world* world, struct pollux_kernel* kernel,
                       uint32_t connections_count) {
  *world = (struct world){.kernel = kernel, .connections_count = connections_count};
  world->set = SUCCESS(pollux_open_set(kernel));
  world->listener = make_listener(kernel);
  socklen_t name_bytes = sizeof world->listener_name;
  CHECK_EQUAL(getsockname(descriptor_of(kernel, world->listener),
                          (struct sockaddr*)&world->listener_name, &name_bytes), 0);
  for (uint32_t at = 0; at < connections_count; at += 1) {
    int ends[2];
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    world->near_ends[at] = SUCCESS(pollux_adopt(kernel, ends[0]));
    world->far_ends[at] = ends[1];
    SUCCESS(pollux_watch(kernel, world->set, world->near_ends[at], POLLUX_READ,
                         POLLUX_MODE_LEVEL));
  }
}

static void close_world(struct world* world) {
  for (uint32_t at = 0; at < world->connections_count; at += 1) {
    SUCCESS(pollux_close(world->kernel, world->near_ends[at]));
    close(world->far_ends[at]);
  }
  SUCCESS(pollux_close(world->kernel, world->listener));
  SUCCESS(pollux_close_set(world->kernel, world->set));
}

/* callgrind counts while this runs: --toggle-collect. */
int32_t counted(const struct operation* operation, struct world* world);
__attribute__((noinline)) int32_t counted(const struct operation* operation,
                                          struct world* world) {
  const int32_t answer = operation->call(world);
  __asm__ volatile(""); /* so that the call above is no jump, and this function returns after it */
  return answer;
}

static void run_round(const struct operation* operation, struct world* world, uint32_t round,
                      int32_t (*call)(const struct operation*, struct world*)) {
  if (world->connections_count > 0) world->at = round % world->connections_count;
  if (operation->before != NULL) operation->before(world);
  CHECK_EQUAL(call(operation, world), operation->answer);
  if (operation->after != NULL) operation->after(world);
}

static int32_t not_counted(const struct operation* operation, struct world* world) {
  return operation->call(world);
}

/* callgrind writes a file when this returns: --dump-after. */
void run_operation(const struct operation* operation, struct pollux_kernel* kernel);
__attribute__((noinline)) void run_operation(const struct operation* operation,
                                             struct pollux_kernel* kernel) {
  static struct world world;
  open_world(&world, kernel, operation->connections_count);
  /* Once for each connection first: tables have grown, and what is told once has been told. */
  for (uint32_t round = 0; round <= operation->connections_count; round += 1) {
    run_round(operation, &world, round, not_counted);
  }
  for (uint32_t round = 0; round < OPERATION_ROUNDS; round += 1) {
    run_round(operation, &world, round, counted);
  }
  close_world(&world);
}

#define SYSCALL_ARGUMENTS_COUNT 6

/* Linked in place of syscall(2) by --wrap: Valgrind 3.19 lacks epoll_pwait2, so that the core would
   wait by its timerfd. Every wait here is for ever, or doesn't wait. */
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...) {
  long given[SYSCALL_ARGUMENTS_COUNT];
  va_list arguments;
  va_start(arguments, number);
  for (int at = 0; at < SYSCALL_ARGUMENTS_COUNT; at += 1) given[at] = va_arg(arguments, long);
  va_end(arguments);
  if (number != SYS_epoll_pwait2) {
    return __real_syscall(number, given[0], given[1], given[2], given[3], given[4], given[5]);
  }
  return epoll_wait((int)given[0], (struct epoll_event*)given[1], (int)given[2],
                    given[3] == 0 ? -1 : 0);
}

static bool may_open_descriptors(void) {
  struct rlimit limit;
  CHECK_EQUAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
  if (limit.rlim_cur >= DESCRIPTORS_COUNT_MAX) return true;
  limit.rlim_cur = DESCRIPTORS_COUNT_MAX;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

int main(void) {
  if (!may_open_descriptors()) {
    fprintf(stderr, "it takes %d descriptors, more than `ulimit -Hn` says\n",
            DESCRIPTORS_COUNT_MAX);
    return NOT_HERE;
  }
  alarm(SECONDS_MAX);
  struct pollux_kernel* kernel = make_kernel();
  CHECK(!kernel->waits_by_timerfd);
  for (size_t at = 0; at < sizeof OPERATIONS / sizeof OPERATIONS[0]; at += 1) {
    run_operation(&OPERATIONS[at], kernel);
    printf("%s\n", OPERATIONS[at].title);
  }
  pollux_kernel_destroy(kernel);
  return 0;
}
