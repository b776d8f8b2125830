/* Messages received ahead and answers sent behind: see batch.h. */
#include "batch.h"

#include "clocks.h"
#include "kernel.h"
#include "wasi-errno.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

_Static_assert(POLLUX_BATCH_SENDS_COUNT_MAX <= POLLUX_CALLS_COUNT_MAX, "made together");
_Static_assert(POLLUX_BATCH_BURST_COUNT <= POLLUX_CALLS_COUNT_MAX, "made together");

/* What a guest may take for a turn, and for each handle of it, before its answers are sent at once;
   and for how many turns they then are. */
#define TURN_NS_MAX INT64_C(200000)
#define TURN_HANDLE_NS_MAX INT64_C(50000)
#define PENALTY_TURNS_MIN 100u
#define PENALTY_TURNS_MAX (1u << 20)

/* So many timed turns without a penalty, and the next one is half as long. */
#define QUICK_TURNS_ENOUGH 32u

/* One turn in so many is timed: a power of two. To read the clock twice takes as long as a
   call. */
#define TIMED_TURNS 4u

/* How long sockets that have room may refuse to take bytes, all of them together: the system is
   out of memory for TCP. */
#define REFUSAL_NS_MAX INT64_C(1000000000)
#define REFUSAL_POLL_MS 1

static void forget(struct pollux_batch* shared, struct pollux_batch_slot* slot) {
  slot->unread = 0;
  shared->unread_count -= 1;
}

/* ---- waiting -------------------------------------------------------------------------------- */

/* A guest that takes long lets its answers wait. One long turn says nothing of it: its thread may
   have had no core. */
static void note_turn(struct pollux_batch_state* state) {
  if (state->direct_turns > 0) state->direct_turns -= 1;
  if (state->turn_start_ns == 0) return;
  const int64_t taken_ns = pollux_monotonic_now_ns() - state->turn_start_ns;
  state->turn_start_ns = 0;
  if (state->penalty_turns == 0) state->penalty_turns = PENALTY_TURNS_MIN;
  const bool is_slow = taken_ns > TURN_NS_MAX + state->turn_handles_count * TURN_HANDLE_NS_MAX;
  const bool is_second = is_slow && state->slow_turns != 0;
  state->slow_turns = (uint8_t)(state->slow_turns << 1 | is_slow);
  if (is_second) {
    state->slow_turns = 0;
    state->direct_turns = state->penalty_turns;
    if (state->penalty_turns < PENALTY_TURNS_MAX) state->penalty_turns *= 2;
    state->quick_turns = 0;
    return;
  }
  state->quick_turns += 1;
  if (state->quick_turns < QUICK_TURNS_ENOUGH) return;
  state->quick_turns = 0;
  if (state->penalty_turns > PENALTY_TURNS_MIN) state->penalty_turns /= 2;
}

uint32_t pollux_batch_forget_taken(struct pollux_kernel* kernel) {
  struct pollux_batch_state* state = &kernel->batch;
  note_turn(state);
  const uint32_t listed_count = state->listed_count;
  state->listed_count = 0;
  state->rooms_count = 0;
  state->queue_at = 0;
  state->queue_count = 0;
  if (state->shared->unread_count == 0) return 0;
  for (uint32_t at = 0; at < listed_count; at += 1) {
    struct pollux_entry* entry = pollux_handles_find(&kernel->handles, state->listed[at]);
    if (entry == NULL) continue;
    const struct pollux_batch_slot* slot = pollux_batch_unread(state->shared, entry->handle);
    if (slot == NULL) continue;
    /* A guest that does not take what it was told of is better served one by one. */
    entry->small_reads_count = 0;
    const uint32_t rooms_end = slot->at / POLLUX_BATCH_ROOM_BYTES + 1;
    if (state->rooms_count < rooms_end) state->rooms_count = rooms_end;
    state->listed[state->listed_count++] = entry->handle;
  }
  return state->listed_count;
}

void pollux_batch_queue(struct pollux_batch_state* state, const struct pollux_entry* entry,
                        bool is_writable) {
  if (state->queue_count == POLLUX_BATCH_QUEUE_COUNT_MAX) return;
  state->queue[state->queue_count++] = entry->handle;
  struct pollux_batch_slot* slot = pollux_batch_slot_of(state->shared, entry->handle);
  if (slot->unread == 0 || slot->unread == entry->handle) {
    const bool may_answer = is_writable && state->direct_turns == 0 && !entry->is_write_shut;
    slot->answers = may_answer ? entry->handle : 0;
  }
}

/* Whether to receive ahead from an entry of the queue: the guest may have emptied it or shared it
   since the wait. */
