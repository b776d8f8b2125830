/* Counts of durations, exact to 1 part in 64, from 1 ns to 18 minutes. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEPS 64 /* to a doubling */
#define HISTOGRAM_DOUBLINGS 35

struct histogram {
  uint64_t total_count;
  uint64_t counts[HISTOGRAM_DOUBLINGS * HISTOGRAM_STEPS];
};

/* Values below 64 have a place each; from there on, 64 places to a doubling. */
static inline void histogram_add(struct histogram* histogram, int64_t value_ns) {
  const uint64_t value = value_ns < 1 ? 1 : (uint64_t)value_ns;
  const int shift = value < HISTOGRAM_STEPS ? 0 : 57 - __builtin_clzll(value);
  uint64_t place = (uint64_t)shift * HISTOGRAM_STEPS + (value >> shift);
  const uint64_t last = HISTOGRAM_DOUBLINGS * HISTOGRAM_STEPS - 1;
  if (place > last) place = last;
  histogram->counts[place] += 1;
  histogram->total_count += 1;
}

/* The least duration that a share of `parts_per_1000` of all is no longer than; 0 when empty. */
static inline int64_t histogram_quantile_ns(const struct histogram* histogram,
                                            uint64_t parts_per_1000) {
  const uint64_t wanted_count = (histogram->total_count * parts_per_1000 + 999) / 1000;
  uint64_t seen_count = 0;
  for (uint64_t place = 0; place < HISTOGRAM_DOUBLINGS * HISTOGRAM_STEPS; place += 1) {
    seen_count += histogram->counts[place];
    if (seen_count < wanted_count || seen_count == 0) continue;
    if (place < 2 * HISTOGRAM_STEPS) return (int64_t)place;
    const uint64_t shift = place / HISTOGRAM_STEPS - 1;
    return (int64_t)((place - shift * HISTOGRAM_STEPS) << shift);
  }
  return 0;
}

#endif
