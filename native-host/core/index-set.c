/* The lowest free index: find the first clear bit on three levels. */
#include "index-set.h"

#include <assert.h>
#include <stdbool.h>

static const uint64_t FULL = UINT64_MAX;

static uint32_t lowest_clear_bit(uint64_t word) {
  assert(word != FULL);
  return (uint32_t)__builtin_ctzll(~word);
}

/* Sets the bit `index` of `words`. Answers whether its word is full now. */
static bool set_bit(uint64_t* words, uint32_t index) {
  words[index / 64] |= UINT64_C(1) << (index % 64);
  return words[index / 64] == FULL;
}

static void clear_bit(uint64_t* words, uint32_t index) {
  words[index / 64] &= ~(UINT64_C(1) << (index % 64));
}

int32_t pollux_index_set_take(struct pollux_index_set* set) {
  uint32_t root = 0;
  while (root < 4 && set->root[root] == FULL) root += 1;
  if (root == 4) return -1;
  const uint32_t branch = root * 64 + lowest_clear_bit(set->root[root]);
  const uint32_t leaf = branch * 64 + lowest_clear_bit(set->branch[branch]);
  const uint32_t index = leaf * 64 + lowest_clear_bit(set->leaf[leaf]);
  if (set_bit(set->leaf, index) && set_bit(set->branch, leaf)) set_bit(set->root, branch);
  return (int32_t)index;
}

void pollux_index_set_give_back(struct pollux_index_set* set, uint32_t index) {
  assert(index < POLLUX_INDEX_COUNT_MAX);
  clear_bit(set->leaf, index);
  clear_bit(set->branch, index / 64);
  clear_bit(set->root, index / 64 / 64);
}
