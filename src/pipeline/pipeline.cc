#include "archmlp/pipeline/pipeline.h"

#include <system_error>
#include <utility>

#include "archmlp/base/atomic_output.h"
#include "archmlp/base/file.h"
#include "archmlp/base/try.h"

namespace archmlp::pipeline {
namespace {

namespace fs = std::filesystem;

base::Result<std::vector<fs::path>> inputs_of(const RunOptions& options) {
  if (!options.data.empty()) return options.data;
  if (options.recipe.data.empty()) {
    return base::Error{.message = "the recipe names no data",
                       .where = "data",
                       .hint = "add `data: FILE.csv` to the recipe, or give --data FILE"};
  }
  std::vector<fs::path> inputs;
  for (const std::string& name : options.recipe.data) inputs.push_back(options.recipe.folder / name);
  return inputs;
}

base::Status make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return base::io_error("cannot create the folder", folder, error.value());
  return {};
}

}  // namespace

base::Result<RunReport> run(const RunOptions& options, base::Progress& progress) {
  std::vector<fs::path> data = TRY(inputs_of(options));
  std::error_code unreadable;
  const bool is_new = !fs::exists(options.out, unreadable);
  TRY(make_folder(options.out));
  const fs::path prepared = options.out / "prepared";
  RunReport report;
  report.model = options.out / "model.archmlp";

  auto preprocessed = preprocess::run_preprocess_stage({.recipe = options.recipe,
                                                        .data = std::move(data),
                                                        .out = prepared,
                                                        .test_rows_out = options.test_rows_out,
                                                        .thread_count = options.thread_count,
                                                        .memory = options.preprocess_memory},
                                                       progress);
  if (!preprocessed.ok()) {
    std::error_code ignored;
    if (is_new) fs::remove(options.out, ignored);  // only where nothing is in it
    return std::move(preprocessed).error();
  }
  report.preprocess = *std::move(preprocessed);
  report.train = TRY(train_stage::run_train_stage({.x_train = prepared / "x_train.csv",
                                                   .y_train = prepared / "y_train.csv",
                                                   .out = report.model,
                                                   .config = options.recipe.train,
                                                   .thread_count = options.thread_count},
                                                  progress));
  report.evaluation = TRY(evaluate::evaluate_files({.model = report.model,
                                                    .x_test = prepared / "x_test.csv",
                                                    .y_test = prepared / "y_test.csv",
                                                    .thread_count = options.thread_count},
                                                   progress));
  nlohmann::ordered_json metrics = evaluate::to_json(report.evaluation);
  metrics["training"] = report.train.metrics;
  metrics["model_sha256"] = report.train.model_sha256;
  TRY(base::write_file_atomically(options.out / "metrics.json", metrics.dump(2) + "\n"));
  return report;
}

}  // namespace archmlp::pipeline