static bool is_to_receive(const struct pollux_batch_state* state,
                          const struct pollux_entry* entry) {
  return pollux_batch_slot_of(state->shared, entry->handle)->unread == 0 &&
         !entry->is_read_dry && pollux_batch_wants(state, entry);
}

/* Takes what a receive ahead has answered, of which the bytes are at `at` in `received`. */
static void take_received(struct pollux_batch_state* state, struct pollux_entry* entry,
                          uint32_t at, int32_t result) {
  struct pollux_batch_slot* slot = pollux_batch_slot_of(state->shared, entry->handle);
  if (result <= 0) {
    slot->unread = 0;
    if (result == -EAGAIN) entry->is_read_dry = true;
    else if (result < 0) entry->kept_errno = (uint8_t)-pollux_fail(-result);
    return; /* the end stays, for the guest to find */
  }
  const uint32_t length_bytes = (uint32_t)result;
  if (length_bytes < POLLUX_BATCH_MESSAGE_BYTES_MAX) entry->is_read_dry = true;
  else entry->small_reads_count = 0;
  slot->at = at;
  slot->length_bytes = length_bytes;
  state->shared->unread_count += 1;
  state->listed[state->listed_count++] = entry->handle;
}

void pollux_batch_receive_burst(struct pollux_kernel* kernel) {
  struct pollux_batch_state* state = &kernel->batch;
  struct pollux_calls* calls = &kernel->calls;
  struct pollux_entry* entries[POLLUX_BATCH_BURST_COUNT];
  const uint32_t first_room = state->rooms_count;
  for (; state->queue_at < state->queue_count && state->rooms_count < POLLUX_BATCH_BURST_COUNT;
       state->queue_at += 1) {
    struct pollux_entry* entry =
        pollux_handles_find(&kernel->handles, state->queue[state->queue_at]);
    if (entry == NULL || !is_to_receive(state, entry)) continue;
    /* Taken at once: another one of this burst may have the same slot. */
    pollux_batch_slot_of(state->shared, entry->handle)->unread = entry->handle;
    entries[calls->count] = entry;
    pollux_calls_recv(calls, entry->descriptor,
                      state->shared->received + state->rooms_count * POLLUX_BATCH_ROOM_BYTES,
                      POLLUX_BATCH_MESSAGE_BYTES_MAX);
    state->rooms_count += 1;
  }
  const uint32_t count = pollux_calls_make(calls);
  for (uint32_t index = 0; index < count; index += 1) {
    take_received(state, entries[index], (first_room + index) * POLLUX_BATCH_ROOM_BYTES,
                  calls->results[index]);
  }
}

void pollux_batch_begin_turn(struct pollux_batch_state* state, uint32_t reported_count) {
  if (state->listed_count == 0) return;
  state->turn_handles_count = reported_count;
  state->turns_count += 1;
  if (state->turns_count % TIMED_TURNS == 0) state->turn_start_ns = pollux_monotonic_now_ns();
}

/* ---- receiving ------------------------------------------------------------------------------ */

/* Copies to the pieces, and makes them what is left of them. Returns how many bytes. */
static uint32_t scatter(const uint8_t* from, uint32_t length_bytes, struct iovec* pieces,
                        size_t pieces_count) {
  uint32_t taken_bytes = 0;
  for (size_t index = 0; index < pieces_count && taken_bytes < length_bytes; index += 1) {
    struct iovec* piece = &pieces[index];
    const uint32_t left_bytes = length_bytes - taken_bytes;
    const uint32_t part_bytes =
        piece->iov_len < left_bytes ? (uint32_t)piece->iov_len : left_bytes;
    memcpy(piece->iov_base, from + taken_bytes, part_bytes);
    *piece = (struct iovec){.iov_base = (uint8_t*)piece->iov_base + part_bytes,
                            .iov_len = piece->iov_len - part_bytes};
    taken_bytes += part_bytes;
  }
  return taken_bytes;
}

