/* Copies what this core will not look at again. */
#ifndef POLLUX_COPY_H
#define POLLUX_COPY_H

#include <stddef.h>
#include <stdint.h>

/*
 * As memcpy, but what is copied goes past this core's caches, where the processor can do that: it
 * pushes nothing out of them, and nothing is fetched first only to be written over. Another thread
 * that learns of the copy from this one afterwards sees all of it.
 */
void pollux_copy_past_caches(uint8_t* to, const uint8_t* from, size_t length_bytes);

#endif
