/* Standard streams and pipes: see streams.h. */
#include "streams.h"

#include "kernel.h"
#include "sockets.h"
#include "terminal.h"
#include "wasi-errno.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void pollux_streams_ignore_sigpipe(void) {
  struct sigaction action;
  if (sigaction(SIGPIPE, NULL, &action) != 0) return;
  if (action.sa_flags & SA_SIGINFO || action.sa_handler != SIG_DFL) return;
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, NULL);
}

static uint8_t socket_type_of(int descriptor) {
  int type = 0;
  socklen_t length_bytes = sizeof type;
  if (getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length_bytes) != 0) {
    return POLLUX_FILE_UNKNOWN;
  }
  return type == SOCK_STREAM ? POLLUX_FILE_SOCKET_STREAM : POLLUX_FILE_SOCKET_DGRAM;
}

static bool is_tcp(int descriptor) {
  int protocol = 0;
  socklen_t length_bytes = sizeof protocol;
  return getsockopt(descriptor, SOL_SOCKET, SO_PROTOCOL, &protocol, &length_bytes) == 0 &&
         protocol == IPPROTO_TCP;
}

/* fstat(2). glibc has it as a function from 2.33 on, and an addon that names it doesn't load on
   older systems. By number where the kernel's structure is that of every libc, as on these two. */
static int file_status(int descriptor, struct stat* status) {
#if defined(__LP64__) && (defined(__x86_64__) || defined(__aarch64__))
  return (int)syscall(SYS_fstat, descriptor, status);
#else
  return fstat(descriptor, status);
#endif
}

int32_t pollux_describe(int descriptor, uint8_t* file_type, uint8_t* flags) {
  struct stat status;
  const int status_flags = fcntl(descriptor, F_GETFL);
  if (status_flags < 0 || file_status(descriptor, &status) != 0) return pollux_fail(errno);
  *file_type = POLLUX_FILE_UNKNOWN;
  *flags = POLLUX_ENTRY_SHARED;
  if (S_ISSOCK(status.st_mode)) *file_type = socket_type_of(descriptor);
  if (S_ISSOCK(status.st_mode) && is_tcp(descriptor)) *flags |= POLLUX_ENTRY_TCP;
  if (S_ISREG(status.st_mode)) *file_type = POLLUX_FILE_REGULAR;
  if (S_ISDIR(status.st_mode)) *file_type = POLLUX_FILE_DIRECTORY;
  if (S_ISCHR(status.st_mode)) *file_type = POLLUX_FILE_CHARACTER_DEVICE;
  if (S_ISBLK(status.st_mode)) *file_type = POLLUX_FILE_BLOCK_DEVICE;
  if (S_ISFIFO(status.st_mode)) *flags |= POLLUX_ENTRY_PIPE;
  if (S_ISCHR(status.st_mode) && isatty(descriptor)) *flags |= POLLUX_ENTRY_TERMINAL;
  if ((status_flags & O_ACCMODE) == O_RDONLY) *flags |= POLLUX_ENTRY_READ_ONLY;
  if ((status_flags & O_ACCMODE) == O_WRONLY) *flags |= POLLUX_ENTRY_WRITE_ONLY;
  return 0;
}

/* A terminal's open file description of our own, non-blocking, or -1: a write to a terminal that
   is called writable blocks when it is longer than the room, and newlines take two bytes each. As
   libuv does; it fails where the terminal is another user's, and then we do without. */
