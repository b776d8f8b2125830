/* See messages.h. The expected bytes are turned one by one: not by the code that is measured. */
#include "messages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOWS_COUNT 4096 /* a power of two */

static uint8_t sent[MESSAGE_BYTES_MAX + WINDOWS_COUNT];
static uint8_t expected[MESSAGE_BYTES_MAX + WINDOWS_COUNT];

/* A mixer of 32 bits: every bit of the result depends on every bit of `number`. */
static uint32_t mix(uint32_t number) {
  number ^= number >> 16;
  number *= 0x7feb352du;
  number ^= number >> 15;
  number *= 0x846ca68bu;
  return number ^ number >> 16;
}

static uint8_t turn(uint8_t byte) {
  if ((byte >= 'a' && byte <= 'm') || (byte >= 'A' && byte <= 'M')) return (uint8_t)(byte + 13);
  if ((byte >= 'n' && byte <= 'z') || (byte >= 'N' && byte <= 'Z')) return (uint8_t)(byte - 13);
  return byte;
}

void messages_prepare(bool is_plain) {
  for (uint32_t at = 0; at < sizeof sent; at += 1) {
    sent[at] = (uint8_t)mix(at + 1);
    expected[at] = is_plain ? sent[at] : turn(sent[at]);
  }
}

uint32_t message_offset(uint32_t connection, uint32_t number) {
  return mix(connection * 0x9e3779b9u + number) & (WINDOWS_COUNT - 1);
}

const uint8_t* message_bytes(uint32_t offset) { return sent + offset; }

void message_check(uint32_t connection, uint32_t offset, const uint8_t* answer,
                   size_t length_bytes) {
  if (memcmp(answer, expected + offset, length_bytes) == 0) return;
  size_t at = 0;
  while (answer[at] == expected[offset + at]) at += 1;
  fprintf(stderr, "load: wrong byte on connection %u: %#x came back, not %#x\n", connection,
          answer[at], expected[offset + at]);
  exit(1);
}
