#include "archmlp/train_stage/train_stage.h"

#include <algorithm>
#include <cassert>
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
#include "archmlp/bundle/feature_matrix.h"
#include "archmlp/prepared/prepared_data.h"
#include "archmlp/train/forest_trainer.h"
#include "archmlp/train_stage/labels.h"

namespace archmlp::train_stage {
namespace {

using Json = nlohmann::ordered_json;

base::Status check_model_kind(const std::string& model) {
  if (model == "random_forest") return {};
  return base::Error{
      .message = "unknown model " + base::quoted(model), .where = "model", .hint = "use random_forest"};
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

/// By name, so that the order of the columns never matters.
std::vector<std::string> sorted_features(const contract::Schema& features) {
  std::vector<std::string> names = features.names();
  std::sort(names.begin(), names.end());
  return names;
}

base::Result<std::vector<float>> make_matrix(const prepared::PreparedData& data,
                                             const std::vector<std::string>& features,
                                             const std::string& source_name) {
  base::Result<std::vector<float>> matrix = bundle::to_matrix(data.x, features);
  if (!matrix.ok()) return base::located(source_name, std::move(matrix).error());
  return matrix;
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

Json make_metrics(const train::Labels& labels, const train::FittedForest& fitted, std::size_t row_count) {
  Json metrics = Json::object();
  metrics["row_count"] = row_count;
  if (labels.task == contract::Task::kClassification) {
    std::vector<std::size_t> counts(labels.classes.size());
    for (const std::uint32_t index : labels.class_indices) ++counts[index];
    metrics["class_counts"] = Json::object();
    for (std::size_t i = 0; i < counts.size(); ++i) {
      metrics["class_counts"][contract::to_text(labels.classes[i])] = counts[i];
    }
  }
  if (fitted.oob_score) metrics["oob_score"] = *fitted.oob_score;
  return metrics;
}

std::vector<std::string> make_warnings(const prepared::PreparedData& data, const train::Labels& labels) {
  std::vector<std::string> warnings = data.warnings;
  if (labels.task == contract::Task::kClassification && labels.classes.size() == 1) {
    warnings.push_back("all rows have the label " + base::quoted(contract::to_text(labels.classes[0])) +
                       ": the model can predict nothing else");
  }
  return warnings;
}

/// Where the model comes from: data -> recipe -> parameters, each by its hash or its value.
Json make_lineage(const prepared::PreparedData& data, const contract::TrainConfig& config,
                  const contract::ForestParams& params) {
  Json inputs = Json::object();
  if (data.contract) {
    for (const auto& [role, sha256] : data.contract->inputs) inputs[role] = sha256;
  }
  inputs["x_train"] = data.x_sha256;
  inputs["y_train"] = data.y_sha256;
  Json lineage = Json::object();
  lineage["program_version"] = base::program_version();
  lineage["inputs"] = std::move(inputs);
  if (data.contract && !data.contract->recipe.is_null()) {
    lineage["recipe_sha256"] = base::sha256_hex(data.contract->recipe.dump());
  }
  lineage["model"] = config.model;
  lineage["parameters"] = contract::get_fields(contract::forest_fields(), &params);
  return lineage;
}

}  // namespace

base::Result<TrainReport> run_train_stage(const TrainOptions& options, base::Progress& progress) {
  TRY(check_model_kind(options.config.model));
  // A file that cannot be written is told before the work, not after it.
  if (auto output = base::AtomicFile::create(options.out); !output.ok()) return std::move(output).error();
  const prepared::PreparedData data = TRY(read_data(options, progress));
  TaskChoice choice = TRY(choose_task(data, options.config.task, options.y_train.string()));
  const contract::ForestParams params = TRY(settle_params(options.config, choice.label));
  const train::Labels labels = TRY(make_labels(data, choice.label, options.y_train.string()));
  const std::vector<std::string> features = sorted_features(data.features);
  const std::vector<float> matrix = TRY(make_matrix(data, features, options.x_train.string()));
  TRY(base::check_cancelled());

  const auto x = model::MatrixView::row_major(matrix.data(), data.x.row_count(), features.size());
  const train::FittedForest fitted =
      TRY(train::fit_forest(x, labels, params, options.thread_count, progress));
  TRY(base::check_cancelled());

  bundle::BundleParts parts;
  parts.contract = make_contract(data, choice.label);
  parts.model_features = features;
  parts.model = fitted.forest.get();
  parts.metrics = make_metrics(labels, fitted, data.x.row_count());
  parts.lineage = make_lineage(data, options.config, params);
  std::string sha256 = TRY(bundle::save_bundle(parts, options.out));
  return TrainReport{.task = choice.label.task,
                     .task_was_guessed = choice.was_guessed,
                     .has_contract = data.contract.has_value(),
                     .row_count = data.x.row_count(),
                     .feature_count = features.size(),
                     .model = fitted.forest->summary(),
                     .metrics = std::move(parts.metrics),
                     .model_sha256 = std::move(sha256),
                     .warnings = make_warnings(data, labels)};
}

}  // namespace archmlp::train_stage
