/*
 * The load generator. It holds its connections while it waits for a line on standard input, so that
 * the loads of several servers can take turns.
 *
 *   load echo|churn PORT PID CONNECTIONS IDLE BYTES rot13|plain
 *
 *     "run MS"   loads the server for MS milliseconds, then prints one line of JSON: the echoes of
 *                these, the server's CPU time for them, and the latencies since "forget"
 *     "forget"   forgets the latencies so far, and prints {}
 *     the end    closes everything
 *
 *   load cpu PID               prints the CPU time of a process in ns: all its threads, also ended
 *   load keep PID DESCRIPTOR   has the file of a process's descriptor open, from its line {} on to the
 *                              end of its input: its close() ends nothing then
 *   load pin CORE COMMAND...   runs COMMAND on one core
 */
#include "clocks.h"
#include "load.h"
#include "messages.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

_Noreturn void load_die(const char* what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

int load_connect(uint16_t port, uint32_t source) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  const struct timeval patience = {.tv_sec = LOAD_PATIENCE_MS / 1000};
  struct sockaddr_in address = {.sin_family = AF_INET};
  if (descriptor < 0 ||
      setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
      setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
      setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0) {
    load_die("socket");
  }
  if (source > 0) {
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + source);
    if (setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) != 0 ||
        bind(descriptor, (struct sockaddr*)&address, sizeof address) != 0) {
      load_die("bind");
    }
  }
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (connect(descriptor, (struct sockaddr*)&address, sizeof address) != 0) load_die("connect");
  return descriptor;
}

void load_echo_once(const struct load_options* options, int descriptor, uint32_t connection,
                    uint32_t number) {
  static uint8_t answer[MESSAGE_BYTES_MAX];
  const uint32_t offset = message_offset(connection, number);
  const size_t length_bytes = options->message_bytes;
  const ssize_t sent = send(descriptor, message_bytes(offset), length_bytes, MSG_NOSIGNAL);
  if (sent != (ssize_t)length_bytes) load_die("send");
  const ssize_t received = recv(descriptor, answer, length_bytes, MSG_WAITALL);
  if (received != (ssize_t)length_bytes) load_die("no answer");
  message_check(connection, offset, answer, length_bytes);
}

static clockid_t cpu_clock_of(pid_t process) {
  clockid_t clock;
  errno = clock_getcpuclockid(process, &clock);
  if (errno != 0) load_die("the server's CPU clock");
  return clock;
}

static uint32_t number_of(const char* text, uint32_t most) {
  char* end;
  const unsigned long number = strtoul(text, &end, 10);
  if (*text != '\0' && *end == '\0' && number <= most) return (uint32_t)number;
  fprintf(stderr, "load: %s is not a number up to %u\n", text, most);
  exit(2);
}

static void print_tally(const struct load_tally* tally, int64_t wall_ns, int64_t server_ns,
                        int64_t client_ns) {
  const struct histogram* latencies = &tally->latencies;
  printf("{\"echoes\":%llu,\"wallNs\":%lld,\"serverNs\":%lld,\"clientNs\":%lld,"
         "\"p50Ns\":%lld,\"p99Ns\":%lld,\"p999Ns\":%lld}\n",
         (unsigned long long)tally->echoes_count, (long long)wall_ns, (long long)server_ns,
         (long long)client_ns, (long long)histogram_quantile_ns(latencies, 500),
         (long long)histogram_quantile_ns(latencies, 990),
         (long long)histogram_quantile_ns(latencies, 999));
}

static void run(const struct load_options* options, clockid_t server, bool is_churn,
                uint32_t duration_ms, struct load_tally* tally) {
  tally->echoes_count = 0;
  const int64_t client_from_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  const int64_t server_from_ns = clock_ns(server);
  const int64_t from_ns = now_ns();
  const int64_t end_ns = from_ns + (int64_t)duration_ms * NS_PER_MS;
  if (is_churn) churn_run(options, end_ns, tally);
  else echo_run(end_ns, tally);
  const int64_t to_ns = now_ns();
  const int64_t server_to_ns = clock_ns(server);
  print_tally(tally, to_ns - from_ns, server_to_ns - server_from_ns,
              clock_ns(CLOCK_PROCESS_CPUTIME_ID) - client_from_ns);
}

static void obey(const struct load_options* options, clockid_t server, bool is_churn) {
  static struct load_tally tally;
  char line[64];
  if (!is_churn) echo_open(options);
  printf("{}\n");
  while (fflush(stdout) == 0 && fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "run ", 4) == 0) {
      run(options, server, is_churn, number_of(line + 4, 3600000), &tally);
    } else if (strcmp(line, "forget") == 0) {
      tally = (struct load_tally){0};
      printf("{}\n");
    } else {
      fprintf(stderr, "load: there is no command %s\n", line);
      exit(2);
    }
  }
}

static void pin(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET((size_t)core, &cores);
  if (sched_setaffinity(0, sizeof cores, &cores) != 0) load_die("sched_setaffinity");
}

static void keep(pid_t process, int descriptor) {
  const int process_descriptor = (int)syscall(SYS_pidfd_open, process, 0);
  if (syscall(SYS_pidfd_getfd, process_descriptor, descriptor, 0) < 0) load_die("pidfd_getfd");
  printf("{}\n");
  fflush(stdout);
  while (getchar() != EOF) continue;
}

static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int count, char** arguments) {
  const char* mode = count > 1 ? arguments[1] : "";
  if (strcmp(mode, "cpu") == 0 && count == 3) {
    printf("%lld\n", (long long)clock_ns(cpu_clock_of((pid_t)number_of(arguments[2], INT32_MAX))));
    return 0;
  }
  if (strcmp(mode, "keep") == 0 && count == 4) {
    keep((pid_t)number_of(arguments[2], INT32_MAX), (int)number_of(arguments[3], INT32_MAX));
    return 0;
  }
  if (strcmp(mode, "pin") == 0 && count > 3) {
    pin((int)number_of(arguments[2], CPU_SETSIZE - 1));
    execvp(arguments[3], &arguments[3]);
    load_die(arguments[3]);
  }
  const bool is_churn = strcmp(mode, "churn") == 0;
  if (count != 8 || (!is_churn && strcmp(mode, "echo") != 0)) {
    fprintf(stderr, "usage: load echo|churn PORT PID CONNECTIONS IDLE BYTES rot13|plain\n");
    return 2;
  }
  const struct load_options options = {
      .port = (uint16_t)number_of(arguments[2], UINT16_MAX),
      .connections_count = number_of(arguments[4], 100000),
      .idle_count = number_of(arguments[5], 100000),
      .message_bytes = number_of(arguments[6], MESSAGE_BYTES_MAX),
  };
  raise_descriptor_limit();
  messages_prepare(strcmp(arguments[7], "plain") == 0);
  obey(&options, cpu_clock_of((pid_t)number_of(arguments[3], INT32_MAX)), is_churn);
  return 0;
}