static int reopen_terminal(int descriptor) {
  const int status_flags = fcntl(descriptor, F_GETFL);
  if (status_flags < 0) return -1;
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
  return open(path, (status_flags & O_ACCMODE) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

int32_t pollux_open_stdio(struct pollux_kernel* kernel, int32_t index) {
  if (index < 0 || index >= POLLUX_STDIO_COUNT) return -WASI_BADF;
  const int32_t reserved = pollux_handles_reserve(&kernel->handles);
  if (reserved < 0) return reserved;
  uint8_t file_type;
  uint8_t flags;
  const int32_t described = pollux_describe(kernel->stdio[index], &file_type, &flags);
  if (described < 0) return described;
  if ((flags & POLLUX_ENTRY_TERMINAL) != 0) {
    const int reopened = reopen_terminal(kernel->stdio[index]);
    if (reopened >= 0) return pollux_handles_add(&kernel->handles, reopened, file_type, flags);
  }
  /* A number of our own: the handle can be closed, and opened twice in one set. Not below 3, where
     it would become standard input itself if that were closed one day. */
  const int descriptor = fcntl(kernel->stdio[index], F_DUPFD_CLOEXEC, 3);
  if (descriptor < 0) return pollux_fail(errno);
  flags |= POLLUX_ENTRY_BLOCKING;
  return pollux_handles_add(&kernel->handles, descriptor, file_type, flags);
}

/* The events that a descriptor has now: those asked for, POLLHUP and POLLERR. Or a negated errno:
   -WASI_AGAIN when there are none. */
static int32_t events_now(int descriptor, short events) {
  struct pollfd polled = {.fd = descriptor, .events = events};
  const struct timespec at_once = {0};
  int count;
  do {
    count = ppoll(&polled, 1, &at_once, NULL);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return pollux_fail(errno);
  return count == 0 ? -WASI_AGAIN : polled.revents;
}

/* Files and directories don't block, except for the disk, and a descriptor whose O_NONBLOCK is
   ours never does. */
static bool may_block(const struct pollux_entry* entry) {
  return (entry->flags & POLLUX_ENTRY_BLOCKING) != 0 &&
         entry->file_type != POLLUX_FILE_REGULAR && entry->file_type != POLLUX_FILE_DIRECTORY;
}

int32_t pollux_read(struct pollux_kernel* kernel, int32_t handle, uint64_t pointer,
                    uint64_t length_bytes) {
  struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (entry == NULL || (entry->flags & POLLUX_ENTRY_WRITE_ONLY) != 0) return -WASI_BADF;
  if (pollux_entry_is_socket(entry)) {
    return pollux_recv(kernel, handle, pointer, length_bytes, 0);
  }
  uint8_t* bytes = pollux_memory_at(&kernel->memory, pointer, length_bytes);
  if (bytes == NULL) return -WASI_FAULT;
  if (may_block(entry)) {
    const int32_t events = events_now(entry->descriptor, POLLIN);
    if (events < 0) return events;
  }
  for (;;) {
    const ssize_t count = read(entry->descriptor, bytes, (size_t)length_bytes);
    if (count >= 0) return (int32_t)count;
    if (errno != EINTR) return pollux_fail(errno);
  }
}

static int32_t put(const struct pollux_entry* entry, const uint8_t* bytes, size_t length_bytes) {
  for (;;) {
    const ssize_t count = write(entry->descriptor, bytes, length_bytes);
    if (count >= 0) return (int32_t)count;
    if (errno != EINTR) return pollux_fail(errno);
  }
}

static int32_t put_on_terminal(struct pollux_kernel* kernel, const struct pollux_entry* entry,
                               const uint8_t* bytes, size_t length_bytes) {
  assert(length_bytes <= POLLUX_STREAM_WRITE_BYTES_MAX);
  /* Two streams may lead to one terminal. What comes by another stream than the text before it
     begins a text of its own, or C2 to standard output and 9B to standard error were a control.
     Not known here is what others write to the terminal meanwhile. */
  if (kernel->terminal_handle != entry->handle) {
    kernel->terminal_handle = entry->handle;
    kernel->terminal_text = (struct pollux_terminal_text){0};
  }
  uint8_t inert[POLLUX_STREAM_WRITE_BYTES_MAX];
  struct pollux_terminal_text text = kernel->terminal_text;
  pollux_terminal_filter(&text, bytes, inert, length_bytes);
  const int32_t count = put(entry, inert, length_bytes);
  /* It may have taken less: the text stands where that ends. */
  if (count > 0) pollux_terminal_filter(&kernel->terminal_text, bytes, inert, (size_t)count);
  return count;
}

int32_t pollux_write(struct pollux_kernel* kernel, int32_t handle, uint64_t pointer,
                     uint64_t length_bytes) {
  struct pollux_entry* entry = pollux_handles_find(&kernel->handles, handle);
  if (entry == NULL || (entry->flags & POLLUX_ENTRY_READ_ONLY) != 0) return -WASI_BADF;
  if (pollux_entry_is_socket(entry)) return pollux_send(kernel, handle, pointer, length_bytes);
  const uint8_t* bytes = pollux_memory_at(&kernel->memory, pointer, length_bytes);
  if (bytes == NULL) return -WASI_FAULT;
  const bool is_pipe = (entry->flags & POLLUX_ENTRY_PIPE) != 0;
  if (may_block(entry) || is_pipe) {
    const int32_t events = events_now(entry->descriptor, POLLOUT);
    if (events < 0) return events;
    /* A pipe without a reader. Known without the write, it raises no signal whatever the process
       does with SIGPIPE at this moment. */
    if (is_pipe && (events & POLLERR) != 0) return -WASI_PIPE;
  }
  const size_t count_max = length_bytes < POLLUX_STREAM_WRITE_BYTES_MAX
                               ? (size_t)length_bytes
                               : POLLUX_STREAM_WRITE_BYTES_MAX;
  if ((entry->flags & POLLUX_ENTRY_TERMINAL) != 0) {
    return put_on_terminal(kernel, entry, bytes, count_max);
  }
  return put(entry, bytes, count_max);
}
