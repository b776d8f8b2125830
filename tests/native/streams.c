/* Tests of standard streams, each with a real pipe, terminal, file or socket in its place. */
#include "../../native-host/core/streams.h"

#include "../../native-host/core/sockets.h"
#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A kernel whose standard input, output and error all are `descriptor`. */
static struct pollux_kernel* kernel_on(int descriptor) {
  return make_kernel_with((struct pollux_kernel_options){
      .wake_descriptor = -1, .stdio = {descriptor, descriptor, descriptor}});
}

static void reading_an_empty_pipe_does_not_block(void) {
  int ends[2];
  CHECK_EQUAL(pipe(ends), 0);
  struct pollux_kernel* kernel = kernel_on(ends[0]);
  const int32_t stdin_handle = SUCCESS(pollux_open_stdio(kernel, 0));
  CHECK_EQUAL(pollux_read(kernel, stdin_handle, 0, 10), -WASI_AGAIN);
  CHECK_EQUAL(write(ends[1], "abc", 3), 3);
  CHECK_EQUAL(pollux_read(kernel, stdin_handle, 0, 10), 3);
  CHECK_EQUAL(pollux_read(kernel, stdin_handle, 0, 10), -WASI_AGAIN);
  close(ends[1]);
  CHECK_EQUAL(pollux_read(kernel, stdin_handle, 0, 10), 0);
  CHECK_EQUAL(pollux_file_type(kernel, stdin_handle), POLLUX_FILE_UNKNOWN);
}

static void writing_to_a_full_pipe_does_not_block(void) {
  int ends[2];
  CHECK_EQUAL(pipe(ends), 0);
  struct pollux_kernel* kernel = kernel_on(ends[1]);
  const int32_t stdout_handle = SUCCESS(pollux_open_stdio(kernel, 1));
  int32_t written_bytes = 0;
  for (;;) {
    const int32_t count = pollux_write(kernel, stdout_handle, 0, MEMORY_BYTES);
    if (count == -WASI_AGAIN) break;
    CHECK_EQUAL(count, POLLUX_STREAM_WRITE_BYTES_MAX);
    written_bytes += count;
  }
  CHECK_EQUAL(written_bytes, 65536);
  char page[4096];
  CHECK_EQUAL(read(ends[0], page, sizeof page), sizeof page);
  CHECK_EQUAL(pollux_write(kernel, stdout_handle, 0, MEMORY_BYTES), 4096);
  CHECK_EQUAL(pollux_write(kernel, stdout_handle, 0, MEMORY_BYTES), -WASI_AGAIN);
}

static void a_pipe_without_a_reader_raises_no_signal(void) {
  int ends[2];
  CHECK_EQUAL(pipe(ends), 0);
  struct pollux_kernel* kernel = kernel_on(ends[1]);
  const int32_t stdout_handle = SUCCESS(pollux_open_stdio(kernel, 1));
  close(ends[0]);
  signal(SIGPIPE, SIG_DFL);
  CHECK_EQUAL(pollux_write(kernel, stdout_handle, 0, 1), -WASI_PIPE);
  const int32_t adopted = SUCCESS(pollux_adopt(kernel, ends[1]));
  CHECK_EQUAL(pollux_write(kernel, adopted, 0, 1), -WASI_PIPE);
}

static void sigpipe_is_ignored_unless_someone_handles_it(void) {
  struct sigaction action;
  signal(SIGPIPE, SIG_DFL);
  pollux_streams_ignore_sigpipe();
  CHECK_EQUAL(sigaction(SIGPIPE, NULL, &action), 0);
  CHECK(action.sa_handler == SIG_IGN);
  void (*handler)(int) = (void (*)(int))exit;
  signal(SIGPIPE, handler);
  pollux_streams_ignore_sigpipe();
  CHECK_EQUAL(sigaction(SIGPIPE, NULL, &action), 0);
  CHECK(action.sa_handler == handler);
}

static void the_shared_flags_stay(void) {
  int ends[2];
  CHECK_EQUAL(pipe(ends), 0);
  const int before = fcntl(ends[1], F_GETFL);
  struct pollux_kernel* kernel = kernel_on(ends[1]);
  const int32_t stdout_handle = SUCCESS(pollux_open_stdio(kernel, 1));
  CHECK_EQUAL(pollux_write(kernel, stdout_handle, 0, 5), 5);
  CHECK_EQUAL(fcntl(ends[1], F_GETFL), before);
  CHECK_EQUAL(pollux_close(kernel, stdout_handle), 0);
  CHECK_EQUAL(fcntl(ends[1], F_GETFL), before); /* open still: it is the host's */
}

static void the_wrong_direction_answers_badf(void) {
  int ends[2];
  CHECK_EQUAL(pipe(ends), 0);
  struct pollux_kernel* reader = kernel_on(ends[0]);
  CHECK_EQUAL(pollux_write(reader, SUCCESS(pollux_open_stdio(reader, 0)), 0, 1), -WASI_BADF);
  struct pollux_kernel* writer = kernel_on(ends[1]);
  CHECK_EQUAL(pollux_read(writer, SUCCESS(pollux_open_stdio(writer, 0)), 0, 1), -WASI_BADF);
}

/* A terminal whose other side nobody reads. Newlines become two bytes, so a write of what poll(2)
   promises would block. */
