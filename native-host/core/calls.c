/* System calls made together: see calls.h. The ring is used without a library: by one thread, and
   never with a call that is pending. Source: io_uring(7), io_uring_enter(2). */
#include "calls.h"

#include "wasi-errno.h"

#include <assert.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define QUEUE_BYTES (POLLUX_CALLS_COUNT_MAX * sizeof(struct io_uring_sqe))

/* A feature of Linux 5.6, the first that receives and sends by a ring; and both rings in one mapping. */
#define FEATURES_NEEDED (IORING_FEAT_CUR_PERSONALITY | IORING_FEAT_SINGLE_MMAP)

/* ---- the ring ------------------------------------------------------------------------------- */

static int enter(const struct pollux_calls* calls, uint32_t submitted_count,
                 uint32_t awaited_count, uint32_t flags) {
  return (int)syscall(SYS_io_uring_enter, calls->ring_descriptor, submitted_count, awaited_count,
                      flags, NULL, (size_t)0);
}

static void* map(int ring_descriptor, size_t bytes, off_t part) {
  void* mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                      ring_descriptor, part);
  return mapped == MAP_FAILED ? NULL : mapped;
}

static uint32_t* word_at(uint8_t* ring, uint32_t offset_bytes) {
  return (uint32_t*)(void*)(ring + offset_bytes);
}

/* Opens the ring, if it can be. */
static void open_ring(struct pollux_calls* calls) {
  struct io_uring_params params = {0};
  const int descriptor = (int)syscall(SYS_io_uring_setup, POLLUX_CALLS_COUNT_MAX, &params);
  if (descriptor < 0) return;
  const size_t ring_bytes =
      params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
  uint8_t* ring = NULL;
  struct io_uring_sqe* queue = NULL;
  if ((params.features & FEATURES_NEEDED) == FEATURES_NEEDED) {
    ring = map(descriptor, ring_bytes, IORING_OFF_SQ_RING);
    queue = map(descriptor, QUEUE_BYTES, IORING_OFF_SQES);
  }
  if (ring == NULL || queue == NULL) {
    if (ring != NULL) munmap(ring, ring_bytes);
    close(descriptor);
    return;
  }
  calls->ring_descriptor = descriptor;
  calls->ring_bytes = ring_bytes;
  calls->ring = ring;
  calls->queue = queue;
  calls->submission_tail = word_at(ring, params.sq_off.tail);
  calls->completion_head = word_at(ring, params.cq_off.head);
  calls->completion_tail = word_at(ring, params.cq_off.tail);
  calls->completions = (const struct io_uring_cqe*)(void*)(ring + params.cq_off.cqes);
  calls->completions_mask = *word_at(ring, params.cq_off.ring_mask);
  /* The queue's order is the submission's. */
  uint32_t* order = word_at(ring, params.sq_off.array);
  for (uint32_t at = 0; at < POLLUX_CALLS_COUNT_MAX; at += 1) order[at] = at;
}

/* Waits for `count` answers, which mostly are there: a call that the system could not make at once is
   made by a thread of its. */
static void collect(struct pollux_calls* calls, uint32_t count) {
  uint32_t head = *calls->completion_head;
  while (count > 0) {
    const uint32_t tail = __atomic_load_n(calls->completion_tail, __ATOMIC_ACQUIRE);
    if (head == tail) enter(calls, 0, count, IORING_ENTER_GETEVENTS);
    for (; head != tail; head += 1) {
      const struct io_uring_cqe* completion = &calls->completions[head & calls->completions_mask];
      assert(completion->user_data < calls->count);
      calls->results[completion->user_data] = completion->res;
      count -= 1;
    }
  }
  __atomic_store_n(calls->completion_head, head, __ATOMIC_RELEASE);
}

/* Makes calls by the ring. Returns how many of the queue it has made: fewer, or none, where the system
   is short of memory. */
