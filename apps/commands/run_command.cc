#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "archmlp/base/atomic_output.h"
#include "archmlp/base/try.h"
#include "archmlp/evaluate/evaluate.h"
#include "archmlp/pipeline/pipeline.h"
#include "commands.h"
#include "output.h"
#include "report_text.h"
#include "shared_options.h"

namespace archmlp::apps {
namespace {

struct GivenRunOptions {
  std::filesystem::path recipe;
  std::optional<std::filesystem::path> test_file;
  std::optional<std::string> memory;
  pipeline::RunOptions run;
};

base::Status run(GivenRunOptions& given) {
  given.run.recipe = TRY(contract::read_recipe(given.recipe));
  if (given.test_file)
    given.run.recipe.split.test_file = std::filesystem::absolute(*given.test_file).string();
  if (given.memory) given.run.preprocess_memory = TRY(bytes_from(*given.memory));
  if (given.run.test_rows_out) {
    std::vector<std::filesystem::path> inputs = given.run.data;
    inputs.push_back(given.recipe);
    TRY(base::refuse_to_overwrite(*given.run.test_rows_out, inputs));
  }
  const pipeline::RunReport report = TRY(pipeline::run(given.run, progress_output()));
  const std::filesystem::path prepared = given.run.out / "prepared";
  if (json_output_wanted()) {
    const nlohmann::ordered_json json = {{"preprocess", to_json(report.preprocess, prepared)},
                                         {"train", to_json(report.train, report.model)},
                                         {"evaluation", evaluate::to_json(report.evaluation)}};
    return write_stdout(json.dump(2) + "\n");
  }
  return write_stdout(fmt::format("{}{}\n{}\nserve it  archmlp serve {}\n",
                                  to_text(report.preprocess, prepared), to_text(report.train, report.model),
                                  evaluate::to_text(report.evaluation), report.model.string()));
}

}  // namespace

Command run_command() {
  return {
      "run", "The whole way in one command: preprocess, train, evaluate, package",
      [](Options& options) -> Action {
        auto given = std::make_shared<GivenRunOptions>();
        options.positional("recipe", given->recipe, "YAML file");
        options.values("--data", given->run.data,
                       "CSV to use instead of the recipe's; may be given several times, for several files");
        options.value("--test-file", given->test_file, "Given CSV to test on, instead of the recipe's split");
        options.value("--out", given->run.out, "Folder for prepared/, model.archmlp and metrics.json");
        options.value("--test-rows-out", given->run.test_rows_out,
                      "Also write the raw test rows to this CSV");
        options.value("--memory", given->memory,
                      "What preprocessing may take, as in 1GB; rows beyond it wait in a temporary file");
        add_threads(options, given->run.thread_count);
        add_json(options);
        add_json_progress(options);
        options.examples("  archmlp run examples/fraud.yaml --data paysim.csv --out out\n");
        return [given] { return run(*given); };
      }};
}

}  // namespace archmlp::apps
