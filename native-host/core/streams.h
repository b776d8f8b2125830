/*
 * Standard streams and pipes, read and written without blocking and without a signal, though the
 * flags of a standard stream are the user's shell's and stay as they are.
 */
#ifndef POLLUX_STREAMS_H
#define POLLUX_STREAMS_H

#include <stdint.h>

struct pollux_kernel;

/* The most that one write to a stream takes. A pipe is called writable when one page is free, and
   a longer write would block. Source: pipe(7), PIPE_BUF. */
#define POLLUX_STREAM_WRITE_BYTES_MAX 4096

/* Makes sure that a write to a pipe without a reader can't end the process: ignores SIGPIPE where
   it still has its default action (Node ignores it from the start). */
void pollux_streams_ignore_sigpipe(void);

/* The enum pollux_file_type and enum pollux_entry_flags of a descriptor, by fstat and others.
   Returns 0 or -WASI_BADF. */
int32_t pollux_describe(int descriptor, uint8_t* file_type, uint8_t* flags);

int32_t pollux_open_stdio(struct pollux_kernel* kernel, int32_t index);
int32_t pollux_read(struct pollux_kernel* kernel, int32_t handle, uint64_t pointer,
                    uint64_t length_bytes);

/* To a terminal the bytes go through pollux_terminal_filter. */
int32_t pollux_write(struct pollux_kernel* kernel, int32_t handle, uint64_t pointer,
                     uint64_t length_bytes);

#endif