static uint32_t make_by_ring(struct pollux_calls* calls) {
  const uint32_t end = calls->first + calls->count;
  __atomic_store_n(calls->submission_tail, end, __ATOMIC_RELEASE);
  const int submitted = enter(calls, calls->count, 0, 0);
  const uint32_t made_count = submitted < 0 ? 0 : (uint32_t)submitted;
  /* The system looks at the tail only when it is entered: what it has not taken is withdrawn. */
  __atomic_store_n(calls->submission_tail, calls->first + made_count, __ATOMIC_RELEASE);
  collect(calls, made_count);
  calls->first += made_count;
  return made_count;
}

/* ---- one by one ----------------------------------------------------------------------------- */

/* By number, as in sockets.c. */
static int32_t make_one(const struct io_uring_sqe* call) {
  void* bytes = (void*)(uintptr_t)call->addr;
  const size_t length_bytes = call->len;
  const long result =
      call->opcode == IORING_OP_RECV
          ? syscall(SYS_recvfrom, call->fd, bytes, length_bytes, call->msg_flags, NULL, NULL)
          : syscall(SYS_sendto, call->fd, bytes, length_bytes, call->msg_flags, NULL, 0);
  return result < 0 ? -errno : (int32_t)result;
}

/* ---- the queue ------------------------------------------------------------------------------ */

int32_t pollux_calls_init(struct pollux_calls* calls, bool wants_ring) {
  *calls = (struct pollux_calls){.ring_descriptor = -1};
  if (wants_ring) open_ring(calls);
  if (calls->queue == NULL) calls->queue = calloc(POLLUX_CALLS_COUNT_MAX, sizeof *calls->queue);
  return calls->queue == NULL ? -WASI_NOMEM : 0;
}

void pollux_calls_free(struct pollux_calls* calls) {
  if (calls->ring_descriptor < 0) {
    free(calls->queue);
  } else {
    munmap(calls->queue, QUEUE_BYTES);
    munmap(calls->ring, calls->ring_bytes);
    close(calls->ring_descriptor);
  }
  *calls = (struct pollux_calls){.ring_descriptor = -1};
}

static struct io_uring_sqe* call_at(const struct pollux_calls* calls, uint32_t position) {
  return &calls->queue[position % POLLUX_CALLS_COUNT_MAX];
}

/* What is not written here is 0 in every call. MSG_DONTWAIT, though our sockets are non-blocking: see
   sockets.c. */
static void queue(struct pollux_calls* calls, uint8_t operation, int descriptor,
                  const void* bytes, uint32_t length_bytes, int flags) {
  assert(calls->count < POLLUX_CALLS_COUNT_MAX);
  struct io_uring_sqe* call = call_at(calls, calls->first + calls->count);
  call->opcode = operation;
  call->fd = descriptor;
  call->addr = (uintptr_t)bytes;
  call->len = length_bytes;
  call->msg_flags = (uint32_t)(flags | MSG_DONTWAIT);
  call->user_data = calls->count;
  calls->count += 1;
}

void pollux_calls_recv(struct pollux_calls* calls, int descriptor, void* bytes,
                       uint32_t length_bytes) {
  queue(calls, IORING_OP_RECV, descriptor, bytes, length_bytes, 0);
}

void pollux_calls_send(struct pollux_calls* calls, int descriptor, const void* bytes,
                       uint32_t length_bytes) {
  queue(calls, IORING_OP_SEND, descriptor, bytes, length_bytes, MSG_NOSIGNAL);
}

uint32_t pollux_calls_make(struct pollux_calls* calls) {
  const uint32_t count = calls->count;
  const uint32_t first = calls->first;
  const bool by_ring = calls->ring_descriptor >= 0 && count >= POLLUX_CALLS_RING_COUNT_MIN;
  uint32_t made_count = by_ring ? make_by_ring(calls) : 0;
  for (; made_count < count; made_count += 1) {
    calls->results[made_count] = make_one(call_at(calls, first + made_count));
  }
  calls->count = 0;
  return count;
}
