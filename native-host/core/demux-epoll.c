/*
 * Waiting by epoll(7). A set is one epoll descriptor, which always holds the wake descriptor too,
 * and a table that says who is registered, so that a change costs one system call and no guess.
 *
 * For every level-triggered event the system looks at the descriptor twice: when it reports it, and
 * at the next wait, mostly to find that there is nothing any more. So a level watch for reading from
 * TCP begins as an edge: whoever has emptied the queue (entry->is_read_dry) is told by the system
 * when something comes. Whoever has not, or is at its end, is watched by level from the next wait
 * on, and the system says what holds.
 */
#include "clocks.h"
#include "demux.h"
#include "epoll-pwait2.h"
#include "kernel.h"
#include "readiness.h"
#include "sockets.h"
#include "wasi-errno.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define EVENTS_COUNT_MAX 1024
_Static_assert(POLLUX_BATCH_QUEUE_COUNT_MAX == EVENTS_COUNT_MAX, "as many as a wait reports");

/* How often a wait whose time is over, and that found only what isn't reported, looks again. */
#define STALE_ROUNDS_MAX 16

/* An entry's tag is its generation over its index, and no index comes near these. */
#define TAG_WAKE UINT64_MAX
#define TAG_TIMER (UINT64_MAX - 1)

enum trigger {
  TRIGGER_AS_ASKED,
  TRIGGER_EDGE_FOR_LEVEL,
  /* The same, and the last wait has reported bytes. */
  TRIGGER_EDGE_FOR_LEVEL_READ,
  /* The same, and the last wait has reported what no read ends: the peer's end, an error. */
  TRIGGER_EDGE_FOR_LEVEL_OVER,
};

struct registration {
  /* Of the entry that is registered, 0 for none. A closed entry may stay in here; its generation
     then no longer matches. */
  uint32_t generation;
  uint8_t trigger; /* enum trigger */
  /* What was received ahead is to be reported, by every wait or once. */
  bool wants_unread : 1;
  bool wants_unread_once : 1;
  /* Events say whether there is room to send. */
  bool tells_room : 1;
};

struct epoll_set {
  int epoll_descriptor;
  int timer_descriptor; /* -1 where epoll_pwait2 works */
  bool timer_is_armed;
  bool is_next_without_unread;
  struct registration* registrations; /* by the index of the handle */
  uint32_t registrations_count;       /* how many are allocated */
  uint32_t used_count;                /* those behind them were never written */
  /* The handles that the last wait has reported by an edge for a level. */
  int32_t reported[EVENTS_COUNT_MAX];
  int reported_count;
};

static int32_t add_internal(int epoll_descriptor, int descriptor, uint64_t tag) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag};
  const int result = epoll_ctl(epoll_descriptor, EPOLL_CTL_ADD, descriptor, &event);
  return result == 0 ? 0 : pollux_fail(errno);
}

static void free_set(struct epoll_set* set) {
  if (set->epoll_descriptor >= 0) close(set->epoll_descriptor);
  if (set->timer_descriptor >= 0) close(set->timer_descriptor);
  free(set->registrations);
  free(set);
}

/* Opens the descriptors of `set`, which has none yet. */
static int32_t fill_set(const struct pollux_kernel* kernel, struct epoll_set* set) {
  set->epoll_descriptor = epoll_create1(EPOLL_CLOEXEC);
  if (set->epoll_descriptor < 0) return pollux_fail(errno);
  const int32_t added = add_internal(set->epoll_descriptor, kernel->wake_descriptor, TAG_WAKE);
  if (added < 0 || !kernel->waits_by_timerfd) return added;
  set->timer_descriptor = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (set->timer_descriptor < 0) return pollux_fail(errno);
  return add_internal(set->epoll_descriptor, set->timer_descriptor, TAG_TIMER);
}

static int32_t epoll_open_set(struct pollux_kernel* kernel, void** result) {
  struct epoll_set* set = calloc(1, sizeof *set);
  if (set == NULL) return -WASI_NOMEM;
  set->epoll_descriptor = -1;
  set->timer_descriptor = -1;
  const int32_t filled = fill_set(kernel, set);
  if (filled < 0) {
    free_set(set);
    return filled;
  }
  *result = set;
  return 0;
}

static void epoll_close_set(struct pollux_kernel* kernel, void* set) {
  (void)kernel;
  free_set(set);
}

