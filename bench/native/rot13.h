/*
 * rot13 in place, as fast as a C programmer would have it: a vector at a time, and the last one
 * overlaps the ones before, so that there is no tail. The guest's own does the same with 16 bytes.
 */
#ifndef BENCH_ROT13_H
#define BENCH_ROT13_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* As many bytes as the machine compares at once: gcc takes longer ones apart, byte by byte. */
#if defined(__AVX512BW__)
#define ROT13_VECTOR_BYTES 64
#elif defined(__AVX2__)
#define ROT13_VECTOR_BYTES 32
#else
#define ROT13_VECTOR_BYTES 16
#endif

typedef uint8_t rot13_bytes __attribute__((vector_size(ROT13_VECTOR_BYTES)));
typedef int8_t rot13_signed __attribute__((vector_size(ROT13_VECTOR_BYTES)));

static inline rot13_bytes rot13_load(const uint8_t* at) {
  rot13_bytes text;
  memcpy(&text, at, sizeof text);
  return text;
}

static inline void rot13_store(uint8_t* at, rot13_bytes text) { memcpy(at, &text, sizeof text); }

/* Letters are moved to the low end of the signed range: one comparison each finds them. */
static inline rot13_bytes rot13_vector(rot13_bytes text) {
  const rot13_signed letter = (rot13_signed)((text | 0x20) + (128 - 'a'));
  const rot13_bytes is_letter = (rot13_bytes)(letter < -128 + 26);
  const rot13_bytes is_first_half = (rot13_bytes)(letter < -128 + 13);
  return text - (is_letter & 13) + (is_first_half & 26);
}

static inline void rot13(uint8_t* bytes, size_t length_bytes) {
  if (length_bytes < ROT13_VECTOR_BYTES) {
    for (size_t at = 0; at < length_bytes; at += 1) {
      const uint8_t letter = (uint8_t)((bytes[at] | 0x20) - 'a');
      if (letter < 26) bytes[at] = (uint8_t)(letter < 13 ? bytes[at] + 13 : bytes[at] - 13);
    }
    return;
  }
  uint8_t* last_at = bytes + length_bytes - ROT13_VECTOR_BYTES;
  /* Loaded before the loop changes these bytes, so that none is turned twice. */
  const rot13_bytes last = rot13_vector(rot13_load(last_at));
  for (; bytes < last_at; bytes += ROT13_VECTOR_BYTES) {
    rot13_store(bytes, rot13_vector(rot13_load(bytes)));
  }
  rot13_store(last_at, last);
}

#endif
