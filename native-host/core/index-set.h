/*
 * Hands out the lowest free index, in constant time: three levels of bitmaps, a set bit meaning
 * "all below here are taken".
 *
 *   root[4]  ->  branch[256]  ->  leaf[16,384]      4 x 64 x 64 x 64 = 1,048,576 indices
 */
#ifndef POLLUX_INDEX_SET_H
#define POLLUX_INDEX_SET_H

#include <stdint.h>

#define POLLUX_INDEX_COUNT_MAX (1u << 20)

struct pollux_index_set {
  uint64_t root[4];
  uint64_t branch[256];
  uint64_t leaf[16384];
};

/* Takes the lowest free index, or answers -1 when all are taken. */
int32_t pollux_index_set_take(struct pollux_index_set* set);

/* Gives an index back. It must be taken. */
void pollux_index_set_give_back(struct pollux_index_set* set, uint32_t index);

#endif
