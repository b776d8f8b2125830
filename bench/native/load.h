/*
 * The load generator's parts: what a run is asked for, what it gives, and the two kinds of load.
 * Every error, a wrong byte above all, ends the process with a line on stderr and code 1.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "histogram.h"

#include <stdint.h>

struct load_options {
  uint16_t port;
  uint32_t connections_count; /* that are at work */
  uint32_t idle_count;        /* that are open beside them, and rest after one echo */
  uint32_t message_bytes;
};

/* What has been done since the load began. */
struct load_tally {
  uint64_t echoes_count;
  struct histogram latencies;
};

/* A stall of the server is an error after this long. */
#define LOAD_PATIENCE_MS 30000

/* Connects. A blocking socket whose calls end after LOAD_PATIENCE_MS, with TCP_NODELAY. `source`
   picks one of the addresses of the loopback network to come from: each has its own ports. */
int load_connect(uint16_t port, uint32_t source);

/* Sends the message `number` of `connection` and waits for its answer. */
void load_echo_once(const struct load_options* options, int descriptor, uint32_t connection,
                    uint32_t number);

/* Ends the process: `what` failed, for the reason in errno. */
_Noreturn void load_die(const char* what);

/* Opens the connections of an echo load; each has been answered once. */
void echo_open(const struct load_options* options);

/* Every connection sends, waits for the answer, and sends again, until `end_ns`. Returns when
   every answer has come. */
void echo_run(int64_t end_ns, struct load_tally* tally);

/* Every connection connects, is answered once, closes, and begins anew, until `end_ns`. */
void churn_run(const struct load_options* options, int64_t end_ns, struct load_tally* tally);

#endif
