/*
 * Stream sockets: made, connected, read and written. None of these calls blocks and none raises a
 * signal. What each answers is written in host/kernel/kernel.ts.
 */
#ifndef POLLUX_SOCKETS_H
#define POLLUX_SOCKETS_H

#include "address.h"

#include <stddef.h>
#include <stdint.h>

struct msghdr;
struct pollux_entry;
struct pollux_kernel;

/* How many (pointer, length) pairs a vector call takes: IOV_MAX. Source: recvmsg(2). */
#define POLLUX_VECTORS_COUNT_MAX 1024

#define POLLUX_RECV_PEEK 1

enum pollux_shutdown {
  POLLUX_SHUTDOWN_READ = 1,
  POLLUX_SHUTDOWN_WRITE = 2,
  POLLUX_SHUTDOWN_BOTH = 3,
};

int32_t pollux_open(struct pollux_kernel* kernel, int32_t family);
int32_t pollux_bind(struct pollux_kernel* kernel, int32_t handle,
                    const struct pollux_address* address);
int32_t pollux_listen(struct pollux_kernel* kernel, int32_t handle, int32_t backlog);
int32_t pollux_connect(struct pollux_kernel* kernel, int32_t handle,
                       const struct pollux_address* address);
int32_t pollux_accept(struct pollux_kernel* kernel, int32_t listener);
int32_t pollux_recv(struct pollux_kernel* kernel, int32_t handle, uint64_t pointer,
                    uint64_t length_bytes, uint32_t flags);
int32_t pollux_send(struct pollux_kernel* kernel, int32_t handle, uint64_t pointer,
                    uint64_t length_bytes);

/* Pair i of `pairs`: pointer at 2 * i, length at 2 * i + 1. */
int32_t pollux_recv_vectors(struct pollux_kernel* kernel, int32_t handle, const uint32_t* pairs,
                            uint32_t pairs_count, uint32_t flags);
int32_t pollux_send_vectors(struct pollux_kernel* kernel, int32_t handle, const uint32_t* pairs,
                            uint32_t pairs_count);

int32_t pollux_shutdown(struct pollux_kernel* kernel, int32_t handle, int32_t how);
int32_t pollux_local_address(struct pollux_kernel* kernel, int32_t handle,
                             struct pollux_address_text* result);
int32_t pollux_peer_address(struct pollux_kernel* kernel, int32_t handle,
                            struct pollux_address_text* result);

/* The plain accept4, recv, send and close, with which a demux that reports readiness fills its
   table. */
int32_t pollux_socket_accept(struct pollux_kernel* kernel, const struct pollux_entry* listener);
int32_t pollux_socket_recv(struct pollux_kernel* kernel, const struct pollux_entry* entry,
                           void* bytes, size_t length_bytes, int flags);
int32_t pollux_socket_send(struct pollux_kernel* kernel, const struct pollux_entry* entry,
                           const void* bytes, size_t length_bytes);
int32_t pollux_socket_recv_vectors(struct pollux_kernel* kernel, const struct pollux_entry* entry,
                                   struct msghdr* message, int flags);
int32_t pollux_socket_send_vectors(struct pollux_kernel* kernel, const struct pollux_entry* entry,
                                   const struct msghdr* message);
void pollux_descriptor_close(struct pollux_kernel* kernel, const struct pollux_entry* entry);

#endif
