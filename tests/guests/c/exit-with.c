/* Exits with the code that is its argument. */
#include <stdlib.h>

int main(int argc, char** argv) {
  exit(argc == 2 ? atoi(argv[1]) : 0);
}
