/* Text for a terminal: see terminal.h. */
#include "terminal.h"

#include <stdbool.h>

static bool is_control(uint8_t byte) {
  if (byte == '\t' || byte == '\n' || byte == '\r') return false;
  return byte < 0x20 || (byte >= 0x7f && byte <= 0x9f);
}

/* What may follow a first byte. A longer form of what has a shorter one is no UTF-8, but a terminal
   may read it all the same, and find a control in E0 82 9B: so its bytes stand alone. */
static struct pollux_terminal_text after_first(uint8_t byte) {
  if (byte < 0xc2 || byte > 0xf4) return (struct pollux_terminal_text){0};
  struct pollux_terminal_text text = {.left_count = 1, .next_min = 0x80, .next_max = 0xbf};
  if (byte >= 0xe0) text.left_count = 2;
  if (byte >= 0xf0) text.left_count = 3;
  if (byte == 0xc2) text.next_min = 0xa0; /* below are the controls */
  if (byte == 0xe0) text.next_min = 0xa0; /* below are longer forms */
  if (byte == 0xed) text.next_max = 0x9f; /* above are surrogates */
  if (byte == 0xf0) text.next_min = 0x90; /* below are longer forms */
  if (byte == 0xf4) text.next_max = 0x8f; /* above is nothing */
  return text;
}

static uint8_t inert(struct pollux_terminal_text* text, uint8_t byte) {
  if (text->left_count > 0 && byte >= text->next_min && byte <= text->next_max) {
    text->left_count -= 1;
    text->next_min = 0x80;
    text->next_max = 0xbf;
    return byte;
  }
  *text = after_first(byte);
  return is_control(byte) ? '?' : byte;
}

void pollux_terminal_filter(struct pollux_terminal_text* text, const uint8_t* from, uint8_t* to,
                            size_t length_bytes) {
  for (size_t at = 0; at < length_bytes; at += 1) to[at] = inert(text, from[at]);
}
