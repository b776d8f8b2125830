/*
 * The guest's memory: where it begins and how long it is. Every pointer that comes from above is
 * checked here once more, in 64 bits, so that no sum can wrap.
 */
#ifndef POLLUX_MEMORY_H
#define POLLUX_MEMORY_H

#include <stddef.h>
#include <stdint.h>

struct pollux_memory {
  uint8_t* base; /* NULL while nothing is attached */
  uint64_t length_bytes;
};

/* The address of guest bytes [pointer, pointer + length_bytes), or NULL when any lies outside. */
static inline uint8_t* pollux_memory_at(const struct pollux_memory* memory, uint64_t pointer,
                                        uint64_t length_bytes) {
  if (memory->base == NULL || length_bytes > memory->length_bytes) return NULL;
  if (pointer > memory->length_bytes - length_bytes) return NULL;
  return memory->base + pointer;
}

#endif