/* Makes room for `index`. Returns 0 or -WASI_NOMEM. */
static int32_t reserve_registration(struct epoll_set* set, uint32_t index) {
  if (index < set->used_count) return 0;
  if (index >= set->registrations_count) {
    uint32_t count = set->registrations_count == 0 ? 64 : set->registrations_count;
    while (count <= index) count *= 2;
    struct registration* larger = realloc(set->registrations, count * sizeof *larger);
    if (larger == NULL) return -WASI_NOMEM;
    set->registrations = larger;
    set->registrations_count = count;
  }
  const uint32_t new_count = index + 1 - set->used_count;
  memset(set->registrations + set->used_count, 0, new_count * sizeof *set->registrations);
  set->used_count = index + 1;
  return 0;
}

/* The registration of an entry, or NULL. Valid until the next watch. */
static struct registration* find_registration(const struct epoll_set* set,
                                              const struct pollux_entry* entry) {
  const uint32_t index = pollux_handle_index(entry->handle);
  if (index >= set->used_count) return NULL;
  struct registration* registration = &set->registrations[index];
  return registration->generation == entry->generation ? registration : NULL;
}

static uint32_t mode_bits(enum pollux_mode mode) {
  if (mode == POLLUX_MODE_EDGE) return EPOLLET;
  return mode == POLLUX_MODE_ONE_SHOT ? EPOLLONESHOT : 0;
}

/* The end and urgent bytes are asked for as well: either way a short read proves nothing. */
static const uint32_t EDGE_FOR_LEVEL_EVENTS = EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLET;

/* Registers an entry, or changes how it is registered. Returns 0 or a negated errno. */
static int32_t control(const struct epoll_set* set, int operation,
                       const struct pollux_entry* entry, uint32_t events) {
  struct epoll_event event = {
      .events = events,
      .data.u64 = (uint64_t)entry->generation << 32 | pollux_handle_index(entry->handle),
  };
  const int result = epoll_ctl(set->epoll_descriptor, operation, entry->descriptor, &event);
  return result == 0 ? 0 : pollux_fail(errno);
}

static int32_t epoll_watch(struct pollux_kernel* kernel, void* state,
                           const struct pollux_entry* entry, uint32_t interest,
                           enum pollux_mode mode) {
  (void)kernel;
  struct epoll_set* set = state;
  const uint32_t index = pollux_handle_index(entry->handle);
  const int32_t reserved = reserve_registration(set, index);
  if (reserved < 0) return reserved;
  const bool is_edge_for_level = mode == POLLUX_MODE_LEVEL && interest == POLLUX_READ &&
                                 (entry->flags & POLLUX_ENTRY_TCP) != 0;
  const int operation =
      find_registration(set, entry) == NULL ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  const int32_t result = control(set, operation, entry,
                                 is_edge_for_level ? EDGE_FOR_LEVEL_EVENTS
                                                   : pollux_events_of(interest) | mode_bits(mode));
  if (result < 0) return result;
  set->registrations[index] = (struct registration){
      .generation = entry->generation,
      .trigger = is_edge_for_level ? TRIGGER_EDGE_FOR_LEVEL : TRIGGER_AS_ASKED,
      .wants_unread = (interest & POLLUX_READ) != 0,
      .wants_unread_once = mode != POLLUX_MODE_LEVEL,
  };
  return 0;
}

static void epoll_unwatch(struct pollux_kernel* kernel, void* state,
                          const struct pollux_entry* entry) {
  (void)kernel;
  struct epoll_set* set = state;
  struct registration* registration = find_registration(set, entry);
  if (registration == NULL) return;
  control(set, EPOLL_CTL_DEL, entry, 0);
  *registration = (struct registration){0};
}

static bool is_level_unknown(const struct registration* registration,
                             const struct pollux_entry* entry) {
  return registration->trigger == TRIGGER_EDGE_FOR_LEVEL_OVER ||
         (registration->trigger == TRIGGER_EDGE_FOR_LEVEL_READ && !entry->is_read_dry);
}

/* What the last wait reported as an edge for a level, and no one has emptied since, is a level from
   now on: the system looks, and reports it again where it still holds. */
static void restore_levels(const struct pollux_kernel* kernel, struct epoll_set* set) {
  for (int at = 0; at < set->reported_count; at += 1) {
    const struct pollux_entry* entry =
        pollux_handles_find(&kernel->handles, set->reported[at]);
    struct registration* registration = entry == NULL ? NULL : find_registration(set, entry);
    if (registration == NULL || !is_level_unknown(registration, entry)) continue;
    /* It fails only when someone has closed the descriptor behind our back: nothing to wait for. */
    control(set, EPOLL_CTL_MOD, entry, pollux_events_of(POLLUX_READ));
    registration->trigger = TRIGGER_AS_ASKED;
  }
  set->reported_count = 0;
}

