/* Stream sockets: see sockets.h. */
#include "sockets.h"

#include "kernel.h"
#include "socket-options.h"
#include "wasi-errno.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

int32_t pollux_open(struct pollux_kernel* kernel, int32_t family) {
  const int domain = pollux_family_domain(family);
  if (domain < 0) return -WASI_AFNOSUPPORT;
  const int32_t reserved = pollux_handles_reserve(&kernel->handles);
  if (reserved < 0) return reserved;
  const int descriptor = socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return pollux_fail(errno);
  const int32_t defaults = domain == AF_UNIX ? 0 : pollux_set_tcp_defaults(descriptor);
  if (defaults < 0) {
    close(descriptor);
    return defaults;
  }
  const uint8_t flags = domain == AF_UNIX ? 0 : POLLUX_ENTRY_TCP;
  return pollux_handles_add(&kernel->handles, descriptor, POLLUX_FILE_SOCKET_STREAM, flags);
}

int32_t pollux_bind(struct pollux_kernel* kernel, int32_t handle,
                    const struct pollux_address* address) {
  const struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (entry == NULL) return -WASI_BADF;
  const struct sockaddr* name = (const struct sockaddr*)&address->storage;
  if (bind(entry->descriptor, name, address->length_bytes) == 0) return 0;
  return pollux_fail(errno);
}

int32_t pollux_listen(struct pollux_kernel* kernel, int32_t handle, int32_t backlog) {
  const struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (entry == NULL) return -WASI_BADF;
  return listen(entry->descriptor, backlog) == 0 ? 0 : pollux_fail(errno);
}

int32_t pollux_connect(struct pollux_kernel* kernel, int32_t handle,
                       const struct pollux_address* address) {
  const struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (entry == NULL) return -WASI_BADF;
  if (entry->flags & POLLUX_ENTRY_BLOCKING) return -WASI_NOTSUP; /* it would block */
  const struct sockaddr* name = (const struct sockaddr*)&address->storage;
  if (connect(entry->descriptor, name, address->length_bytes) == 0) return 0;
  return pollux_fail(errno);
}

int32_t pollux_accept(struct pollux_kernel* kernel, int32_t listener) {
  /* Room in the table first: a connection that was accepted can't be put back. */
  const int32_t reserved = pollux_handles_reserve(&kernel->handles);
  if (reserved < 0) return reserved;
  const struct pollux_entry* entry = pollux_handles_find(&kernel->handles, listener);
  if (entry == NULL) return -WASI_BADF;
  if (entry->flags & POLLUX_ENTRY_BLOCKING) {
    /* A listener as standard input: accept4 would block when its queue is empty. */
    return pollux_entry_is_socket(entry) ? -WASI_NOTSUP : -WASI_NOTSOCK;
  }
  return kernel->demux->accept(kernel, entry);
}

/* Keeps what an answer of recv says about the queue. 0 is the peer's end, which stays. */
static void note_read(struct pollux_entry* entry, int32_t result, uint64_t length_bytes,
                         uint32_t flags) {
  if (result <= 0) {
    if (result == -WASI_AGAIN) entry->is_read_dry = true;
    return;
  }
  const bool is_emptied = (uint64_t)result < length_bytes && (flags & POLLUX_RECV_PEEK) == 0;
  if (is_emptied) entry->is_read_dry = true;
  if (!is_emptied || (uint32_t)result >= POLLUX_BATCH_MESSAGE_BYTES_MAX) {
    entry->small_reads_count = 0;
  } else if (entry->small_reads_count < POLLUX_SMALL_READS_ENOUGH) {
    entry->small_reads_count += 1;
  }
}

/* Ends a receive: notes its answer, which it returns, and receives the next burst if it is time. */
static int32_t end_recv(struct pollux_kernel* kernel, struct pollux_entry* entry, int32_t result,
                        uint64_t length_bytes, uint32_t flags) {
  note_read(entry, result, length_bytes, flags);
  pollux_batch_after_recv(kernel, &kernel->batch);
  return result;
}

