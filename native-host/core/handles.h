/*
 * The handle table: from the integers that the kernel gives out to the descriptors it owns.
 *
 *   handle:       0 | generation, 11 bits (1..2047) | index, 20 bits       positive, 31 bits
 *   epoll_data:   generation, 32 bits               | index, 32 bits
 *
 * The index is the lowest free one. A handle of an earlier owner of its index is not found.
 */
#ifndef POLLUX_HANDLES_H
#define POLLUX_HANDLES_H

#include "index-set.h"
#include "planted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLLUX_HANDLE_INDEX_BITS 20
#define POLLUX_HANDLE_GENERATION_COUNT 2047u

/* preview1's `filetype`; a pipe has none and is UNKNOWN. */
enum pollux_file_type {
  POLLUX_FILE_UNKNOWN = 0,
  POLLUX_FILE_BLOCK_DEVICE = 1,
  POLLUX_FILE_CHARACTER_DEVICE = 2,
  POLLUX_FILE_DIRECTORY = 3,
  POLLUX_FILE_REGULAR = 4,
  POLLUX_FILE_SOCKET_DGRAM = 5,
  POLLUX_FILE_SOCKET_STREAM = 6,
};

enum pollux_entry_flags {
  /* Others may hold the open file description too: closing our descriptor doesn't take it out of
     an epoll set, so it must be taken out first. */
  POLLUX_ENTRY_SHARED = 1,
  /* The description's flags belong to others, and O_NONBLOCK may be off: standard streams. */
  POLLUX_ENTRY_BLOCKING = 2,
  /* A pipe or FIFO. */
  POLLUX_ENTRY_PIPE = 4,
  /* Opened for one direction. poll(2) never calls the other one ready, and asking it would answer
     "not yet" for ever. */
  POLLUX_ENTRY_READ_ONLY = 8,
  POLLUX_ENTRY_WRITE_ONLY = 16,
  /* A terminal: what is written to it is made inert. */
  POLLUX_ENTRY_TERMINAL = 32,
  /* TCP, where a receive that got less than it asked for has emptied the queue (epoll(7), Q9). Not
     so on a unix socket, where it also stops at a passed descriptor, nor on MPTCP. */
  POLLUX_ENTRY_TCP = 64,
};

/* So many small receives in a row, and the next one is made ahead: see batch.h. */
#define POLLUX_SMALL_READS_ENOUGH 2

struct pollux_entry {
  int32_t handle; /* 0 while the entry is free */
  int32_t descriptor;
  uint32_t generation; /* of the present owner, or of the next one; never 0 */
  uint8_t file_type;
  uint8_t flags;
  /* Since the demux last cleared this, a receive has found the queue empty or emptied it. */
  bool is_read_dry : 1;
  /* How many of the last receives were small and emptied the queue, up to enough of them. */
  uint8_t small_reads_count : 2;
  /* It sends no more: shutdown(2). */
  bool is_write_shut : 1;
  /* An error that a call made ahead has met: see batch.h. 0 for none. */
  uint8_t kept_errno;
};

struct pollux_handles {
  struct pollux_entry* entries;
  uint32_t entries_count; /* how many are allocated */
  uint32_t used_count;    /* how many ever had an owner: those behind them were never written */
  uint32_t open_count;
  struct pollux_index_set* taken;
};

/* Makes an empty table. Returns 0 or -WASI_NOMEM. */
int32_t pollux_handles_init(struct pollux_handles* handles);

/* Frees the table. Closes no descriptor. Every later find answers NULL. */
void pollux_handles_free(struct pollux_handles* handles);

/* Makes sure that the next add can't fail. Returns 0, -WASI_MFILE when the table is full, or
   -WASI_NOMEM. It may move the entries: a pointer found before is not valid after. */
int32_t pollux_handles_reserve(struct pollux_handles* handles);

/* Enters a descriptor and returns its handle. Call reserve before. */
int32_t pollux_handles_add(struct pollux_handles* handles, int descriptor, uint8_t file_type,
                           uint8_t flags);

/* Takes an entry out. Its handle is not found from now on. Closes no descriptor. */
void pollux_handles_remove(struct pollux_handles* handles, struct pollux_entry* entry);

static inline uint32_t pollux_handle_index(int32_t handle) {
  return (uint32_t)handle & (POLLUX_INDEX_COUNT_MAX - 1);
}

/* The entry of an open handle, or NULL. Valid until the next reserve. */
static inline struct pollux_entry* pollux_handles_find(const struct pollux_handles* handles,
                                                       int32_t handle) {
  const uint32_t index = pollux_handle_index(handle);
  if (handle <= 0 || index >= handles->used_count) return NULL;
  pollux_planted_search(index);
  struct pollux_entry* entry = &handles->entries[index];
  return entry->handle == handle ? entry : NULL;
}

/* The open entry at `index` if it is still of `generation`, or NULL. */
static inline struct pollux_entry* pollux_handles_at(const struct pollux_handles* handles,
                                                     uint32_t index, uint32_t generation) {
  if (index >= handles->used_count) return NULL;
  struct pollux_entry* entry = &handles->entries[index];
  return entry->handle != 0 && entry->generation == generation ? entry : NULL;
}

static inline bool pollux_entry_is_socket(const struct pollux_entry* entry) {
  return entry->file_type == POLLUX_FILE_SOCKET_STREAM ||
         entry->file_type == POLLUX_FILE_SOCKET_DGRAM;
}

#endif
