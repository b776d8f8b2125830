/* Tests of what needs no system call: errno, memory bounds, indices, handles, addresses, times. */
#include "check.h"

#include "../../native-host/core/address.h"
#include "../../native-host/core/clocks.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void errno_is_translated(void) {
  CHECK_EQUAL(pollux_fail(EAGAIN), -WASI_AGAIN);
  CHECK_EQUAL(pollux_fail(EBADF), -WASI_BADF);
  CHECK_EQUAL(pollux_fail(ECONNRESET), -WASI_CONNRESET);
  CHECK_EQUAL(pollux_fail(EOPNOTSUPP), -WASI_NOTSUP);
  CHECK_EQUAL(pollux_fail(EXDEV), -WASI_XDEV);
}

static void unknown_errno_is_io(void) {
  CHECK_EQUAL(pollux_fail(EHWPOISON), -WASI_IO);
  CHECK_EQUAL(pollux_fail(ENOTBLK), -WASI_IO);
  CHECK_EQUAL(pollux_fail(100000), -WASI_IO);
  CHECK_EQUAL(pollux_fail(-5), -WASI_IO);
  CHECK_EQUAL(pollux_fail(0), -WASI_IO);
  CHECK_EQUAL(pollux_errno_translate(0), WASI_SUCCESS);
}

/* Every number of preview1 up to XDEV comes out of some Linux errno, so none was left out. */
static void every_wasi_errno_is_reached(void) {
  bool reached[WASI_NOTCAPABLE + 1] = {false};
  for (int linux_errno = 0; linux_errno < 200; linux_errno += 1) {
    reached[pollux_errno_translate(linux_errno)] = true;
  }
  for (int wasi = 0; wasi <= WASI_XDEV; wasi += 1) CHECK_EQUAL(reached[wasi] ? wasi : -1, wasi);
  CHECK(!reached[WASI_NOTCAPABLE]); /* a matter of rights, which Linux doesn't know */
}

static void memory_is_bounded(void) {
  uint8_t bytes[100];
  const struct pollux_memory memory = {.base = bytes, .length_bytes = sizeof bytes};
  CHECK(pollux_memory_at(&memory, 0, 100) == bytes);
  CHECK(pollux_memory_at(&memory, 99, 1) == bytes + 99);
  CHECK(pollux_memory_at(&memory, 100, 0) == bytes + 100);
  CHECK(pollux_memory_at(&memory, 100, 1) == NULL);
  CHECK(pollux_memory_at(&memory, 101, 0) == NULL);
  CHECK(pollux_memory_at(&memory, 0, 101) == NULL);
}

static void sums_do_not_wrap(void) {
  uint8_t bytes[100];
  const struct pollux_memory memory = {.base = bytes, .length_bytes = sizeof bytes};
  CHECK(pollux_memory_at(&memory, UINT32_MAX, 2) == NULL);
  CHECK(pollux_memory_at(&memory, 2, UINT32_MAX) == NULL);
  CHECK(pollux_memory_at(&memory, UINT64_MAX, 1) == NULL);
  CHECK(pollux_memory_at(&memory, UINT64_MAX, UINT64_MAX) == NULL);
  CHECK(pollux_memory_at(&memory, 50, UINT64_MAX - 49) == NULL);
}

static void no_memory_has_no_bytes(void) {
  const struct pollux_memory memory = {0};
  CHECK(pollux_memory_at(&memory, 0, 0) == NULL);
  CHECK(pollux_memory_at(&memory, 0, 1) == NULL);
}

static void lowest_index_first(void) {
  struct pollux_index_set* set = calloc(1, sizeof *set);
  for (int32_t index = 0; index < 10000; index += 1) {
    CHECK_EQUAL(pollux_index_set_take(set), index);
  }
  const uint32_t given_back[] = {0, 63, 64, 4095, 4096, 9999};
  for (int at = 5; at >= 0; at -= 1) pollux_index_set_give_back(set, given_back[at]);
  for (int at = 0; at < 6; at += 1) CHECK_EQUAL(pollux_index_set_take(set), given_back[at]);
  CHECK_EQUAL(pollux_index_set_take(set), 10000);
  free(set);
}

static void all_indices_can_be_taken(void) {
  struct pollux_index_set* set = calloc(1, sizeof *set);
  for (uint32_t index = 0; index < POLLUX_INDEX_COUNT_MAX; index += 1) {
    CHECK_EQUAL(pollux_index_set_take(set), index);
  }
  CHECK_EQUAL(pollux_index_set_take(set), -1);
  pollux_index_set_give_back(set, 777777);
  CHECK_EQUAL(pollux_index_set_take(set), 777777);
  CHECK_EQUAL(pollux_index_set_take(set), -1);
  free(set);
}

