#include "commands/commands.h"

int main(int argc, char** argv) {
  return archmlp::apps::run_single_command("archmlp-predict", archmlp::apps::serve_command(), argc, argv);
}
