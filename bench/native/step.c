/*
 * Steps a thread through its user code, an instruction at a time, and tells where each one lies.
 * What it writes depends on no clock and no load: it counts what a server does, not how long.
 *
 *   step TID COUNT    writes COUNT addresses to stdout, 64 bits each
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

static void die(const char* what) {
  perror(what);
  exit(1);
}

/* Waits until the thread stands still. Returns the signal that stopped it, of which the thread may
   not know yet; 0 for a stop of ours. */
static int wait_for_stop(pid_t thread) {
  int status;
  if (waitpid(thread, &status, __WALL) != thread) die("waitpid");
  if (!WIFSTOPPED(status)) {
    fprintf(stderr, "step: the thread has ended\n");
    exit(1);
  }
  const int number = WSTOPSIG(status);
  return number == SIGTRAP || number == SIGSTOP ? 0 : number;
}

static uint64_t address_of(pid_t thread) {
#if defined(__x86_64__)
  struct user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, thread, NULL, &registers) != 0) die("PTRACE_GETREGS");
  return registers.rip;
#else
  (void)thread;
  fprintf(stderr, "step: only on x64\n");
  exit(3);
#endif
}

int main(int count, char** arguments) {
  if (count != 3) {
    fprintf(stderr, "usage: step TID COUNT\n");
    return 2;
  }
  const pid_t thread = (pid_t)strtol(arguments[1], NULL, 10);
  const uint64_t steps_count = strtoull(arguments[2], NULL, 10);
  if (ptrace(PTRACE_ATTACH, thread, NULL, NULL) != 0) die("PTRACE_ATTACH");
  int number = wait_for_stop(thread);
  for (uint64_t step = 0; step < steps_count; step += 1) {
    if (ptrace(PTRACE_SINGLESTEP, thread, NULL, (uintptr_t)number) != 0) die("PTRACE_SINGLESTEP");
    number = wait_for_stop(thread);
    const uint64_t address = address_of(thread);
    if (fwrite(&address, sizeof address, 1, stdout) != 1) die("stdout");
  }
  if (fflush(stdout) != 0) die("stdout");
  if (ptrace(PTRACE_DETACH, thread, NULL, (uintptr_t)number) != 0) die("PTRACE_DETACH");
  return 0;
}
