#include "archmlp/train_stage/train_stage.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <span>
#include <utility>

#include "archmlp/base/atomic_output.h"
#include "archmlp/base/cancel.h"
#include "archmlp/base/hash.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/base/version.h"
#include "archmlp/bundle/bundle.h"
#include "archmlp/prepared/prepared_data.h"
#include "archmlp/train_stage/canary_rows.h"
#include "archmlp/train_stage/fitted_model.h"
#include "archmlp/train_stage/labels.h"
#include "archmlp/train_stage/reference_fit.h"
#include "archmlp/train_stage/train_inputs.h"

namespace archmlp::train_stage {
namespace {

using Json = nlohmann::ordered_json;

base::Status check_model_kind(const std::string& model) {
  const std::vector<std::string>& names = contract::model_names();
  if (std::find(names.begin(), names.end(), model) != names.end()) return {};
  return base::Error{.message = "unknown model " + base::quoted(model),
                     .where = "model",
                     .hint = base::suggest_names(model, names)};
}

base::Result<prepared::PreparedData> read_data(const TrainOptions& options, base::Progress& progress) {
  const prepared::PreparedReader reader =
      TRY(prepared::PreparedReader::open({.x = options.x_train,
                                          .y = options.y_train,
                                          .reader = "train",
                                          .require_all_files = true,
                                          .thread_count = options.thread_count}));
  prepared::PreparedData data = TRY(reader.read(progress));
  if (data.x.row_count() == 0) {
    return base::Error{.message = "there are no rows to train on", .where = options.x_train.string()};
  }
  return data;
}

contract::DatasetContract make_contract(const prepared::PreparedData& data,
                                        const contract::LabelSchema& label) {
  contract::DatasetContract contract;
  if (data.contract) contract = *data.contract;
  contract.files.clear();
  contract.program_version = data.contract ? contract.program_version : std::string(base::program_version());
  contract.features = data.features;
  contract.label = label;
  return contract;
}

Json make_metrics(const TrainInputs& inputs, const Json& of_fit) {
  Json metrics = Json::object();
  metrics["row_count"] = inputs.row_count;
  if (inputs.labels.task == contract::Task::kClassification) {
    std::vector<std::size_t> counts(inputs.labels.classes.size());
    for (const std::uint32_t index : inputs.labels.class_indices) ++counts[index];
    metrics["class_counts"] = Json::object();
    for (std::size_t i = 0; i < counts.size(); ++i)
      metrics["class_counts"][contract::to_text(inputs.labels.classes[i])] = counts[i];
  }
  metrics.update(of_fit);
  return metrics;
}

/// Where the model comes from: data -> recipe -> kind of model, each by its hash or its value. The fit adds
/// its parameters.
Json make_lineage(const prepared::PreparedData& data, const contract::TrainConfig& config,
                  const std::optional<SampleWeights>& weights) {
  Json inputs = Json::object();
  if (data.contract) {
    for (const auto& [role, sha256] : data.contract->inputs) inputs[role] = sha256;
  }
  inputs["x_train"] = data.x_sha256;
  inputs["y_train"] = data.y_sha256;
  if (weights) inputs["sample_weight"] = weights->sha256;
  Json lineage = Json::object();
  lineage["program_version"] = base::program_version();
  lineage["inputs"] = std::move(inputs);
  if (data.contract && !data.contract->recipe.is_null())
    lineage["recipe_sha256"] = base::sha256_hex(data.contract->recipe.dump());
  lineage["model"] = config.model;
  return lineage;
}

/// What a server holds rows, and the model file itself, against.
base::Status add_references(const TrainInputs& inputs, int thread_count, bundle::BundleParts& parts) {
  auto distributions = TRY(count_inputs(inputs.view(), inputs.category_counts, thread_count));
  parts.reference =
      TRY(bundle::ReferenceDistribution::make(inputs.encoder, inputs.row_count, std::move(distributions)));
  std::vector<float> rows = TRY(make_canary_rows(inputs.view(), *parts.model, thread_count));
  if (!rows.empty()) parts.canary = TRY(bundle::Canary::of(*parts.model, std::move(rows)));
  return {};
}

/// What only forests can be asked.
base::Status refuse_forest_options(const TrainOptions& options) {
  const auto refuse = [&](std::string_view option) {
    return base::Error{.message = fmt::format("{} is for forests, not for {}", option, options.config.model),
                       .hint = "leave it out"};
  };
  if (options.warm_start) return refuse("--warm-start");
  if (options.oob_out) return refuse("--oob-out");
  if (options.memory_limit > 0) {
    base::Error error = refuse("--memory");
    error.hint = "--cache-size bounds what a support vector machine takes on top of the data";
    return error;
  }
  return {};
}

base::Status check_options(const TrainOptions& options) {
  TRY(check_model_kind(options.config.model));
  const bool is_forest = options.config.model != "svm";
  if (!is_forest) TRY(refuse_forest_options(options));
  if (options.oob_out && !options.config.forest.oob_score) {
    return base::Error{.message = "--oob-out needs oob_score, which is off", .hint = "add --oob-score"};
  }
  constexpr double kLongest = 1e8;  // three years, which the clock can count
  if (options.max_time && !(*options.max_time > 0 && *options.max_time <= kLongest)) {
    return base::Error{.message = "max_time must be a number of seconds above 0 and at most 1e8",
                       .where = "max_time"};
  }
  return {};
}

}  // namespace

base::Result<TrainReport> run_train_stage(const TrainOptions& options, base::Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  TRY(check_options(options));
  // A file that cannot be written is told before the work, not after it.
  if (auto output = base::AtomicFile::create(options.out); !output.ok()) return std::move(output).error();
  const prepared::PreparedData data = TRY(read_data(options, progress));
  TaskChoice choice = TRY(choose_task(data, options.config.task, options.y_train.string()));
  const TrainInputs inputs = TRY(read_train_inputs(options, data, choice.label, progress));
  TRY(base::check_cancelled());

  Json lineage = make_lineage(data, options.config, inputs.weights);
  FitJob job{
      .options = options, .label = choice.label, .inputs = inputs, .deadline = {}, .progress = progress};
  if (options.max_time) {
    job.deadline = start + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                               std::chrono::duration<double>(*options.max_time));
  }
  FittedModel fitted =
      options.config.model == "svm" ? TRY(fit_svm_model(job, lineage)) : TRY(fit_forest_model(job, lineage));
  TRY(base::check_cancelled());

