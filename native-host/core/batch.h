/*
 * Batching: what a guest asks one by one for each small message of a turn crosses from JavaScript
 * into here by the turn. A wait receives the small messages of the sockets that it reports, and
 * lays them where JavaScript finds them; JavaScript lays small answers there, and they are sent
 * at the beginning of the next call of any kind. A turn then makes one crossing, not two for
 * each message more, its system calls are made together (calls.h), and the system's code for one
 * operation stays in the caches from one message to the next. Where many are reported they are
 * received in bursts: when the messages of one are taken, the next receive finds nothing ahead,
 * comes here, and brings those of the next one.
 *
 * Nobody may be able to tell, except by a clock:
 *
 * - A message is received ahead only from a TCP socket of our own that nobody shares, where the
 *   one set watches it by level for reading, and the last two receives were small and emptied it.
 *   What was received ahead and not taken is reported by every wait, received before anything
 *   else, and makes a close a reset.
 * - An answer is kept only when the system has said in the same breath that a third of the send
 *   buffer is free, and one for each message.
 * - Before any other call the answers go out, in their order: no effect of the guest's overtakes
 *   them. A guest that traps, ends or is ended has sent them too; only a process that is killed
 *   has not.
 * - An error of a send or receive made ahead is kept, and told by the next call of that socket.
 * - An answer is kept for microseconds. After two turns that took long, of nine that are timed,
 *   answers are sent at once for 100 turns, after the next two for 200, and so on; quick turns
 *   halve that again.
 */
#ifndef POLLUX_BATCH_H
#define POLLUX_BATCH_H

#include "handles.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct pollux_kernel;

/* A longer message costs more to copy once more than a crossing does. */
#define POLLUX_BATCH_MESSAGE_BYTES_MAX 512
#define POLLUX_BATCH_SENDING_BYTES 32768
#define POLLUX_BATCH_SENDS_COUNT_MAX 256
/* By the index of the handle, cut: whose slot is taken is served one by one. */
#define POLLUX_BATCH_SLOTS_COUNT 1024
/* How many connections are received from ahead at once. The messages and the answers of a burst
   find room, and so all of a turn's are batched, however many it has; 64 to 256 measure alike. */
#define POLLUX_BATCH_BURST_COUNT 128
/* What each of them has of `received`: a line more than a message, or the beginnings of all would
   share a few sets of the caches. */
#define POLLUX_BATCH_ROOM_BYTES (POLLUX_BATCH_MESSAGE_BYTES_MAX + 64)
/* As many as a wait reports. */
#define POLLUX_BATCH_QUEUE_COUNT_MAX 1024

/* What stands here for a socket. */
struct pollux_batch_slot {
  int32_t unread; /* the handle of which a message lies here; 0 for none */
  uint32_t at;    /* where it begins in `received` */
  uint32_t length_bytes;
  int32_t answers; /* the handle that has room for one answer; 0 for none */
};

struct pollux_batch_send {
  int32_t handle;
  uint32_t at; /* where it begins in `sending` */
  uint32_t length_bytes;
  int32_t unused;
};

/* What both sides write, each between calls of the other; it lies in JavaScript's memory. As in
   host/kernel/native/batch.ts. Messages begin at multiples of 8. */
struct pollux_batch {
  int32_t unread_count;
  uint32_t sends_count;
  uint32_t sending_bytes; /* how many of `sending` are taken */
  int32_t unused;
  struct pollux_batch_slot slots[POLLUX_BATCH_SLOTS_COUNT];
  struct pollux_batch_send sends[POLLUX_BATCH_SENDS_COUNT_MAX];
  uint8_t received[POLLUX_BATCH_BURST_COUNT * POLLUX_BATCH_ROOM_BYTES];
  uint8_t sending[POLLUX_BATCH_SENDING_BYTES];
};

/* What only this side knows. */
struct pollux_batch_state {
  struct pollux_batch* shared; /* NULL: nothing is batched */
  uint32_t queue_at;           /* the next one of `queue` */
  uint32_t queue_count;
  uint32_t listed_count;
  uint32_t rooms_count;        /* how many rooms of `received` are taken */
  uint32_t turn_handles_count; /* how many handles the last wait has reported */
  uint32_t turns_count;        /* turns with such messages so far; one in a few is timed */
  int64_t turn_start_ns;       /* when the last wait ended, where its turn is timed; else 0 */
  uint32_t direct_turns;       /* for how many turns more answers are sent at once */
  uint32_t penalty_turns;      /* for how many they will be after the next slow one */
  uint32_t quick_turns;        /* how many timed ones were quick since a penalty was halved */
  uint8_t slow_turns;          /* which of the last eight timed ones were slow: a bit each */
  int32_t listed[POLLUX_BATCH_BURST_COUNT];    /* the handles that `received` holds messages of */
  int32_t queue[POLLUX_BATCH_QUEUE_COUNT_MAX]; /* the handles to receive from ahead */
};

