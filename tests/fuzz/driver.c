/*
 * Runs the fuzzed program where there is no libFuzzer: over inputs of a generator of random
 * numbers, so that a seed and a number name an input. The inputs run in a child process: whatever
 * ends it, the parent tells which input it was.
 *
 *   driver --seed SEED (--inputs COUNT | --seconds COUNT | --only NUMBER)
 */
#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define INPUT_BYTES_MIN 64
#define INPUT_BYTES_MAX 1024

/* An input takes a millisecond or so; one that is not done by now hangs. */
static const unsigned int INPUT_SECONDS_MAX = 20;

struct plan {
  uint64_t seed;
  uint64_t inputs_count;
  uint64_t only; /* UINT64_MAX: all */
  int64_t seconds;
};

/* What the child tells the parent: the input under way. */
struct progress {
  _Atomic uint64_t number;
};

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t length_bytes);

/* splitmix64. Source: Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014. */
static uint64_t next_random(uint64_t* state) {
  uint64_t mixed = *state += UINT64_C(0x9e3779b97f4a7c15);
  mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
  return mixed ^ mixed >> 31;
}

static void run_input(uint64_t seed, uint64_t number) {
  uint64_t state = seed;
  state = next_random(&state) ^ number;
  const size_t length_bytes =
      INPUT_BYTES_MIN + next_random(&state) % (INPUT_BYTES_MAX - INPUT_BYTES_MIN);
  /* In a block of its own length: reading past the input is found, too. */
  uint8_t* bytes = malloc(length_bytes);
  if (bytes == NULL) abort();
  for (size_t at = 0; at < length_bytes; at += 1) bytes[at] = (uint8_t)next_random(&state);
  alarm(INPUT_SECONDS_MAX);
  LLVMFuzzerTestOneInput(bytes, length_bytes);
  free(bytes);
}

static _Noreturn void run_child(const struct plan* plan, struct progress* progress) {
  if (plan->only != UINT64_MAX) {
    progress->number = plan->only;
    run_input(plan->seed, plan->only);
    exit(0);
  }
  const time_t end = time(NULL) + (time_t)plan->seconds;
  for (uint64_t number = 0; number < plan->inputs_count; number += 1) {
    if (plan->seconds > 0 && time(NULL) >= end) break;
    progress->number = number;
    run_input(plan->seed, number);
  }
  exit(0); /* and look for leaks */
}

static int read_plan(int argc, char** argv, struct plan* plan) {
  *plan = (struct plan){.inputs_count = UINT64_MAX, .only = UINT64_MAX};
  int limits_count = 0;
  for (int at = 1; at < argc; at += 2) {
    char* end = NULL;
    const uint64_t number = at + 1 < argc ? strtoull(argv[at + 1], &end, 10) : 0;
    if (end == NULL || *end != '\0' || end == argv[at + 1]) return -1;
    if (strcmp(argv[at], "--seed") == 0) {
      plan->seed = number;
      continue;
    }
    limits_count += 1;
    if (strcmp(argv[at], "--inputs") == 0) {
      plan->inputs_count = number;
    } else if (strcmp(argv[at], "--seconds") == 0) {
      plan->seconds = (int64_t)number;
    } else if (strcmp(argv[at], "--only") == 0) {
      plan->only = number;
    } else {
      return -1;
    }
  }
  return limits_count == 1 ? 0 : -1;
}

int main(int argc, char** argv) {
  struct plan plan;
  if (read_plan(argc, argv, &plan) != 0) {
    fprintf(stderr, "driver --seed SEED (--inputs COUNT | --seconds COUNT | --only NUMBER)\n");
    return 2;
  }
  struct progress* progress =
      mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (progress == MAP_FAILED) return 2;
  const pid_t child = fork();
  if (child < 0) return 2;
  if (child == 0) run_child(&plan, progress);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    const uint64_t inputs_count = plan.only == UINT64_MAX ? progress->number + 1 : 1;
    printf("%" PRIu64 " inputs of seed %" PRIu64 ": nothing found\n", inputs_count, plan.seed);
    return 0;
  }
  printf("input %" PRIu64 " of seed %" PRIu64 " ended with %s %d; again by --seed %" PRIu64
         " --only %" PRIu64 "\n",
         progress->number, plan.seed, WIFSIGNALED(status) ? "signal" : "status",
         WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), plan.seed,
         progress->number);
  return 1;
}