static int32_t add(struct pollux_handles* handles) {
  SUCCESS(pollux_handles_reserve(handles));
  return pollux_handles_add(handles, 0, POLLUX_FILE_SOCKET_STREAM, 0);
}

static void handle_of_an_index_used_again_differs(void) {
  struct pollux_handles handles;
  SUCCESS(pollux_handles_init(&handles));
  const int32_t first = add(&handles);
  CHECK(first > 0);
  int32_t previous = first;
  for (int reuse = 0; reuse < 2046; reuse += 1) {
    pollux_handles_remove(&handles, pollux_handles_find(&handles, previous));
    const int32_t handle = add(&handles);
    CHECK(handle > 0);
    CHECK_EQUAL(pollux_handle_index(handle), 0);
    CHECK(pollux_handles_find(&handles, first) == NULL);
    CHECK(pollux_handles_find(&handles, previous) == NULL);
    previous = handle;
  }
  /* The 2,047th reuse has the first one's handle again: the bits of the handle are used up. */
  pollux_handles_remove(&handles, pollux_handles_find(&handles, previous));
  CHECK_EQUAL(add(&handles), first);
  pollux_handles_free(&handles);
}

static void epoll_generation_outlives_the_short_one(void) {
  struct pollux_handles handles;
  SUCCESS(pollux_handles_init(&handles));
  const int32_t first = add(&handles);
  const uint32_t generation = pollux_handles_find(&handles, first)->generation;
  for (int reuse = 0; reuse < 2047; reuse += 1) {
    pollux_handles_remove(&handles, &handles.entries[0]);
    CHECK(pollux_handles_at(&handles, 0, generation) == NULL);
    add(&handles);
  }
  CHECK(pollux_handles_find(&handles, first) != NULL);
  CHECK(pollux_handles_at(&handles, 0, generation) == NULL);
  pollux_handles_free(&handles);
}

static void generation_skips_zero_when_it_wraps(void) {
  struct pollux_handles handles;
  SUCCESS(pollux_handles_init(&handles));
  const int32_t first = add(&handles);
  pollux_handles_remove(&handles, pollux_handles_find(&handles, first));
  handles.entries[0].generation = UINT32_MAX;
  const int32_t last = add(&handles);
  CHECK(last > 0);
  pollux_handles_remove(&handles, pollux_handles_find(&handles, last));
  CHECK_EQUAL(handles.entries[0].generation, 1);
  CHECK(add(&handles) != last);
  pollux_handles_free(&handles);
}

static void wrong_handles_are_not_found(void) {
  struct pollux_handles handles;
  SUCCESS(pollux_handles_init(&handles));
  const int32_t handle = add(&handles);
  const int32_t wrong[] = {0, -1, INT32_MIN, INT32_MAX, handle + 1, handle + (1 << 20), 63, 64};
  for (size_t at = 0; at < sizeof wrong / sizeof wrong[0]; at += 1) {
    CHECK(pollux_handles_find(&handles, wrong[at]) == NULL);
  }
  CHECK(pollux_handles_find(&handles, handle) != NULL);
  pollux_handles_free(&handles);
  CHECK(pollux_handles_find(&handles, handle) == NULL);
  CHECK_EQUAL(pollux_handles_reserve(&handles), -WASI_BADF);
}

static void check_address(int32_t family, const char* host, int32_t answer) {
  struct pollux_address address;
  struct pollux_address_text text;
  CHECK_EQUAL(pollux_address_read(family, host, strlen(host), 80, &address), answer);
  if (answer != 0) return;
  SUCCESS(pollux_address_write(&address, &text));
  CHECK_EQUAL(text.family, family);
  CHECK_EQUAL(text.port, family == POLLUX_FAMILY_UNIX ? 0 : 80);
  CHECK_EQUAL(text.host_length_bytes, strlen(host));
  CHECK(memcmp(text.host, host, strlen(host)) == 0);
}

static void addresses_read_and_write(void) {
  check_address(POLLUX_FAMILY_IPV4, "127.0.0.1", 0);
  check_address(POLLUX_FAMILY_IPV6, "::1", 0);
  check_address(POLLUX_FAMILY_IPV6, "fe80::1%1", 0);
  check_address(POLLUX_FAMILY_IPV6, "fe80::1%4294967295", 0);
  check_address(POLLUX_FAMILY_UNIX, "/tmp/socket", 0);
}