/* Sets the timer, if there is one, to `deadline_ns`, or stops it when the wait that comes needs
   none: a timer of an earlier wait would end this one. Returns 0 or a negated errno. */
static int32_t set_timer(struct epoll_set* set, int64_t deadline_ns, bool is_needed) {
  if (set->timer_descriptor < 0 || (!is_needed && !set->timer_is_armed)) return 0;
  struct itimerspec timer = {0};
  if (is_needed) timer.it_value = pollux_timespec_of(deadline_ns);
  if (timerfd_settime(set->timer_descriptor, TFD_TIMER_ABSTIME, &timer, NULL) != 0) {
    return pollux_fail(errno);
  }
  set->timer_is_armed = is_needed;
  return 0;
}

/* Receives ahead from an entry with bytes to read, once its events say whether there is room for the
   answer: asked for from the start, that would be an event by itself for each connection that comes. */
static void receive_ahead(struct pollux_kernel* kernel, const struct epoll_set* set,
                          struct registration* registration, struct pollux_entry* entry,
                          bool is_writable) {
  if (registration->tells_room) {
    pollux_batch_queue(&kernel->batch, entry, is_writable);
    return;
  }
  registration->tells_room =
      control(set, EPOLL_CTL_MOD, entry, EDGE_FOR_LEVEL_EVENTS | EPOLLOUT) == 0;
}

/* Takes an event of `entry`. Returns its readiness, without what was not asked for. */
static uint32_t take_event(struct pollux_kernel* kernel, struct epoll_set* set,
                           struct pollux_entry* entry, uint32_t events) {
  struct registration* registration = find_registration(set, entry);
  if (registration == NULL || registration->trigger == TRIGGER_AS_ASKED) {
    return pollux_readiness_of(events);
  }
  const bool is_writable = (events & EPOLLOUT) != 0;
  events &= ~(uint32_t)EPOLLOUT;
  if (events == 0) return 0;
  const bool is_over = (events & ~(uint32_t)EPOLLIN) != 0;
  registration->trigger = is_over ? TRIGGER_EDGE_FOR_LEVEL_OVER : TRIGGER_EDGE_FOR_LEVEL_READ;
  set->reported[set->reported_count++] = entry->handle;
  entry->is_read_dry = false;
  if (!is_over && pollux_batch_wants(&kernel->batch, entry) && kernel->sets_count == 1) {
    receive_ahead(kernel, set, registration, entry, is_writable);
  }
  return pollux_readiness_of(events & ~(uint32_t)EPOLLRDHUP);
}

/* Turns events into pairs, and leaves out what isn't an event of an open handle. */
static int32_t report(struct pollux_kernel* kernel, struct epoll_set* set,
                      const struct epoll_event* events, int count, int32_t* pairs) {
  int32_t written = 0;
  for (int at = 0; at < count; at += 1) {
    const uint64_t tag = events[at].data.u64;
    if (tag == TAG_WAKE) {
      kernel->wake_is_pending = true;
      continue;
    }
    if (tag == TAG_TIMER) continue;
    struct pollux_entry* entry =
        pollux_handles_at(&kernel->handles, (uint32_t)tag, (uint32_t)(tag >> 32));
    if (entry == NULL) continue;
    uint32_t readiness = take_event(kernel, set, entry, events[at].events);
    if (readiness == 0) continue; /* urgent bytes, or room to send, alone */
    if (entry->kept_errno != 0) readiness |= POLLUX_ERROR;
    pairs[2 * written] = entry->handle;
    pairs[2 * written + 1] = (int32_t)readiness;
    written += 1;
  }
  if (kernel->batch.queue_count > 0) pollux_batch_receive_burst(kernel);
  return written;
}

static int wait_once(const struct epoll_set* set, struct epoll_event* events, int events_max,
                     int64_t left_ns) {
  if (set->timer_descriptor < 0) {
    return pollux_epoll_pwait2(set->epoll_descriptor, events, events_max, left_ns);
  }
  return epoll_wait(set->epoll_descriptor, events, events_max, left_ns == 0 ? 0 : -1);
}