int32_t pollux_batch_recv(struct pollux_kernel* kernel, struct pollux_entry* entry,
                          struct iovec* pieces, size_t pieces_count, int flags) {
  struct pollux_batch* shared = kernel->batch.shared;
  struct pollux_batch_slot* slot = pollux_batch_unread(shared, entry->handle);
  if (slot == NULL) return pollux_batch_take_error(entry);
  const bool is_peek = (flags & MSG_PEEK) != 0;
  const uint32_t length_bytes = slot->length_bytes;
  const uint32_t taken_bytes =
      scatter(shared->received + slot->at, length_bytes, pieces, pieces_count);
  if (!is_peek) {
    slot->at += taken_bytes;
    slot->length_bytes -= taken_bytes;
    if (slot->length_bytes == 0) forget(shared, slot);
  }
  /* What has come since is not looked for when the queue was empty: a wait will tell. A peek
     looks, since who peeks until enough is there takes nothing meanwhile. */
  if (taken_bytes < length_bytes || (entry->is_read_dry && !is_peek)) return (int32_t)taken_bytes;
  size_t left_bytes = 0;
  for (size_t index = 0; index < pieces_count; index += 1) left_bytes += pieces[index].iov_len;
  if (left_bytes == 0) return (int32_t)taken_bytes;
  struct msghdr message = {.msg_iov = pieces, .msg_iovlen = pieces_count};
  const int32_t rest = kernel->demux->recv_vectors(kernel, entry, &message, flags);
  if (rest < 0 && rest != -WASI_AGAIN) entry->kept_errno = (uint8_t)-rest;
  return (int32_t)taken_bytes + (rest > 0 ? rest : 0);
}

void pollux_batch_before_close(struct pollux_kernel* kernel, const struct pollux_entry* entry) {
  pollux_batch_forget_room(&kernel->batch, entry->handle);
  struct pollux_batch_slot* slot = pollux_batch_unread(kernel->batch.shared, entry->handle);
  if (slot == NULL) return;
  forget(kernel->batch.shared, slot);
  const struct linger reset = {.l_onoff = 1, .l_linger = 0};
  setsockopt(entry->descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

/* ---- sending -------------------------------------------------------------------------------- */

static bool is_refusal(int32_t result) {
  return result == -WASI_AGAIN || result == -WASI_NOBUFS || result == -WASI_NOMEM;
}

/* Sends what the call that was made for an answer has left of it, nearly always nothing; `result`
   is that call's. The guest has been told that it is sent: it is, or the connection is over.
   `deadline_ns` is 0 until the first refusal. */
static void send_rest(struct pollux_kernel* kernel, const struct pollux_batch_send* kept,
                      int32_t result, int64_t* deadline_ns) {
  struct pollux_entry* entry = pollux_handles_find(&kernel->handles, kept->handle);
  const uint8_t* bytes = kernel->batch.shared->sending + kept->at;
  uint32_t sent_bytes = 0;
  for (;;) {
    if (result > 0) sent_bytes += (uint32_t)result;
    if (sent_bytes == kept->length_bytes) return;
    const int64_t now_ns = pollux_monotonic_now_ns();
    if (*deadline_ns == 0) *deadline_ns = now_ns + REFUSAL_NS_MAX;
    if ((result < 0 && !is_refusal(result)) || now_ns >= *deadline_ns) {
      /* EPIPE the system tells again, and only to those who send. */
      if (result < 0 && result != -WASI_PIPE) entry->kept_errno = (uint8_t)-result;
      shutdown(entry->descriptor, SHUT_WR); /* nothing may follow what is missing */
      return;
    }
    struct pollfd polled = {.fd = entry->descriptor, .events = POLLOUT};
    poll(&polled, 1, REFUSAL_POLL_MS);
    result = kernel->demux->send(kernel, entry, bytes + sent_bytes,
                                 (size_t)(kept->length_bytes - sent_bytes));
  }
}

void pollux_batch_send_kept(struct pollux_kernel* kernel) {
  struct pollux_batch* shared = kernel->batch.shared;
  struct pollux_calls* calls = &kernel->calls;
  const struct pollux_batch_send* sends[POLLUX_BATCH_SENDS_COUNT_MAX]; /* by their calls */
  const uint32_t kept_count = shared->sends_count < POLLUX_BATCH_SENDS_COUNT_MAX
                                  ? shared->sends_count
                                  : POLLUX_BATCH_SENDS_COUNT_MAX;
  for (uint32_t index = 0; index < kept_count; index += 1) {
    const struct pollux_batch_send* kept = &shared->sends[index];
    const struct pollux_entry* entry = pollux_handles_find(&kernel->handles, kept->handle);
    if (entry == NULL || kept->length_bytes > POLLUX_BATCH_MESSAGE_BYTES_MAX ||
        kept->at > POLLUX_BATCH_SENDING_BYTES - kept->length_bytes) {
      continue;
    }
    sends[calls->count] = kept;
    pollux_calls_send(calls, entry->descriptor, shared->sending + kept->at, kept->length_bytes);
  }
  int64_t deadline_ns = 0;
  const uint32_t count = pollux_calls_make(calls);
  for (uint32_t index = 0; index < count; index += 1) {
    const int32_t result = calls->results[index];
    if (result == (int32_t)sends[index]->length_bytes) continue;
    send_rest(kernel, sends[index], result < 0 ? pollux_fail(-result) : result, &deadline_ns);
  }
  shared->sends_count = 0;
  shared->sending_bytes = 0;
}
