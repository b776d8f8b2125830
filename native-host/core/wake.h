/*
 * The wake descriptor: an eventfd that is part of every wait. Any thread may signal it; only the
 * kernel's own thread consumes it. A signal stays until it is consumed.
 */
#ifndef POLLUX_WAKE_H
#define POLLUX_WAKE_H

#include <stdint.h>

/* Returns a new eventfd, or a negated errno: MFILE, NFILE, NOMEM. Source: eventfd(2). */
int32_t pollux_wake_create(void);

/* Signals from any thread. Returns 0, or -WASI_BADF for a number that is no open descriptor. */
int32_t pollux_wake_signal(int descriptor);

/* Takes back every signal so far. */
void pollux_wake_consume(int descriptor);

#endif
