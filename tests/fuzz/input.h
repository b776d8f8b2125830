/* A fuzzer's input, read from the front. When it is used up, every answer is 0. */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct fuzz_input {
  const uint8_t* bytes;
  size_t left_bytes;
};

static inline uint8_t fuzz_byte(struct fuzz_input* input) {
  if (input->left_bytes == 0) return 0;
  input->left_bytes -= 1;
  return *input->bytes++;
}

/* 0 to count - 1, by one byte. */
static inline uint32_t fuzz_pick(struct fuzz_input* input, uint32_t count) {
  return fuzz_byte(input) % count;
}

/* Fills `bytes`, with zeros where the input has no more. */
static inline void fuzz_fill(struct fuzz_input* input, void* bytes, size_t length_bytes) {
  const size_t taken_bytes = length_bytes < input->left_bytes ? length_bytes : input->left_bytes;
  memset(bytes, 0, length_bytes);
  if (taken_bytes > 0) memcpy(bytes, input->bytes, taken_bytes);
  input->bytes += taken_bytes;
  input->left_bytes -= taken_bytes;
}

static inline uint32_t fuzz_uint32(struct fuzz_input* input) {
  uint32_t number;
  fuzz_fill(input, &number, sizeof number);
  return number;
}

#endif
