/* Writes lines to standard output for ever, as fast as they are taken. */
#include <stdio.h>

int main(void) {
  while (puts("all work and no play makes a guest fill its pipe") >= 0) continue;
  return 1;
}
