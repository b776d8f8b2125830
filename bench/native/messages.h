/*
 * What is sent, and what must come back. Every message is a window into one table of bytes, at a
 * place that its connection and its number choose, so that a byte that is lost, doubled or another
 * connection's shows.
 */
#ifndef BENCH_MESSAGES_H
#define BENCH_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_BYTES_MAX 65536

/* Fills the tables. `is_plain`: the server gives back what it got, unturned. */
void messages_prepare(bool is_plain);

/* Where in the tables the message `number` of `connection` lies. */
uint32_t message_offset(uint32_t connection, uint32_t number);

/* The bytes to send, from `offset` on. */
const uint8_t* message_bytes(uint32_t offset);

/* Ends the process, saying where, unless `answer` is what belongs to `offset`. */
void message_check(uint32_t connection, uint32_t offset, const uint8_t* answer,
                   size_t length_bytes);

#endif
