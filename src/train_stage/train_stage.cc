#include "archmlp/train_stage/train_stage.h"

#include <algorithm>
#include <cassert>
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
#include "archmlp/bundle/feature_encoder.h"
#include "archmlp/prepared/prepared_data.h"
#include "archmlp/train/forest_trainer.h"
#include "archmlp/train_stage/extra_inputs.h"
#include "archmlp/train_stage/labels.h"

namespace archmlp::train_stage {
namespace {

using Json = nlohmann::ordered_json;

base::Status check_model_kind(const std::string& model) {
  if (model == "random_forest" || model == "extra_trees") return {};
  return base::Error{.message = "unknown model " + base::quoted(model),
                     .where = "model",
                     .hint = "use random_forest or extra_trees"};
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

/// With more, a column names rows rather than kinds of them, and each cut would store which of them it means.
constexpr std::size_t kMostCategories = 10'000;

/// Text is what a forest takes as categories.
base::Result<bundle::FeatureCategories> text_categories(const prepared::PreparedData& data,
                                                        const std::string& source_name) {
  std::vector<std::string> columns;
  for (const contract::ColumnSchema& feature : data.features.columns) {
    if (feature.kind == contract::ColumnKind::kText) columns.push_back(feature.name);
  }
  auto categories = TRY(bundle::categories_of(data.x, columns));
  for (const auto& [column, values] : categories) {
    if (values.size() <= kMostCategories) continue;
    return base::Error{
        .code = base::ErrorCode::kResourceLimit,
        .message = "column " + base::quoted(column) + " holds " + base::with_thousands(values.size()) +
                   " different texts; " + base::with_thousands(kMostCategories) + " is the most",
        .where = source_name,
        .hint = "remove it if it identifies rows, or encode it, as target_encode and text_hash do"};
  }
  return categories;
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

Json make_metrics(const train::Labels& labels, const train::FittedForest& fitted,
                  const std::optional<ScoredRows>& scored, std::size_t row_count) {
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
  if (fitted.out_of_bag && fitted.out_of_bag->score) metrics["oob_score"] = *fitted.out_of_bag->score;
  if (scored && fitted.validation_score) {
    const bool is_regression = labels.task == contract::Task::kRegression;
    metrics["validation"] = {{"row_count", scored->row_count},
                             {is_regression ? "r2" : "accuracy", *fitted.validation_score}};
  }
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
                  const contract::ForestParams& params, const std::optional<SampleWeights>& weights) {
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
  if (weights) lineage["inputs"]["sample_weight"] = weights->sha256;
  lineage["model"] = config.model;
  lineage["parameters"] = contract::get_fields(contract::forest_fields(), &params);
  return lineage;
}

/// Everything that a fit needs, read and checked.
struct Inputs {
  std::vector<std::string> features;
  bundle::FeatureCategories categories;
  std::vector<std::uint32_t> category_counts;  // [features]
  std::vector<float> matrix;
  contract::ForestParams params;
  train::Labels labels;
  std::optional<SampleWeights> weights;
  std::optional<ScoredRows> scored;
  std::optional<FirstTrees> first;
  Json lineage;
};

base::Result<Inputs> read_inputs(const TrainOptions& options, const prepared::PreparedData& data,
                                 const contract::LabelSchema& label, base::Progress& progress) {
  Inputs inputs;
  inputs.params = TRY(settle_params(options.config, label));
  inputs.labels = TRY(make_labels(data, label, options.y_train.string()));
  inputs.features = sorted_features(data.features);
  inputs.categories = TRY(text_categories(data, options.x_train.string()));
  const auto encoder = TRY(bundle::FeatureEncoder::make(data.features, inputs.features, inputs.categories));
  for (std::size_t i = 0; i < inputs.features.size(); ++i) {
    inputs.category_counts.push_back(encoder.category_count(i));
  }
  inputs.matrix = TRY(encode_rows(encoder, data.x, options.x_train.string()));
  if (options.sample_weight) {
    inputs.weights =
        TRY(read_sample_weights(*options.sample_weight, data.x.row_count(), options.thread_count, progress));
    inputs.labels.weights = inputs.weights->values;
  }
  if (options.x_test || options.y_test) {
    inputs.scored = TRY(read_scored_rows(options, data.features, encoder, label, progress));
  }
  inputs.lineage = make_lineage(data, options.config, inputs.params, inputs.weights);
  if (options.warm_start) {
    inputs.first =
        TRY(read_first_trees(*options.warm_start, inputs.features, inputs.categories, label, inputs.lineage));
    if (!inputs.first->is_same_training) {
      inputs.lineage["warm_start"] = {{"sha256", inputs.first->bundle->sha256()},
                                      {"trees", inputs.first->forest->tree_count()}};
    }
  }
  return inputs;
}

train::FitOptions fit_options(const TrainOptions& options, const Inputs& inputs,
                              std::chrono::steady_clock::time_point start, base::Progress& progress) {
  train::FitOptions fit{
      .thread_count = options.thread_count, .progress = &progress, .memory_limit = options.memory_limit};
  if (inputs.first) {
    fit.first_trees = inputs.first->forest;
    fit.first_trees_drew_these_rows = inputs.first->is_same_training;
  }
  if (inputs.scored) fit.validation = train::ValidationRows{inputs.scored->view(), &inputs.scored->labels};
  if (options.max_time) {
    fit.deadline = start + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                               std::chrono::duration<double>(*options.max_time));
  }
  return fit;
}

base::Status check_options(const TrainOptions& options) {
  TRY(check_model_kind(options.config.model));
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
  Inputs inputs = TRY(read_inputs(options, data, choice.label, progress));
  train::FitOptions fit = fit_options(options, inputs, start, progress);
  fit.category_counts = inputs.category_counts;
  fit.monotonic = TRY(monotonic_directions(inputs.params, inputs.features));
  TRY(base::check_cancelled());

  const auto x =
      model::MatrixView::row_major(inputs.matrix.data(), data.x.row_count(), inputs.features.size());
  const train::FittedForest fitted = TRY(train::fit_forest(x, inputs.labels, inputs.params, fit));
  TRY(base::check_cancelled());

  bundle::BundleParts parts;
  parts.contract = make_contract(data, choice.label);
  parts.model_features = inputs.features;
  parts.categories = inputs.categories;
  parts.model = fitted.forest.get();
  parts.metrics = make_metrics(inputs.labels, fitted, inputs.scored, data.x.row_count());
  parts.lineage = std::move(inputs.lineage);
  parts.lineage["parameters"]["n_estimators"] = fitted.forest->tree_count();
  if (options.oob_out) TRY(write_out_of_bag(*options.oob_out, *fitted.out_of_bag, choice.label));
  std::string sha256 = TRY(bundle::save_bundle(parts, options.out));
  return TrainReport{.task = choice.label.task,
                     .task_was_guessed = choice.was_guessed,
                     .has_contract = data.contract.has_value(),
                     .row_count = data.x.row_count(),
                     .feature_count = inputs.features.size(),
                     .model = fitted.forest->summary(),
                     .metrics = std::move(parts.metrics),
                     .first_tree_count = inputs.first ? inputs.first->forest->tree_count() : 0,
                     .wanted_tree_count = static_cast<std::size_t>(inputs.params.n_estimators),
                     .met_deadline = fitted.met_deadline,
                     .model_sha256 = std::move(sha256),
                     .warnings = make_warnings(data, inputs.labels)};
}

}  // namespace archmlp::train_stage
