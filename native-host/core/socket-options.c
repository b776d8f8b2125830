/* Socket options and state: see socket-options.h. */
#include "socket-options.h"

#include "kernel.h"
#include "wasi-errno.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Where a segment's flags lie in it, and the one that asks for a connection. Source: RFC 9293 3.1. */
#define SEGMENT_FLAGS_AT 13
#define SEGMENT_SYN 0x02

static int32_t set_int(int descriptor, int level, int name, int value) {
  if (setsockopt(descriptor, level, name, &value, sizeof value) == 0) return 0;
  return pollux_fail(errno);
}

static int32_t get_int(int descriptor, int name, int* value) {
  socklen_t length_bytes = sizeof *value;
  if (getsockopt(descriptor, SOL_SOCKET, name, value, &length_bytes) == 0) return 0;
  return pollux_fail(errno);
}

static int32_t get_number(int descriptor, int name) {
  int value = 0;
  const int32_t result = get_int(descriptor, name, &value);
  return result < 0 ? result : value;
}

int32_t pollux_set_tcp_defaults(int descriptor) {
  const int32_t reuse = set_int(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
  return reuse < 0 ? reuse : set_int(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
}

void pollux_set_no_delay(int descriptor) {
  set_int(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
}

static int32_t set_no_delay(int descriptor, int32_t value) {
  const int32_t result = set_int(descriptor, IPPROTO_TCP, TCP_NODELAY, value);
  /* Unix sockets have no options of TCP, and say so by EOPNOTSUPP. */
  return result == -WASI_NOTSUP ? -WASI_NOPROTOOPT : result;
}

static int32_t set_linger(int descriptor, int32_t seconds) {
  if (seconds < -1) return -WASI_INVAL;
  /* close() of a lingering socket blocks, even of a non-blocking one, for as long as this. */
  if (seconds > 0) return -WASI_NOTSUP;
  const struct linger linger = {.l_onoff = seconds == 0, .l_linger = 0};
  if (setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0) return 0;
  return pollux_fail(errno);
}

int32_t pollux_set_option(struct pollux_kernel* kernel, int32_t handle, int32_t option,
                          int32_t value) {
  const struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (entry == NULL) return -WASI_BADF;
  if (!pollux_entry_is_socket(entry)) return -WASI_NOTSOCK;
  pollux_batch_forget_room(&kernel->batch, handle); /* a smaller buffer has less */
  switch (option) {
    case POLLUX_OPTION_REUSE_ADDRESS:
      if (value != 0 && value != 1) return -WASI_INVAL;
      return set_int(entry->descriptor, SOL_SOCKET, SO_REUSEADDR, value);
    case POLLUX_OPTION_NO_DELAY:
      if (value != 0 && value != 1) return -WASI_INVAL;
      return set_no_delay(entry->descriptor, value);
    case POLLUX_OPTION_LINGER:
      return set_linger(entry->descriptor, value);
    case POLLUX_OPTION_SEND_BUFFER:
      return value < 0 ? -WASI_INVAL : set_int(entry->descriptor, SOL_SOCKET, SO_SNDBUF, value);
    case POLLUX_OPTION_RECEIVE_BUFFER:
      return value < 0 ? -WASI_INVAL : set_int(entry->descriptor, SOL_SOCKET, SO_RCVBUF, value);
    default:
      return -WASI_INVAL;
  }
}

static int32_t get_no_delay(int descriptor) {
  int value = 0;
  socklen_t length_bytes = sizeof value;
  if (getsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &value, &length_bytes) == 0) return value;
  /* Unix sockets have no options of TCP, and say so by EOPNOTSUPP. */
  return errno == EOPNOTSUPP ? -WASI_NOPROTOOPT : pollux_fail(errno);
}

static int32_t get_linger(int descriptor) {
  struct linger linger = {0};
  socklen_t length_bytes = sizeof linger;
  if (getsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, &length_bytes) == 0) {
    return linger.l_onoff != 0;
  }
  return pollux_fail(errno);
}

int32_t pollux_get_option(struct pollux_kernel* kernel, int32_t handle, int32_t option) {
  const struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (entry == NULL) return -WASI_BADF;
  if (!pollux_entry_is_socket(entry)) return -WASI_NOTSOCK;
  switch (option) {
    case POLLUX_OPTION_REUSE_ADDRESS:
      return get_number(entry->descriptor, SO_REUSEADDR);
    case POLLUX_OPTION_NO_DELAY:
      return get_no_delay(entry->descriptor);
    case POLLUX_OPTION_LINGER:
      return get_linger(entry->descriptor);
    case POLLUX_OPTION_SEND_BUFFER:
      return get_number(entry->descriptor, SO_SNDBUF);
    case POLLUX_OPTION_RECEIVE_BUFFER:
      return get_number(entry->descriptor, SO_RCVBUF);
    default:
      return -WASI_INVAL;
  }
}

int32_t pollux_take_error(struct pollux_kernel* kernel, int32_t handle) {
  struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (entry == NULL) return -WASI_BADF;
  if (entry->kept_errno != 0) return -pollux_batch_take_error(entry);
  int error = 0;
  const int32_t result = get_int(entry->descriptor, SO_ERROR, &error);
  return result < 0 ? result : pollux_errno_translate(error);
}

int32_t pollux_stop_queueing(struct pollux_kernel* kernel, int32_t handle) {
  const struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (entry == NULL) return -WASI_BADF;
  int is_listening = 0;
  int domain = 0;
  int32_t result = get_int(entry->descriptor, SO_ACCEPTCONN, &is_listening);
  if (result == 0) result = get_int(entry->descriptor, SO_DOMAIN, &domain);
  if (result < 0) return result;
  if (!is_listening) return -WASI_INVAL;
  if (domain == AF_UNIX) return 0;
  struct sock_filter drop_requests[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SEGMENT_FLAGS_AT),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SEGMENT_SYN, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
  };
  const struct sock_fprog program = {.len = sizeof drop_requests / sizeof drop_requests[0],
                                     .filter = drop_requests};
  return setsockopt(entry->descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0
             ? 0
             : pollux_fail(errno);
}

int32_t pollux_unacknowledged_bytes(struct pollux_kernel* kernel, int32_t handle) {
  const struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (entry == NULL) return -WASI_BADF;
  if (!pollux_entry_is_socket(entry)) return -WASI_NOTSOCK; /* on a tty it means something else */
  int count = 0;
  if (ioctl(entry->descriptor, SIOCOUTQ, &count) != 0) return pollux_fail(errno);
  return count;
}
