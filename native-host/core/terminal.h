/*
 * What a guest writes to a terminal: text alone. A terminal obeys control characters (they move its
 * cursor, rename its window, make it answer as if someone typed), and the guest is not its user.
 */
#ifndef POLLUX_TERMINAL_H
#define POLLUX_TERMINAL_H

#include <stddef.h>
#include <stdint.h>

/* Where in a UTF-8 character a text stands: how many bytes are to follow, 0 between characters, and
   which the next one may be. Begins as {0}. */
struct pollux_terminal_text {
  uint8_t left_count;
  uint8_t next_min;
  uint8_t next_max;
};

/*
 * Copies text with a '?' for each control character: 00 to 1F except tab, newline and carriage
 * return; 7F; 80 to 9F that belong to no UTF-8 character; and, one byte for the second of two,
 * C2 80 to C2 9F. All other bytes stay as they are, be they UTF-8 or not.
 *
 * `text` is carried from piece to piece: how a text is cut makes no difference.
 * Source: ECMA-48 (C0, C1), RFC 3629 section 4.
 */
void pollux_terminal_filter(struct pollux_terminal_text* text, const uint8_t* from, uint8_t* to,
                            size_t length_bytes);

#endif
