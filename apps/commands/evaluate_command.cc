#include "archmlp/evaluate/evaluate.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "archmlp/base/try.h"
#include "commands.h"
#include "output.h"
#include "shared_options.h"

namespace archmlp::apps {
namespace {

base::Status evaluate(const evaluate::EvaluateOptions& options) {
  const evaluate::Evaluation evaluation = TRY(evaluate::evaluate_files(options, progress_output()));
  if (json_output_wanted()) return write_stdout(evaluate::to_json(evaluation).dump(2) + "\n");
  return write_stdout(evaluate::to_text(evaluation));
}

}  // namespace

Command evaluate_command() {
  return {"evaluate", "Measure a model on labelled test CSVs", [](Options& options) -> Action {
            auto given = std::make_shared<evaluate::EvaluateOptions>();
            options.positional("model", given->model, "Model file");
            options.positional("x_test", given->x_test, "CSV with the features");
            options.positional("y_test", given->y_test, "CSV with the label");
            add_threads(options, given->thread_count);
            add_json(options);
            add_json_progress(options);
            options.examples("  archmlp evaluate model.archmlp prepared/x_test.csv prepared/y_test.csv\n");
            return [given] { return evaluate(*given); };
          }};
}

}  // namespace archmlp::apps
