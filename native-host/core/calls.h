/*
 * System calls that are made together: by one io_uring_enter(2) where the system lets us and there
 * are enough of them, else one by one. Either way they are made in their order, none of them
 * blocks, and all of them are over when pollux_calls_make returns.
 *
 * To enter the system takes 60 to 400 ns, by what the processor has to be protected from; to enter
 * it for a ring twice as much, and each call of the ring some 100. So few are made one by one.
 */
#ifndef POLLUX_CALLS_H
#define POLLUX_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many can be queued. A power of two, as a ring has them. */
#define POLLUX_CALLS_COUNT_MAX 256u

/* So many at least go by the ring. */
#define POLLUX_CALLS_RING_COUNT_MIN 8u

struct io_uring_cqe;
struct io_uring_sqe;

struct pollux_calls {
  uint32_t count;             /* how many are queued */
  uint32_t first;             /* where the first of them is in the queue: it goes round */
  struct io_uring_sqe* queue; /* as io_uring takes them, whoever makes them */
  int ring_descriptor;        /* -1: all are made one by one */
  size_t ring_bytes;
  uint8_t* ring; /* what is shared with the system beside the queue, and where its parts lie: */
  uint32_t* submission_tail;
  uint32_t* completion_head;
  const uint32_t* completion_tail;
  const struct io_uring_cqe* completions;
  uint32_t completions_mask;
  /* What each has answered once they are made, in their order: as the system call does, or a negated
     errno of Linux. */
  int32_t results[POLLUX_CALLS_COUNT_MAX];
};

/* Makes an empty queue. Without `wants_ring` calls are made one by one, as they are where the system
   has no io_uring of Linux 5.6 or forbids it. Returns 0 or -WASI_NOMEM. */
int32_t pollux_calls_init(struct pollux_calls* calls, bool wants_ring);
void pollux_calls_free(struct pollux_calls* calls);

/* Each queues one call; there must be room. It neither blocks nor raises a signal. `bytes` must stay
   until it is made. Source: recv(2), send(2). */
void pollux_calls_recv(struct pollux_calls* calls, int descriptor, void* bytes,
                       uint32_t length_bytes);
void pollux_calls_send(struct pollux_calls* calls, int descriptor, const void* bytes,
                       uint32_t length_bytes);

/* Makes what is queued, and empties the queue. Returns how many results there are. */
uint32_t pollux_calls_make(struct pollux_calls* calls);

#endif
