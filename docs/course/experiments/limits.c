/* Which limit gives which error: RLIMIT_NOFILE of the process, fs.file-max of the system. */

#include "experiment.h"

#define LIMIT 100

static long from_proc(const char *path, int field) {
  long values[3] = {-1, -1, -1};
  FILE *file = fopen(path, "r");
  if (file == NULL) return -1;
  if (fscanf(file, "%ld %ld %ld", &values[0], &values[1], &values[2]) < 1) values[field] = -1;
  fclose(file);
  return values[field];
}

int main(void) {
  long system_limit = from_proc("/proc/sys/fs/file-max", 0);
  long used = from_proc("/proc/sys/fs/file-nr", 0);
  struct rlimit limit = {.rlim_cur = LIMIT};
  struct rlimit before;
  MUST(getrlimit(RLIMIT_NOFILE, &before));
  limit.rlim_max = before.rlim_max;
  printf("fs.file-max %ld, of them open %s; RLIMIT_NOFILE %ld soft, %ld hard\n", system_limit,
         used < system_limit / 10 ? "less than a tenth" : "a tenth or more", (long)before.rlim_cur,
         (long)before.rlim_max);

  MUST(setrlimit(RLIMIT_NOFILE, &limit));
  int last = -1, fd;
  while ((fd = open("/dev/null", O_RDONLY)) >= 0) last = fd;
  printf("RLIMIT_NOFILE %d: the last descriptor is %d, then %s (%s)\n", LIMIT, last,
         strerrorname_np(errno), strerror(errno));
  printf("fs.file-max would have said %s (%s)\n", strerrorname_np(ENFILE), strerror(ENFILE));

  struct pollfd list[LIMIT + 1];
  for (int i = 0; i <= LIMIT; i++) list[i] = (struct pollfd){.fd = -1};
  printf("poll of %d entries: %s; of %d: %s\n", LIMIT, told(poll(list, LIMIT, 0)), LIMIT + 1,
         told(poll(list, LIMIT + 1, 0)));
  struct rlimit raised = {.rlim_cur = before.rlim_max, .rlim_max = before.rlim_max};
  MUST(setrlimit(RLIMIT_NOFILE, &raised));
  printf("soft limit raised to the hard one, without root: open gives %s\n",
         told(open("/dev/null", O_RDONLY)));
}
