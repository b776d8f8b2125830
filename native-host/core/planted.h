/*
 * Bugs to be put in, each by a define, for the memory checkers and the count of instructions to
 * find: a run that finds nothing proves something only when a run over these has found them. All
 * are nothing in every other build. scripts/test-asan.mjs, scripts/fuzz.mjs and
 * scripts/count-instructions.mjs set the defines.
 */
#ifndef POLLUX_PLANTED_H
#define POLLUX_PLANTED_H

#include <stdint.h>

/* How many bytes the table of handles.c, 64 entries of 16 bytes at first, is too short by: the very
   first entry's flags, which are followed by two more bytes, are then one byte past its end. */
#ifdef POLLUX_PLANTED_OVERRUN
#define POLLUX_PLANTED_BYTES (63u * 16u + 3u)
#else
#define POLLUX_PLANTED_BYTES 0u
#endif

/* What clocks.c adds to a deadline. */
#ifdef POLLUX_PLANTED_OVERFLOW
#define POLLUX_PLANTED_NS INT64_MAX
#else
#define POLLUX_PLANTED_NS INT64_C(0)
#endif

/* What finding the entry at `index` costs: as in a table that is searched, where ours is indexed. */
static inline void pollux_planted_search(uint32_t index) {
#ifdef POLLUX_PLANTED_SEARCH
  for (volatile uint32_t step = 0; step < index; step += 1) continue;
#else
  (void)index;
#endif
}

#endif
