#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "archmlp/base/atomic_output.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/train_stage/train_stage.h"
#include "commands.h"
#include "output.h"
#include "report_text.h"
#include "shared_options.h"

namespace archmlp::apps {
namespace {

struct GivenTrainOptions {
  train_stage::TrainOptions stage;
  std::optional<std::string> model, task;
};

base::Status train(GivenTrainOptions& given) {
  if (given.model) given.stage.config.model = *given.model;
  if (given.task) given.stage.config.task = contract::task_from(*given.task);
  TRY(base::refuse_to_overwrite(given.stage.out, {given.stage.x_train, given.stage.y_train}));
  const train_stage::TrainReport report = TRY(train_stage::run_train_stage(given.stage, progress_output()));
  if (json_output_wanted()) return write_stdout(to_json(report, given.stage.out).dump(2) + "\n");
  return write_stdout(to_text(report, given.stage.out));
}

}  // namespace

Command train_command() {
  return {"train", "Train a model from prepared CSVs", [](Options& options) -> Action {
            auto given = std::make_shared<GivenTrainOptions>();
            options.positional("x_train", given->stage.x_train, "CSV with the features");
            options.positional("y_train", given->stage.y_train, "CSV with the label");
            options.value("--out", given->stage.out, "Model file to write");
            options.choice("--model", given->model, {"random_forest"}, "Kind of model: random_forest");
            options.choice("--task", given->task, {"classification", "regression"},
                           "classification or regression; guessed from the label if left out");
            add_threads(options, given->stage.thread_count);
            add_json(options);
            add_json_progress(options);
            add_forest_options(options, given->stage.config);
            options.examples(
                "  archmlp train prepared/x_train.csv prepared/y_train.csv\n"
                "  archmlp train x_train.csv y_train.csv --n-estimators 300 --max-depth 12 --class-weight "
                "balanced\n");
            return [given] { return train(*given); };
          }};
}

}  // namespace archmlp::apps