  bundle::BundleParts parts;
  parts.contract = make_contract(data, choice.label);
  parts.model_features = inputs.features;
  parts.categories = inputs.categories;
  parts.model = fitted.model.get();
  parts.metrics = make_metrics(inputs, fitted.metrics);
  parts.lineage = std::move(lineage);
  TRY(add_references(inputs, options.thread_count, parts));
  std::string sha256 = TRY(bundle::save_bundle(parts, options.out));
  std::vector<std::string> warnings = data.warnings;
  warnings.insert(warnings.end(), fitted.warnings.begin(), fitted.warnings.end());
  return TrainReport{.task = choice.label.task,
                     .task_was_guessed = choice.was_guessed,
                     .has_contract = data.contract.has_value(),
                     .row_count = inputs.row_count,
                     .feature_count = inputs.features.size(),
                     .kind = std::string(fitted.model->kind()),
                     .model = fitted.model->summary(),
                     .metrics = std::move(parts.metrics),
                     .first_tree_count = fitted.first_tree_count,
                     .wanted_tree_count = fitted.wanted_tree_count,
                     .met_deadline = fitted.met_deadline,
                     .model_sha256 = std::move(sha256),
                     .warnings = std::move(warnings)};
}

Json validation_metrics(const ScoredRows& rows, double score) {
  const bool is_regression = rows.labels.task == contract::Task::kRegression;
  return {{"row_count", rows.row_count}, {is_regression ? "r2" : "accuracy", score}};
}

}  // namespace archmlp::train_stage
