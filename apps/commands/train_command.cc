#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "archmlp/base/atomic_output.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/flag_value.h"
#include "archmlp/train_stage/train_stage.h"
#include "commands.h"
#include "output.h"
#include "report_text.h"
#include "shared_options.h"

namespace archmlp::apps {
namespace {

struct GivenTrainOptions {
  train_stage::TrainOptions stage;
  std::optional<std::string> model, task, max_time, memory;
  nlohmann::ordered_json parameters = nlohmann::ordered_json::object();
};

base::Result<double> seconds_from(const std::string& text) {
  const nlohmann::ordered_json seconds = contract::json_from_flag(text);
  if (seconds.is_number() && seconds > 0) return seconds.get<double>();
  return base::Error{.message = "expected seconds above 0, found " + base::quoted(text),
                     .where = "--max-time"};
}

base::Status train(GivenTrainOptions& given) {
  if (given.model) given.stage.config.model = *given.model;
  if (given.task) given.stage.config.task = contract::task_from(*given.task);
  base::Status set = contract::set_train_keys(given.stage.config, given.parameters, "");
  if (!set.ok()) {
    set.error().where = flag_of(set.error().where);
    return set;
  }
  if (given.max_time) given.stage.max_time = TRY(seconds_from(*given.max_time));
  if (given.memory) given.stage.memory_limit = TRY(bytes_from(*given.memory));
  const train_stage::TrainOptions& stage = given.stage;
  for (const std::filesystem::path& output : {stage.out, stage.oob_out.value_or(stage.out)}) {
    TRY(base::refuse_to_overwrite(output, {stage.x_train, stage.y_train, stage.x_test.value_or(""),
                                           stage.y_test.value_or(""), stage.sample_weight.value_or("")}));
  }
  const train_stage::TrainReport report = TRY(train_stage::run_train_stage(given.stage, progress_output()));
  if (json_output_wanted()) return write_stdout(to_json(report, given.stage.out).dump(2) + "\n");
  return write_stdout(to_text(report, given.stage.out));
}

}  // namespace

Command train_command() {
  return {
      "train", "Train a model from prepared CSVs", [](Options& options) -> Action {
        auto given = std::make_shared<GivenTrainOptions>();
        options.positional("x_train", given->stage.x_train, "CSV with the features");
        options.positional("y_train", given->stage.y_train, "CSV with the label");
        options.value("--out", given->stage.out, "Model file to write");
        options.choice("--model", given->model, contract::model_names(),
                       "Kind of model: random_forest, extra_trees or svm");
        options.choice("--task", given->task, {"classification", "regression"},
                       "classification or regression; guessed from the label if left out");
        options.value("--x-test", given->stage.x_test, "Features to score the model on while it is trained");
        options.value("--y-test", given->stage.y_test, "Their label");
        options.value("--sample-weight", given->stage.sample_weight,
                      "CSV of one column: the weight of each training row");
        options.value("--warm-start", given->stage.warm_start,
                      "Go on from this model: its trees are the first of --n-estimators");
        options.value("--max-time", given->max_time,
                      "Seconds after which no tree is begun, or a support vector machine stops; the model is "
                      "what there is by then");
        options.value("--memory", given->memory,
                      "What a forest may take on top of the data, as in 2GB; fewer trees are then grown at a "
                      "time");
        options.value("--oob-out", given->stage.oob_out,
                      "With --oob-score: CSV of what the trees say of the rows that they did not draw");
        add_threads(options, given->stage.thread_count);
        add_json(options);
        add_json_progress(options);
        add_model_options(options, given->parameters);
        options.examples(
            "  archmlp train prepared/x_train.csv prepared/y_train.csv\n"
            "  archmlp train x_train.csv y_train.csv --n-estimators 300 --max-depth 12 --class-weight "
            "balanced\n"
            "  archmlp train x_train.csv y_train.csv --x-test x_test.csv --y-test y_test.csv --max-time 60\n"
            "  archmlp train x_train.csv y_train.csv --warm-start model.archmlp --n-estimators 200\n"
            "  archmlp train x_train.csv y_train.csv --model svm --scale --C 10 --gamma 0.05\n"
            "  archmlp train x_train.csv y_train.csv --model svm --kernel linear --scale --probability\n");
        return [given] { return train(*given); };
      }};
}

}  // namespace archmlp::apps
