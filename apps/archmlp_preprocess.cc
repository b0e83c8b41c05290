#include "commands/commands.h"

int main(int argc, char** argv) {
  return archmlp::apps::run_single_command("archmlp-preprocess", archmlp::apps::preprocess_command(), argc,
                                           argv);
}
