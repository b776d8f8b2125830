/* Prints what it was started with, one thing a line: its arguments, then its environment. */
#include <stdio.h>

extern char** environ;

int main(int argc, char** argv) {
  for (int i = 0; i < argc; i++) printf("arg %d: %s\n", i, argv[i]);
  for (char** entry = environ; *entry != NULL; entry++) printf("env: %s\n", *entry);
  return 0;
}