/* Where something of a handle may stand. */
static inline struct pollux_batch_slot* pollux_batch_slot_of(struct pollux_batch* shared,
                                                             int32_t handle) {
  return &shared->slots[pollux_handle_index(handle) % POLLUX_BATCH_SLOTS_COUNT];
}

/* ---- waiting -------------------------------------------------------------------------------- */

/* Forgets what has been taken, and what is queued. Returns how many handles still have something
   unread: the first ones of `listed`. */
uint32_t pollux_batch_forget_taken(struct pollux_kernel* kernel);

/* At the beginning of a wait. Returns how many handles have something unread. */
static inline uint32_t pollux_batch_begin_wait(struct pollux_kernel* kernel,
                                               const struct pollux_batch_state* state) {
  const bool is_empty = state->listed_count == 0 && state->queue_count == 0;
  return is_empty ? 0 : pollux_batch_forget_taken(kernel);
}

/* True for an entry whose messages are worth receiving ahead. */
static inline bool pollux_batch_wants(const struct pollux_batch_state* state,
                                      const struct pollux_entry* entry) {
  return entry->small_reads_count == POLLUX_SMALL_READS_ENOUGH && state->shared != NULL &&
         (entry->flags & POLLUX_ENTRY_SHARED) == 0;
}

/* Queues an entry that is to be reported as readable. `is_writable`: there is room for an answer,
   too. */
void pollux_batch_queue(struct pollux_batch_state* state, const struct pollux_entry* entry,
                        bool is_writable);

/* Receives ahead from the next ones of the queue, as far as there is room. At the end of a wait. */
void pollux_batch_receive_burst(struct pollux_kernel* kernel);

/* At the end of a wait that reports so many handles. */
void pollux_batch_begin_turn(struct pollux_batch_state* state, uint32_t reported_count);

/* ---- receiving ------------------------------------------------------------------------------ */

/* The slot of a handle of which something was received ahead and not taken, or NULL. */
static inline struct pollux_batch_slot* pollux_batch_unread(struct pollux_batch* shared,
                                                            int32_t handle) {
  if (shared == NULL || shared->unread_count == 0) return NULL;
  struct pollux_batch_slot* slot = pollux_batch_slot_of(shared, handle);
  return slot->unread == handle ? slot : NULL;
}

/* True when the next receive has not to ask the system first. */
static inline bool pollux_batch_is_ahead(const struct pollux_batch_state* state,
                                         const struct pollux_entry* entry) {
  return entry->kept_errno != 0 || pollux_batch_unread(state->shared, entry->handle) != NULL;
}

/* As the demux's recv_vectors, of an entry that is ahead; `flags` are those of recv(2). The
   pieces are used up. */
int32_t pollux_batch_recv(struct pollux_kernel* kernel, struct pollux_entry* entry,
                          struct iovec* pieces, size_t pieces_count, int flags);

/* At the end of a receive: when all that came ahead is taken, the next burst does. */
static inline void pollux_batch_after_recv(struct pollux_kernel* kernel,
                                           struct pollux_batch_state* state) {
  if (state->queue_at == state->queue_count || state->shared->unread_count > 0) return;
  state->listed_count = 0;
  state->rooms_count = 0;
  pollux_batch_receive_burst(kernel);
}

/* Takes the error that was kept for an entry: a negated errno, or 0. */
static inline int32_t pollux_batch_take_error(struct pollux_entry* entry) {
  const int32_t error = entry->kept_errno;
  entry->kept_errno = 0;
  return -error;
}

/* Before a close: what is unread makes it a reset, and is forgotten, as the room is. */
void pollux_batch_before_close(struct pollux_kernel* kernel, const struct pollux_entry* entry);

/* ---- sending -------------------------------------------------------------------------------- */

/* Before a call that may take the room that an answer was promised, or end it. */
static inline void pollux_batch_forget_room(const struct pollux_batch_state* state,
                                            int32_t handle) {
  if (state->shared == NULL) return;
  struct pollux_batch_slot* slot = pollux_batch_slot_of(state->shared, handle);
  if (slot->answers == handle) slot->answers = 0;
}

/* Before a send: forgets the room, and takes the kept error. Returns 0 or a negated errno. */
static inline int32_t pollux_batch_before_send(const struct pollux_batch_state* state,
                                               struct pollux_entry* entry) {
  pollux_batch_forget_room(state, entry->handle);
  return pollux_batch_take_error(entry);
}

void pollux_batch_send_kept(struct pollux_kernel* kernel);

/* Sends the answers that JavaScript has left. At the beginning of every call. */
static inline void pollux_batch_flush(struct pollux_kernel* kernel,
                                      const struct pollux_batch* shared) {
  if (shared != NULL && shared->sends_count > 0) pollux_batch_send_kept(kernel);
}

#endif