int32_t pollux_recv(struct pollux_kernel* kernel, int32_t handle, uint64_t pointer,
                    uint64_t length_bytes, uint32_t flags) {
  struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (entry == NULL) return -WASI_BADF;
  if (flags & ~(uint32_t)POLLUX_RECV_PEEK) return -WASI_INVAL;
  uint8_t* bytes = pollux_memory_at(&kernel->memory, pointer, length_bytes);
  if (bytes == NULL) return -WASI_FAULT;
  const int system_flags = flags & POLLUX_RECV_PEEK ? MSG_PEEK : 0;
  int32_t result;
  if (pollux_batch_is_ahead(&kernel->batch, entry)) {
    struct iovec piece = {.iov_base = bytes, .iov_len = (size_t)length_bytes};
    result = pollux_batch_recv(kernel, entry, &piece, 1, system_flags);
  } else {
    result = kernel->demux->recv(kernel, entry, bytes, (size_t)length_bytes, system_flags);
  }
  return end_recv(kernel, entry, result, length_bytes, flags);
}

int32_t pollux_send(struct pollux_kernel* kernel, int32_t handle, uint64_t pointer,
                    uint64_t length_bytes) {
  struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (entry == NULL) return -WASI_BADF;
  const uint8_t* bytes = pollux_memory_at(&kernel->memory, pointer, length_bytes);
  if (bytes == NULL) return -WASI_FAULT;
  const int32_t refused = pollux_batch_before_send(&kernel->batch, entry);
  if (refused < 0) return refused;
  return kernel->demux->send(kernel, entry, bytes, (size_t)length_bytes);
}

/* Finds the guest's pieces. Returns 0, -WASI_INVAL for too many, -WASI_FAULT. */
static int32_t gather(const struct pollux_memory* memory, const uint32_t* pairs,
                      uint32_t pairs_count, struct iovec* pieces) {
  if (pairs_count > POLLUX_VECTORS_COUNT_MAX) return -WASI_INVAL;
  for (uint32_t index = 0; index < pairs_count; index += 1) {
    const uint32_t length_bytes = pairs[2 * index + 1];
    uint8_t* bytes = pollux_memory_at(memory, pairs[2 * index], length_bytes);
    if (bytes == NULL) return -WASI_FAULT;
    pieces[index] = (struct iovec){.iov_base = bytes, .iov_len = length_bytes};
  }
  return 0;
}

int32_t pollux_recv_vectors(struct pollux_kernel* kernel, int32_t handle, const uint32_t* pairs,
                            uint32_t pairs_count, uint32_t flags) {
  struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (entry == NULL) return -WASI_BADF;
  if (flags & ~(uint32_t)POLLUX_RECV_PEEK) return -WASI_INVAL;
  struct iovec pieces[POLLUX_VECTORS_COUNT_MAX];
  const int32_t gathered = gather(&kernel->memory, pairs, pairs_count, pieces);
  if (gathered < 0) return gathered;
  const int system_flags = flags & POLLUX_RECV_PEEK ? MSG_PEEK : 0;
  uint64_t length_bytes = 0;
  for (uint32_t index = 0; index < pairs_count; index += 1) length_bytes += pairs[2 * index + 1];
  int32_t result;
  if (pollux_batch_is_ahead(&kernel->batch, entry)) {
    result = pollux_batch_recv(kernel, entry, pieces, pairs_count, system_flags);
  } else {
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = pairs_count};
    result = kernel->demux->recv_vectors(kernel, entry, &message, system_flags);
  }
  return end_recv(kernel, entry, result, length_bytes, flags);
}

int32_t pollux_send_vectors(struct pollux_kernel* kernel, int32_t handle, const uint32_t* pairs,
                            uint32_t pairs_count) {
  struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (entry == NULL) return -WASI_BADF;
  struct iovec pieces[POLLUX_VECTORS_COUNT_MAX];
  const int32_t gathered = gather(&kernel->memory, pairs, pairs_count, pieces);
  if (gathered < 0) return gathered;
  const int32_t refused = pollux_batch_before_send(&kernel->batch, entry);
  if (refused < 0) return refused;
  const struct msghdr message = {.msg_iov = pieces, .msg_iovlen = pairs_count};
  return kernel->demux->send_vectors(kernel, entry, &message);
}

