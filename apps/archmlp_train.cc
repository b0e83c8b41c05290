#include "commands/commands.h"

int main(int argc, char** argv) {
  return archmlp::apps::run_single_command("archmlp-train", archmlp::apps::train_command(), argc, argv);
}
