/* Random bytes fit for keys. */
#ifndef POLLUX_RANDOM_H
#define POLLUX_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Fills all of `bytes`. Returns 0, or a negated errno where the system has no getrandom. It waits
   for the system's first entropy, which is there long before a user's process starts.
   Source: getrandom(2). */
int32_t pollux_random_fill(uint8_t* bytes, size_t length_bytes);

#endif