int32_t pollux_shutdown(struct pollux_kernel* kernel, int32_t handle, int32_t how) {
  struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (entry == NULL) return -WASI_BADF;
  static const int SYSTEM_HOW[] = {[POLLUX_SHUTDOWN_READ] = SHUT_RD,
                                   [POLLUX_SHUTDOWN_WRITE] = SHUT_WR,
                                   [POLLUX_SHUTDOWN_BOTH] = SHUT_RDWR};
  if (how < POLLUX_SHUTDOWN_READ || how > POLLUX_SHUTDOWN_BOTH) return -WASI_INVAL;
  pollux_batch_forget_room(&kernel->batch, handle);
  if (how != POLLUX_SHUTDOWN_READ) entry->is_write_shut = true;
  return shutdown(entry->descriptor, SYSTEM_HOW[how]) == 0 ? 0 : pollux_fail(errno);
}

int32_t pollux_local_address(struct pollux_kernel* kernel, int32_t handle,
                             struct pollux_address_text* result) {
  const struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (entry == NULL) return -WASI_BADF;
  struct pollux_address address = {.length_bytes = sizeof address.storage};
  struct sockaddr* name = (struct sockaddr*)&address.storage;
  if (getsockname(entry->descriptor, name, &address.length_bytes) != 0) return pollux_fail(errno);
  return pollux_address_write(&address, result);
}

int32_t pollux_peer_address(struct pollux_kernel* kernel, int32_t handle,
                            struct pollux_address_text* result) {
  const struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (entry == NULL) return -WASI_BADF;
  struct pollux_address address = {.length_bytes = sizeof address.storage};
  struct sockaddr* name = (struct sockaddr*)&address.storage;
  if (getpeername(entry->descriptor, name, &address.length_bytes) != 0) return pollux_fail(errno);
  return pollux_address_write(&address, result);
}

int32_t pollux_socket_accept(struct pollux_kernel* kernel, const struct pollux_entry* listener) {
  for (;;) {
    /* By number, as recv and send below. */
    const int descriptor = (int)syscall(SYS_accept4, listener->descriptor, NULL, NULL,
                                        SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
      const uint8_t flags = (uint8_t)(listener->flags & POLLUX_ENTRY_TCP);
      return pollux_handles_add(&kernel->handles, descriptor, listener->file_type, flags);
    }
    if (errno != EINTR) return pollux_fail(errno);
  }
}

/* MSG_DONTWAIT on every call, though our sockets are non-blocking: the flags of one that was handed
   over or inherited can be changed by whoever shares it. By number, since recv() and send() of a
   process with threads prepare to be cancelled: 2 % of an echo of 64 bytes. */
int32_t pollux_socket_recv(struct pollux_kernel* kernel, const struct pollux_entry* entry,
                           void* bytes, size_t length_bytes, int flags) {
  (void)kernel;
  const ssize_t count = syscall(SYS_recvfrom, entry->descriptor, bytes, length_bytes,
                                MSG_DONTWAIT | flags, NULL, NULL);
  return count < 0 ? pollux_fail(errno) : (int32_t)count;
}

int32_t pollux_socket_send(struct pollux_kernel* kernel, const struct pollux_entry* entry,
                           const void* bytes, size_t length_bytes) {
  (void)kernel;
  const ssize_t count = syscall(SYS_sendto, entry->descriptor, bytes, length_bytes,
                                MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
  return count < 0 ? pollux_fail(errno) : (int32_t)count;
}

int32_t pollux_socket_recv_vectors(struct pollux_kernel* kernel, const struct pollux_entry* entry,
                                   struct msghdr* message, int flags) {
  (void)kernel;
  const ssize_t count = recvmsg(entry->descriptor, message, MSG_DONTWAIT | flags);
  return count < 0 ? pollux_fail(errno) : (int32_t)count;
}

int32_t pollux_socket_send_vectors(struct pollux_kernel* kernel, const struct pollux_entry* entry,
                                   const struct msghdr* message) {
  (void)kernel;
  const ssize_t count = sendmsg(entry->descriptor, message, MSG_DONTWAIT | MSG_NOSIGNAL);
  return count < 0 ? pollux_fail(errno) : (int32_t)count;
}

void pollux_descriptor_close(struct pollux_kernel* kernel, const struct pollux_entry* entry) {
  (void)kernel;
  /* Its only errors, EINTR and those of disks, mean closed too. */
  syscall(SYS_close, entry->descriptor);
}