static void wrong_addresses_are_refused(void) {
  check_address(POLLUX_FAMILY_IPV4, "", -WASI_INVAL);
  check_address(POLLUX_FAMILY_IPV4, "localhost", -WASI_INVAL);
  check_address(POLLUX_FAMILY_IPV4, "127.1", -WASI_INVAL);
  check_address(POLLUX_FAMILY_IPV4, "::1", -WASI_INVAL);
  check_address(POLLUX_FAMILY_IPV6, "127.0.0.1", -WASI_INVAL);
  check_address(POLLUX_FAMILY_IPV6, "fe80::1%nowhere", -WASI_INVAL);
  check_address(POLLUX_FAMILY_IPV6, "fe80::1%1x", -WASI_INVAL);
  check_address(POLLUX_FAMILY_IPV6, "fe80::1%", -WASI_INVAL);
  check_address(POLLUX_FAMILY_IPV6, "fe80::1%+1", -WASI_INVAL);
  check_address(POLLUX_FAMILY_IPV6, "fe80::1% 1", -WASI_INVAL);
  check_address(POLLUX_FAMILY_IPV6, "fe80::1%4294967297", -WASI_INVAL); /* 1 in 32 bits */
  check_address(POLLUX_FAMILY_IPV6, "fe80::1%18446744073709551617", -WASI_INVAL); /* in 64 */
  check_address(POLLUX_FAMILY_UNIX, "", -WASI_INVAL);
  check_address(7, "127.0.0.1", -WASI_AFNOSUPPORT);
  struct pollux_address address;
  CHECK_EQUAL(pollux_address_read(POLLUX_FAMILY_UNIX, "a\0b", 3, 0, &address), -WASI_INVAL);
  CHECK_EQUAL(pollux_address_read(POLLUX_FAMILY_IPV4, "1.2.3.4\0", 8, 0, &address), -WASI_INVAL);
}

static void unix_paths_have_107_bytes(void) {
  char path[109];
  memset(path, 'p', sizeof path);
  struct pollux_address address;
  struct pollux_address_text text;
  CHECK_EQUAL(pollux_address_read(POLLUX_FAMILY_UNIX, path, 107, 0, &address), 0);
  SUCCESS(pollux_address_write(&address, &text));
  CHECK_EQUAL(text.host_length_bytes, 107);
  CHECK_EQUAL(pollux_address_read(POLLUX_FAMILY_UNIX, path, 108, 0, &address),
              -WASI_NAMETOOLONG);
}

static void timeouts_round_up(void) {
  int64_t ns = 0;
  CHECK(pollux_timeout_from_double(0, &ns) && ns == 0);
  CHECK(pollux_timeout_from_double(0.25, &ns) && ns == 1);
  CHECK(pollux_timeout_from_double(300000, &ns) && ns == 300000);
  CHECK(pollux_timeout_from_double(1e9 + 0.5, &ns) && ns == 1000000001);
  CHECK(pollux_timeout_from_double(INFINITY, &ns) && ns == POLLUX_TIMEOUT_FOREVER);
  CHECK(pollux_timeout_from_double(1e300, &ns) && ns == POLLUX_TIMEOUT_FOREVER);
  CHECK(!pollux_timeout_from_double(NAN, &ns));
  CHECK(!pollux_timeout_from_double(-1, &ns));
}

static void clocks_have_limits(void) {
  uint64_t ns = 7;
  CHECK_EQUAL(pollux_clock_time(4, 0, &ns), -WASI_INVAL);
  CHECK_EQUAL(pollux_clock_time(-1, 0, &ns), -WASI_INVAL);
  CHECK_EQUAL(pollux_clock_resolution(4, &ns), -WASI_INVAL);
  CHECK_EQUAL(ns, 7);
  SUCCESS(pollux_clock_time(POLLUX_CLOCK_MONOTONIC, pollux_monotonic_now_ns(), &ns));
  CHECK(ns < (uint64_t)POLLUX_NS_PER_S);
}

static const struct test TESTS[] = {
    {"a Linux errno becomes the WASI one of the same name", errno_is_translated},
    {"an errno without a WASI name becomes IO, and no failure reads as success",
     unknown_errno_is_io},
    {"every WASI errno but NOTCAPABLE is reached", every_wasi_errno_is_reached},
    {"memory is reached up to its last byte and no further", memory_is_bounded},
    {"no sum of pointer and length wraps", sums_do_not_wrap},
    {"memory that was never attached has no bytes", no_memory_has_no_bytes},
    {"the lowest free index is taken first", lowest_index_first},
    {"1,048,576 indices can be taken and not one more", all_indices_can_be_taken},
    {"a handle differs from the 2,046 that had its index before",
     handle_of_an_index_used_again_differs},
    {"the generation in an event is not the short one of the handle",
     epoll_generation_outlives_the_short_one},
    {"a generation that wraps skips 0, which means none", generation_skips_zero_when_it_wraps},
    {"a number that is no open handle is not found", wrong_handles_are_not_found},
    {"an address reads and writes as the same text", addresses_read_and_write},
    {"a text that is no address is refused", wrong_addresses_are_refused},
    {"a unix path has 107 bytes at most", unix_paths_have_107_bytes},
    {"a timeout is rounded up, and Infinity is for ever", timeouts_round_up},
    {"a clock that does not exist answers INVAL", clocks_have_limits},
};

int main(int argc, char** argv) {
  return run_tests(TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
