#include "commands/commands.h"

int main(int argc, char** argv) {
  namespace apps = archmlp::apps;
  return apps::run_program(
      "archmlp", "From a CSV to a prediction API: preprocess, train, evaluate, package, serve",
      {apps::run_command(), apps::generate_command(), apps::inspect_command(), apps::preprocess_command(),
       apps::train_command(), apps::evaluate_command(), apps::show_command(), apps::predict_command(),
       apps::serve_command(), apps::query_command()},
      argc, argv);
}
