/*
 * rot13 in place, as fast as a C programmer would have it: a vector at a time, as wide as the
 * machine has them, and the last one overlaps the ones before, so that there is no tail. The
 * guest's own does the same with 16 bytes.
 */
#ifndef BENCH_ROT13_H
#define BENCH_ROT13_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512BW__)
#define ROT13_VECTOR_BYTES 64
#elif defined(__AVX2__)
#define ROT13_VECTOR_BYTES 32
#else
#define ROT13_VECTOR_BYTES 16
#endif

typedef uint8_t rot13_bytes __attribute__((vector_size(ROT13_VECTOR_BYTES)));

/* What vectors of C don't have: rot13_subtract_saturated stops at 0; rot13_look_up takes bytes of a
   table of 16, and 0 where an index is 16 or more. */
#if defined(__x86_64__)
#include <immintrin.h>
#if ROT13_VECTOR_BYTES == 64
typedef __m512i rot13_register;
#define ROT13_X64(operation) _mm512_##operation
#elif ROT13_VECTOR_BYTES == 32
typedef __m256i rot13_register;
#define ROT13_X64(operation) _mm256_##operation
#else
typedef __m128i rot13_register;
#define ROT13_X64(operation) _mm_##operation
#endif

static inline rot13_bytes rot13_subtract_saturated(rot13_bytes from, rot13_bytes bytes) {
  return (rot13_bytes)ROT13_X64(subs_epu8)((rot13_register)from, (rot13_register)bytes);
}

static inline rot13_bytes rot13_look_up(rot13_bytes table, rot13_bytes index) {
  /* The instruction gives 0 from 128 on. */
  const rot13_register places =
      ROT13_X64(adds_epu8)((rot13_register)index, ROT13_X64(set1_epi8)(128 - 16));
  return (rot13_bytes)ROT13_X64(shuffle_epi8)((rot13_register)table, places);
}
#else
#include <arm_neon.h>

static inline rot13_bytes rot13_subtract_saturated(rot13_bytes from, rot13_bytes bytes) {
  return (rot13_bytes)vqsubq_u8((uint8x16_t)from, (uint8x16_t)bytes);
}

static inline rot13_bytes rot13_look_up(rot13_bytes table, rot13_bytes index) {
  return (rot13_bytes)vqtbl1q_u8((uint8x16_t)table, (uint8x16_t)index);
}
#endif

/* How far a letter moves: 0 stands for the first 13, 1 to 13 for the others, the rest for none. The
   instruction wants it again in each 16 bytes. */
static const uint8_t ROT13_MOVES[16] = {13,       256 - 13, 256 - 13, 256 - 13, 256 - 13,
                                        256 - 13, 256 - 13, 256 - 13, 256 - 13, 256 - 13,
                                        256 - 13, 256 - 13, 256 - 13, 256 - 13};

static inline rot13_bytes rot13_load(const uint8_t* at) {
  rot13_bytes text;
  memcpy(&text, at, sizeof text);
  return text;
}

static inline void rot13_store(uint8_t* at, rot13_bytes text) { memcpy(at, &text, sizeof text); }

static inline rot13_bytes rot13_moves(void) {
  rot13_bytes moves;
  for (size_t at = 0; at < sizeof moves; at += sizeof ROT13_MOVES) {
    memcpy((uint8_t*)&moves + at, ROT13_MOVES, sizeof ROT13_MOVES);
  }
  return moves;
}

/* 'a' and 'A' become 0, 'z' and 'Z' 25, and all else more. */
static inline rot13_bytes rot13_vector(rot13_bytes text, rot13_bytes moves) {
  const rot13_bytes letter = (text | 0x20) - 'a';
  const rot13_bytes half = (rot13_bytes){0} + 12;
  return text + rot13_look_up(moves, rot13_subtract_saturated(letter, half));
}

static inline void rot13(uint8_t* bytes, size_t length_bytes) {
  if (length_bytes < ROT13_VECTOR_BYTES) {
    for (size_t at = 0; at < length_bytes; at += 1) {
      const uint8_t letter = (uint8_t)((bytes[at] | 0x20) - 'a');
      if (letter < 26) bytes[at] = (uint8_t)(letter < 13 ? bytes[at] + 13 : bytes[at] - 13);
    }
    return;
  }
  const rot13_bytes moves = rot13_moves();
  uint8_t* last_at = bytes + length_bytes - ROT13_VECTOR_BYTES;
  /* Loaded before the loop changes these bytes, so that none is turned twice. */
  const rot13_bytes last = rot13_vector(rot13_load(last_at), moves);
  for (; bytes < last_at; bytes += ROT13_VECTOR_BYTES) {
    rot13_store(bytes, rot13_vector(rot13_load(bytes), moves));
  }
  rot13_store(last_at, last);
}

#endif
