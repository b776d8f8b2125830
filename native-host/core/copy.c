/* Copies past the caches: see copy.h. */
#include "copy.h"

#include <string.h>

#ifdef __SSE2__

#include <emmintrin.h>

#define LINE_BYTES 64

static void copy_line(uint8_t* to, const uint8_t* from) {
  const __m128i* source = (const __m128i*)from;
  __m128i* target = (__m128i*)to;
  /* All of a line at once: a part of one would be fetched after all. */
  const __m128i first = _mm_loadu_si128(source);
  const __m128i second = _mm_loadu_si128(source + 1);
  const __m128i third = _mm_loadu_si128(source + 2);
  const __m128i fourth = _mm_loadu_si128(source + 3);
  _mm_stream_si128(target, first);
  _mm_stream_si128(target + 1, second);
  _mm_stream_si128(target + 2, third);
  _mm_stream_si128(target + 3, fourth);
}

void pollux_copy_past_caches(uint8_t* to, const uint8_t* from, size_t length_bytes) {
  const size_t before_bytes = -(uintptr_t)to % LINE_BYTES;
  const size_t head_bytes = before_bytes < length_bytes ? before_bytes : length_bytes;
  memcpy(to, from, head_bytes);
  size_t at = head_bytes;
  for (; length_bytes - at >= LINE_BYTES; at += LINE_BYTES) copy_line(to + at, from + at);
  memcpy(to + at, from + at, length_bytes - at);
  /* Such stores are not in order with others by themselves. Source: Intel SDM 1, 10.4.6.2. */
  _mm_sfence();
}

#else

void pollux_copy_past_caches(uint8_t* to, const uint8_t* from, size_t length_bytes) {
  memcpy(to, from, length_bytes);
}

#endif
