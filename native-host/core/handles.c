/* The handle table: an array that grows, and a generation for each index. Room for entries that
   never had an owner is not written to, so that the system need not give it. */
#include "handles.h"

#include "planted.h"
#include "wasi-errno.h"

#include <assert.h>
#include <stdlib.h>

static const uint32_t ENTRIES_COUNT_FIRST = 64;

int32_t pollux_handles_init(struct pollux_handles* handles) {
  /* 130 KB of zeros, of which the system gives out only the pages that are written. */
  struct pollux_index_set* taken = calloc(1, sizeof *taken);
  if (taken == NULL) return -WASI_NOMEM;
  *handles = (struct pollux_handles){.taken = taken};
  return 0;
}

void pollux_handles_free(struct pollux_handles* handles) {
  free(handles->entries);
  free(handles->taken);
  *handles = (struct pollux_handles){0};
}

int32_t pollux_handles_reserve(struct pollux_handles* handles) {
  if (handles->taken == NULL) return -WASI_BADF; /* freed */
  if (handles->open_count < handles->entries_count) return 0;
  if (handles->entries_count == POLLUX_INDEX_COUNT_MAX) return -WASI_MFILE;
  const uint32_t old_count = handles->entries_count;
  const uint32_t new_count = old_count == 0 ? ENTRIES_COUNT_FIRST : old_count * 2;
  assert(new_count <= POLLUX_INDEX_COUNT_MAX);
  const size_t size_bytes = new_count * sizeof(struct pollux_entry) - POLLUX_PLANTED_BYTES;
  struct pollux_entry* entries = realloc(handles->entries, size_bytes);
  if (entries == NULL) return -WASI_NOMEM;
  handles->entries = entries;
  handles->entries_count = new_count;
  return 0;
}

static int32_t handle_of(uint32_t index, uint32_t generation) {
  const uint32_t short_generation = (generation - 1) % POLLUX_HANDLE_GENERATION_COUNT + 1;
  return (int32_t)(short_generation << POLLUX_HANDLE_INDEX_BITS | index);
}

int32_t pollux_handles_add(struct pollux_handles* handles, int descriptor, uint8_t file_type,
                           uint8_t flags) {
  assert(descriptor >= 0);
  assert(handles->open_count < handles->entries_count);
  /* The lowest free index lies inside the array, since fewer are open than it has entries; and no
     further than right behind those that were used, since all of them are taken then. */
  const uint32_t index = (uint32_t)pollux_index_set_take(handles->taken);
  assert(index < handles->entries_count);
  assert(index <= handles->used_count);
  struct pollux_entry* entry = &handles->entries[index];
  if (index == handles->used_count) {
    *entry = (struct pollux_entry){.generation = 1};
    handles->used_count += 1;
  }
  assert(entry->handle == 0);
  entry->handle = handle_of(index, entry->generation);
  entry->descriptor = descriptor;
  entry->file_type = file_type;
  entry->flags = flags;
  entry->is_read_dry = false;
  entry->small_reads_count = 0;
  entry->is_write_shut = false;
  entry->kept_errno = 0;
  handles->open_count += 1;
  return entry->handle;
}

void pollux_handles_remove(struct pollux_handles* handles, struct pollux_entry* entry) {
  assert(entry->handle != 0);
  pollux_index_set_give_back(handles->taken, pollux_handle_index(entry->handle));
  entry->handle = 0;
  entry->descriptor = -1;
  entry->generation += 1;
  if (entry->generation == 0) entry->generation = 1;
  handles->open_count -= 1;
}