/* Adds to the report of a handle. False when it is not among the first `count` pairs. */
static bool add_to_report(int32_t* pairs, int32_t count, int32_t handle, uint32_t readiness) {
  for (int32_t at = 0; at < count; at += 1) {
    if (pairs[2 * at] != handle) continue;
    pairs[2 * at + 1] |= (int32_t)readiness;
    return true;
  }
  return false;
}

/* Reports what is there now, where something that was received ahead by an earlier wait has not been
   taken. What is unread and would fill the list has it every other time, so that it hides nothing. */
static int32_t poll_beside_unread(struct pollux_kernel* kernel, struct epoll_set* set,
                                  uint32_t unread_count, int32_t* pairs, uint32_t capacity) {
  struct epoll_event events[EVENTS_COUNT_MAX];
  uint32_t room = unread_count < capacity ? capacity - unread_count : 0;
  if (room == 0 && set->is_next_without_unread) room = capacity;
  set->is_next_without_unread = room == 0;
  if (room > EVENTS_COUNT_MAX) room = EVENTS_COUNT_MAX;
  restore_levels(kernel, set);
  const int count = room == 0 ? 0 : wait_once(set, events, (int)room, 0);
  int32_t written = report(kernel, set, events, count, pairs);
  /* The list grows behind the first ones while messages are received ahead. */
  for (uint32_t at = 0; at < unread_count && (uint32_t)written < capacity; at += 1) {
    const struct pollux_entry* entry =
        pollux_handles_find(&kernel->handles, kernel->batch.listed[at]);
    struct registration* registration = find_registration(set, entry);
    if (registration == NULL || !registration->wants_unread) continue;
    if (registration->wants_unread_once) registration->wants_unread = false;
    if (add_to_report(pairs, written, entry->handle, POLLUX_READ)) continue;
    pairs[2 * written] = entry->handle;
    pairs[2 * written + 1] = POLLUX_READ;
    written += 1;
  }
  pollux_batch_begin_turn(&kernel->batch, (uint32_t)written);
  return written;
}

static int32_t epoll_wait_pairs(struct pollux_kernel* kernel, void* state, int64_t timeout_ns,
                                int32_t* pairs, uint32_t capacity) {
  struct epoll_set* set = state;
  struct epoll_event events[EVENTS_COUNT_MAX];
  const int events_max = capacity < EVENTS_COUNT_MAX ? (int)capacity : EVENTS_COUNT_MAX;
  assert(events_max > 0);
  const uint32_t unread_count = pollux_batch_begin_wait(kernel, &kernel->batch);
  if (unread_count > 0) {
    const int32_t written = poll_beside_unread(kernel, set, unread_count, pairs, capacity);
    if (written > 0) return written;
  }
  const int64_t deadline_ns = timeout_ns > 0 ? pollux_deadline_in(timeout_ns) : timeout_ns;
  const int32_t timer = set_timer(set, deadline_ns, timeout_ns > 0);
  if (timer < 0) return timer;
  int64_t left_ns = timeout_ns;
  int late_rounds = 0;
  for (;;) {
    restore_levels(kernel, set);
    const int count = wait_once(set, events, events_max, left_ns);
    if (count < 0 && errno != EINTR) return pollux_fail(errno);
    const int32_t written = report(kernel, set, events, count, pairs);
    if (written > 0) {
      pollux_batch_begin_turn(&kernel->batch, (uint32_t)written);
      return written;
    }
    if (kernel->wake_is_pending) return -WASI_CANCELED;
    if (timeout_ns > 0) left_ns = pollux_deadline_left_ns(deadline_ns);
    if (left_ns != 0) continue;
    /* Time over is the answer when nothing else is there. What was found now, the timer or the
       event of a closed descriptor, may stand before a wake, and the list have room for one. */
    if (count == 0 || late_rounds == STALE_ROUNDS_MAX) return 0;
    late_rounds += 1;
    const int32_t stopped = set_timer(set, 0, false);
    if (stopped < 0) return stopped;
  }
}

const struct pollux_demux pollux_demux_epoll = {
    .name = "epoll",
    .has_edge = true,
    .has_one_shot = true,
    .open_set = epoll_open_set,
    .close_set = epoll_close_set,
    .watch = epoll_watch,
    .unwatch = epoll_unwatch,
    .wait = epoll_wait_pairs,
    .accept = pollux_socket_accept,
    .recv = pollux_socket_recv,
    .send = pollux_socket_send,
    .recv_vectors = pollux_socket_recv_vectors,
    .send_vectors = pollux_socket_send_vectors,
    .close = pollux_descriptor_close,
};
