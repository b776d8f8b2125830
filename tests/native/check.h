/*
 * A small test frame for the C core. A program holds a table of tests; `--list` prints their titles
 * and a number runs one of them, in a process of its own, so that a crash or hang is that test's.
 */
#ifndef POLLUX_CHECK_H
#define POLLUX_CHECK_H

#include "../../native-host/core/kernel.h"
#include "../../native-host/core/wasi-errno.h"

#include <stdint.h>

struct test {
  const char* title; /* a sentence of behaviour */
  void (*run)(void);
};

/* The body of main. */
int run_tests(const struct test* tests, int tests_count, int argc, char** argv);

/* Ends the program with status 1 and the place and both values, unless they are equal. */
void check_equal(const char* file, int line, const char* text, int64_t actual, int64_t expected);

#define CHECK(condition) check_equal(__FILE__, __LINE__, #condition, !!(condition), 1)
#define CHECK_EQUAL(actual, expected) \
  check_equal(__FILE__, __LINE__, #actual, (int64_t)(actual), (int64_t)(expected))

/* The answer of a call that must succeed. */
int32_t check_success(const char* file, int line, const char* text, int32_t answer);
#define SUCCESS(call) check_success(__FILE__, __LINE__, #call, call)

#define MEMORY_BYTES 65536
#define FOREVER INT64_C(-1)
#define MILLISECOND_NS INT64_C(1000000)

/* A kernel with memory. It ends with the process. With POLLUX_TEST_TIMERFD in the environment its
   sets wait by a timerfd, and with POLLUX_TEST_WITHOUT_RING it makes calls one by one. */
struct pollux_kernel* make_kernel(void);
struct pollux_kernel* make_kernel_with(struct pollux_kernel_options options);
uint8_t* memory_of(struct pollux_kernel* kernel);

struct connection {
  int32_t near_end; /* accepted */
  int32_t far_end;  /* connected */
};

int32_t make_listener(struct pollux_kernel* kernel);
struct connection make_connection(struct pollux_kernel* kernel);

/* Sends a byte to the near end, and returns when it is there. */
void send_byte(struct pollux_kernel* kernel, struct connection connection);

/* Keeps an answer of a handle that has room for one, as JavaScript does between two calls. */
void keep_answer(struct pollux_batch* shared, int32_t handle, const char* text);

/* The OS descriptor behind a handle. */
int descriptor_of(const struct pollux_kernel* kernel, int32_t handle);

/* How many times the epoll sets of this process hold the descriptor; `events`, if not NULL, becomes
   what the last of them watches it for. Source: proc(5), fdinfo. */
int registrations_of(int descriptor, uint32_t* events);

/* Waits for one handle, without a set: the readiness, 0 when the time ran out, or an errno. */
int32_t wait_for(struct pollux_kernel* kernel, int32_t handle, int32_t interest,
                 int64_t timeout_ns);

#endif
