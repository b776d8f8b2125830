/*
 * How a kernel waits, as a table of functions: one file fills one table, and kernel.c is the only
 * one that names them all. The table also covers accept, recv, send and close, since a demux that
 * completes operations, rather than reporting readiness, has to see those too.
 *
 * An implementation may keep handles and generations, never pointers to entries: they move.
 */
#ifndef POLLUX_DEMUX_H
#define POLLUX_DEMUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct msghdr;
struct pollux_entry;
struct pollux_kernel;

enum pollux_readiness {
  POLLUX_READ = 1,
  POLLUX_WRITE = 2,
  POLLUX_ERROR = 4,
  POLLUX_HANGUP = 8,
  POLLUX_READ_HANGUP = 16,
};

/* What may be asked for; ERROR and HANGUP are reported in any case. */
#define POLLUX_INTEREST_ALL (POLLUX_READ | POLLUX_WRITE | POLLUX_READ_HANGUP)

enum pollux_mode {
  POLLUX_MODE_LEVEL = 0,
  POLLUX_MODE_EDGE = 1,
  POLLUX_MODE_ONE_SHOT = 2,
};

struct pollux_demux {
  const char* name;
  bool has_edge;
  bool has_one_shot;

  /* Makes an empty set. Returns 0 and `*set`, or a negated errno. */
  int32_t (*open_set)(struct pollux_kernel* kernel, void** set);
  void (*close_set)(struct pollux_kernel* kernel, void* set);

  /* Watches an entry, or changes how it is watched. The arguments have been checked. */
  int32_t (*watch)(struct pollux_kernel* kernel, void* set, const struct pollux_entry* entry,
                   uint32_t interest, enum pollux_mode mode);

  /* Stops watching an entry; does nothing when it is not watched in `set`. */
  void (*unwatch)(struct pollux_kernel* kernel, void* set, const struct pollux_entry* entry);

  /*
   * Waits and writes (handle, readiness) pairs: at most `capacity` of them, at least room for 1.
   * timeout_ns: nanoseconds, 0 polls, -1 for ever. Returns their count, 0 when the time ran out
   * (never early), or -WASI_CANCELED. When a wake came together with events, the events are
   * returned (an edge is told only once) and kernel->wake_is_pending is set.
   */
  int32_t (*wait)(struct pollux_kernel* kernel, void* set, int64_t timeout_ns, int32_t* pairs,
                  uint32_t capacity);

  /* The calls of data. Addresses have been checked; the answers are those of kernel.ts. `flags`
     are those of recv(2). */
  int32_t (*accept)(struct pollux_kernel* kernel, const struct pollux_entry* listener);
  int32_t (*recv)(struct pollux_kernel* kernel, const struct pollux_entry* entry, void* bytes,
                  size_t length_bytes, int flags);
  int32_t (*send)(struct pollux_kernel* kernel, const struct pollux_entry* entry,
                  const void* bytes, size_t length_bytes);
  int32_t (*recv_vectors)(struct pollux_kernel* kernel, const struct pollux_entry* entry,
                          struct msghdr* message, int flags);
  int32_t (*send_vectors)(struct pollux_kernel* kernel, const struct pollux_entry* entry,
                          const struct msghdr* message);
  /* Closes the descriptor; the entry is removed afterwards, by the caller. */
  void (*close)(struct pollux_kernel* kernel, const struct pollux_entry* entry);
};

/* epoll(7). */
extern const struct pollux_demux pollux_demux_epoll;

#endif
