/* The steps of a fuzzed program: each makes a call or a few, with arguments of the input, and
   checks the answers. */
#ifndef FUZZ_CALLS_H
#define FUZZ_CALLS_H

#include "world.h"

typedef void fuzz_step(struct fuzz_world* world, struct fuzz_kernel* kernel,
                       struct fuzz_input* input);

/* socket-calls.c */
fuzz_step fuzz_open, fuzz_bind, fuzz_listen, fuzz_connect, fuzz_accept, fuzz_shutdown;
fuzz_step fuzz_set_option, fuzz_take_error, fuzz_stop_queueing, fuzz_unacknowledged;
fuzz_step fuzz_local_address, fuzz_peer_address, fuzz_address_text, fuzz_connection;

/* handle-calls.c */
fuzz_step fuzz_close, fuzz_dup, fuzz_adopt, fuzz_release, fuzz_hand_over, fuzz_open_stdio;
fuzz_step fuzz_file_type, fuzz_destroy, fuzz_make_again;

/* data-calls.c */
fuzz_step fuzz_attach_part, fuzz_recv, fuzz_send, fuzz_recv_vectors, fuzz_send_vectors;
fuzz_step fuzz_read, fuzz_write, fuzz_random, fuzz_far_end;

/* wait-calls.c */
fuzz_step fuzz_open_set, fuzz_close_set, fuzz_watch, fuzz_unwatch, fuzz_wait, fuzz_wait_few;
fuzz_step fuzz_wake, fuzz_signal, fuzz_consume_wake, fuzz_clocks;

#endif