static void a_full_terminal_does_not_block(void) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
  const int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
  CHECK(terminal >= 0);
  const int before = fcntl(terminal, F_GETFL);
  struct pollux_kernel* kernel = kernel_on(terminal);
  const int32_t stdout_handle = SUCCESS(pollux_open_stdio(kernel, 1));
  memset(memory_of(kernel), '\n', MEMORY_BYTES);
  int32_t count = 0;
  do {
    count = pollux_write(kernel, stdout_handle, 0, MEMORY_BYTES);
  } while (count >= 0);
  CHECK_EQUAL(count, -WASI_AGAIN);
  CHECK_EQUAL(pollux_read(kernel, stdout_handle, 0, 1), -WASI_AGAIN);
  CHECK_EQUAL(fcntl(terminal, F_GETFL), before);
  CHECK_EQUAL(pollux_file_type(kernel, stdout_handle), POLLUX_FILE_CHARACTER_DEVICE);
}

static void a_socket_as_a_stream_does_not_block(void) {
  int ends[2];
  CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  struct pollux_kernel* kernel = kernel_on(ends[0]);
  signal(SIGPIPE, SIG_DFL);
  const int32_t handle = SUCCESS(pollux_open_stdio(kernel, 0));
  CHECK_EQUAL(pollux_file_type(kernel, handle), POLLUX_FILE_SOCKET_STREAM);
  CHECK_EQUAL(pollux_read(kernel, handle, 0, 10), -WASI_AGAIN);
  CHECK_EQUAL(pollux_recv(kernel, handle, 0, 10, 0), -WASI_AGAIN);
  while (pollux_write(kernel, handle, 0, MEMORY_BYTES) > 0) continue;
  CHECK_EQUAL(pollux_write(kernel, handle, 0, MEMORY_BYTES), -WASI_AGAIN);
  CHECK_EQUAL(pollux_accept(kernel, handle), -WASI_NOTSUP);
  CHECK_EQUAL(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
  close(ends[1]);
  CHECK_EQUAL(pollux_write(kernel, handle, 0, 1), -WASI_PIPE);
}

static void files_and_directories_are_always_ready(void) {
  char path[] = "/tmp/pollux-test-XXXXXX";
  const int file = mkstemp(path);
  CHECK(file >= 0);
  unlink(path);
  CHECK_EQUAL(write(file, "abc", 3), 3);
  lseek(file, 0, SEEK_SET);
  struct pollux_kernel* kernel = kernel_on(file);
  const int32_t handle = SUCCESS(pollux_open_stdio(kernel, 0));
  CHECK_EQUAL(pollux_file_type(kernel, handle), POLLUX_FILE_REGULAR);
  CHECK_EQUAL(pollux_read(kernel, handle, 0, 10), 3);
  CHECK_EQUAL(pollux_read(kernel, handle, 0, 10), 0);
  CHECK_EQUAL(pollux_write(kernel, handle, 0, 10), 10);
  CHECK_EQUAL(wait_for(kernel, handle, POLLUX_READ, 0), POLLUX_READ);
  struct pollux_kernel* of_directory = kernel_on(open("/", O_RDONLY | O_DIRECTORY));
  const int32_t directory = SUCCESS(pollux_open_stdio(of_directory, 0));
  CHECK_EQUAL(pollux_file_type(of_directory, directory), POLLUX_FILE_DIRECTORY);
  CHECK_EQUAL(pollux_read(of_directory, directory, 0, 10), -WASI_ISDIR);
}

static void a_missing_stream_answers_badf(void) {
  struct pollux_kernel* kernel = kernel_on(-1);
  CHECK_EQUAL(pollux_open_stdio(kernel, 0), -WASI_BADF);
  CHECK_EQUAL(pollux_open_stdio(kernel, 3), -WASI_BADF);
  CHECK_EQUAL(pollux_open_stdio(kernel, -1), -WASI_BADF);
}

static void streams_are_no_sockets(void) {
  int ends[2];
  CHECK_EQUAL(pipe(ends), 0);
  struct pollux_kernel* kernel = kernel_on(ends[0]);
  const int32_t handle = SUCCESS(pollux_open_stdio(kernel, 0));
  CHECK_EQUAL(pollux_recv(kernel, handle, 0, 1, 0), -WASI_NOTSOCK);
  CHECK_EQUAL(pollux_send(kernel, handle, 0, 1), -WASI_NOTSOCK);
  CHECK_EQUAL(pollux_accept(kernel, handle), -WASI_NOTSOCK);
  CHECK_EQUAL(pollux_shutdown(kernel, handle, POLLUX_SHUTDOWN_BOTH), -WASI_NOTSOCK);
}

static const struct test TESTS[] = {
    {"reading an empty pipe answers AGAIN", reading_an_empty_pipe_does_not_block},
    {"writing to a pipe takes 4,096 bytes at most, and AGAIN when it is full",
     writing_to_a_full_pipe_does_not_block},
    {"a pipe without a reader answers PIPE and raises no signal",
     a_pipe_without_a_reader_raises_no_signal},
    {"SIGPIPE is ignored unless someone handles it",
     sigpipe_is_ignored_unless_someone_handles_it},
    {"the flags that the user's shell shares stay as they were", the_shared_flags_stay},
    {"a stream opened for one direction answers BADF for the other",
     the_wrong_direction_answers_badf},
    {"a terminal that nobody reads answers AGAIN, not before some was written",
     a_full_terminal_does_not_block},
    {"a blocking socket as a stream never blocks", a_socket_as_a_stream_does_not_block},
    {"files and directories are read and written at once",
     files_and_directories_are_always_ready},
    {"a stream that the process lacks answers BADF", a_missing_stream_answers_badf},
    {"socket calls on a stream answer NOTSOCK", streams_are_no_sockets},
};

int main(int argc, char** argv) {
  return run_tests(TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
