/* What can be set on a socket or asked of it. The answers are those of host/kernel/kernel.ts. */
#ifndef POLLUX_SOCKET_OPTIONS_H
#define POLLUX_SOCKET_OPTIONS_H

#include <stdint.h>

struct pollux_kernel;

enum pollux_socket_option {
  POLLUX_OPTION_REUSE_ADDRESS = 1,
  POLLUX_OPTION_NO_DELAY = 2,
  POLLUX_OPTION_LINGER = 3,
  POLLUX_OPTION_SEND_BUFFER = 4,
  POLLUX_OPTION_RECEIVE_BUFFER = 5,
};

/* Switches on what every TCP socket has from the start: TCP_NODELAY and SO_REUSEADDR. An accepted
   socket has its listener's TCP_NODELAY. Returns 0 or a negated errno. */
int32_t pollux_set_tcp_defaults(int descriptor);

/* TCP_NODELAY alone. A socket of another kind keeps its ways. */
void pollux_set_no_delay(int descriptor);

int32_t pollux_set_option(struct pollux_kernel* kernel, int32_t handle, int32_t option,
                          int32_t value);

/* What holds; for a linger, 1 when close resets. Returns a value or a negated errno. */
int32_t pollux_get_option(struct pollux_kernel* kernel, int32_t handle, int32_t option);

/* SO_ERROR: the pending error as a positive errno, 0 for none; it is taken off the socket. */
int32_t pollux_take_error(struct pollux_kernel* kernel, int32_t handle);

/* Lets no new client into a listener's queue: a filter that drops every request for a connection, so
   that they are not answered and try again. A handshake under way is finished: its client may think
   that it is connected already. A unix listener has no packets, and is left as it is.
   Returns 0, -WASI_NOTSOCK, -WASI_INVAL when it is not listening. Source: socket(7), RFC 9293. */
int32_t pollux_stop_queueing(struct pollux_kernel* kernel, int32_t handle);

/* How many bytes the peer has not acknowledged, an end of file counting as one.
   Source: SIOCOUTQ, tcp(7). */
int32_t pollux_unacknowledged_bytes(struct pollux_kernel* kernel, int32_t handle);

#endif
