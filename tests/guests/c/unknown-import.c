/* Asks for a function that no host offers. */
__attribute__((import_module("moon"), import_name("launch_rocket"))) int launch_rocket(int count);

int main(void) {
  return launch_rocket(1);
}
