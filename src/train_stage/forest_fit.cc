#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "archmlp/base/atomic_output.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/bundle/bundle.h"
#include "archmlp/model/forest.h"
#include "archmlp/table/csv_writer.h"
#include "archmlp/train/forest_trainer.h"
#include "archmlp/train_stage/fitted_model.h"
#include "archmlp/train_stage/labels.h"

namespace archmlp::train_stage {
namespace {

using Json = nlohmann::ordered_json;
using contract::LabelSchema;

base::Error not_the_same(const std::filesystem::path& path, std::string what) {
  return {.message = "training cannot go on from this model: " + std::move(what),
          .where = path.string(),
          .hint = "go on from a model of the same features and classes, or leave --warm-start out"};
}

/// Lineage without what a continued training may change and still be the same training.
Json without_size(Json lineage) {
  if (lineage.is_object() && lineage.contains("parameters") && lineage["parameters"].is_object()) {
    lineage["parameters"].erase("n_estimators");
    lineage["parameters"].erase("oob_score");
  }
  return lineage;
}

base::Status check_label(const LabelSchema& known, const LabelSchema& label,
                         const std::filesystem::path& path) {
  if (known.name != label.name || known.task != label.task) {
    return not_the_same(path, fmt::format("it predicts {} ({}), not {} ({})", base::quoted(known.name),
                                          contract::to_string(known.task), base::quoted(label.name),
                                          contract::to_string(label.task)));
  }
  if (known.classes != label.classes) return not_the_same(path, "it knows other classes");
  return {};
}

/// The parameters made explicit for the task: its criterion where none was given, weights by the label's own
/// classes.
base::Result<contract::ForestParams> settle_params(const contract::TrainConfig& config,
                                                   const LabelSchema& label) {
  contract::ForestParams params = config.forest;
  if (label.task == contract::Task::kRegression && !config.gives("criterion") &&
      params.criterion == contract::ForestParams{}.criterion) {
    params.criterion = "squared_error";
  }
  if (config.model == "extra_trees") {
    if (!config.gives("splitter")) params.splitter = "random";
    if (!config.gives("bootstrap")) params.bootstrap = false;
  }
  params.class_weight = TRY(settle_class_weight(params.class_weight, label));
  return params;
}

/// monotonic_cst by the position of each feature; empty where nothing is asked.
base::Result<std::vector<std::int8_t>> monotonic_directions(const contract::ForestParams& params,
                                                            const std::vector<std::string>& features) {
  std::vector<std::int8_t> directions;
  for (const auto& [name, direction] : params.monotonic_cst) {
    const auto found = std::find(features.begin(), features.end(), name);
    if (found == features.end()) {
      return base::Error{.message = fmt::format("{} is none of the features", base::quoted(name)),
                         .where = "monotonic_cst",
                         .hint = base::suggest_names(name, features)};
    }
    directions.resize(features.size());
    directions[static_cast<std::size_t>(found - features.begin())] = static_cast<std::int8_t>(direction);
  }
  return directions;
}

/// The model to go on from.
struct FirstTrees {
  std::shared_ptr<const bundle::Bundle> bundle;
  const model::Forest* forest = nullptr;  // in it
  bool is_same_training = false;          // of the same data by the same parameters, up to n_estimators
};

base::Result<FirstTrees> read_first_trees(const std::filesystem::path& path, const TrainInputs& inputs,
                                          const LabelSchema& label, const Json& lineage) {
  FirstTrees first;
  first.bundle = TRY(bundle::Bundle::load(path));
  first.forest = dynamic_cast<const model::Forest*>(&first.bundle->model());
  if (first.forest == nullptr) {
    return not_the_same(path, fmt::format("it is a {}, no forest", first.bundle->model().kind()));
  }
  if (first.bundle->model_features() != inputs.features) return not_the_same(path, "it has other features");
  if (first.bundle->categories() != inputs.categories) return not_the_same(path, "it knows other categories");
  TRY(check_label(first.bundle->contract().label, label, path));
  first.is_same_training = without_size(first.bundle->lineage()) == without_size(lineage);
  return first;
}

/// `probability_CLASS`, …, or `prediction`; missing where every tree drew the row.
base::Status write_out_of_bag(const std::filesystem::path& path, const train::OutOfBag& out_of_bag,
                              const LabelSchema& label) {
  std::vector<std::string> names;
  for (const contract::Value& value : label.classes)
    names.push_back("probability_" + contract::to_text(value));
  if (names.empty()) names.emplace_back("prediction");
  const std::size_t rows = out_of_bag.means.size() / names.size();
  std::vector<table::Column> columns;
  for (std::size_t k = 0; k < names.size(); ++k) {
    std::vector<double> values(rows);
    for (std::size_t row = 0; row < rows; ++row) values[row] = out_of_bag.means[row * names.size() + k];
    columns.emplace_back(names[k], table::RealCells{std::move(values)});
  }
  const table::Table table = TRY(table::Table::from_columns(std::move(columns)));
  base::AtomicFile file = TRY(base::AtomicFile::create(path));
  TRY(table::write_csv(table, [&](std::string_view bytes) { return file.write(bytes); }));
  return file.commit();
}

}  // namespace

base::Result<FittedModel> fit_forest_model(const FitJob& job, Json& lineage) {
  const TrainOptions& options = job.options;
  const contract::ForestParams params = TRY(settle_params(options.config, job.label));
  lineage["parameters"] = contract::get_fields(contract::forest_fields(), &params);
  std::optional<FirstTrees> first;
  if (options.warm_start) first = TRY(read_first_trees(*options.warm_start, job.inputs, job.label, lineage));
  train::FitOptions fit{.thread_count = options.thread_count,
                        .progress = &job.progress,
                        .monotonic = TRY(monotonic_directions(params, job.inputs.features)),
                        .category_counts = job.inputs.category_counts,
                        .deadline = job.deadline,
                        .memory_limit = options.memory_limit};
  if (first) {
    fit.first_trees = first->forest;
    fit.first_trees_drew_these_rows = first->is_same_training;
  }
  if (job.inputs.scored)
    fit.validation = train::ValidationRows{job.inputs.scored->view(), &job.inputs.scored->labels};
  auto result = train::fit_forest(job.inputs.view(), job.inputs.labels, params, fit);
  if (!result.ok()) return std::move(result).error();
  train::FittedForest& fitted = *result;

  if (options.oob_out) TRY(write_out_of_bag(*options.oob_out, *fitted.out_of_bag, job.label));
  if (first && !first->is_same_training) {
    lineage["warm_start"] = {{"sha256", first->bundle->sha256()}, {"trees", first->forest->tree_count()}};
  }
  lineage["parameters"]["n_estimators"] = fitted.forest->tree_count();
  FittedModel model;
  if (fitted.out_of_bag && fitted.out_of_bag->score) model.metrics["oob_score"] = *fitted.out_of_bag->score;
  if (job.inputs.scored && fitted.validation_score)
    model.metrics["validation"] = validation_metrics(*job.inputs.scored, *fitted.validation_score);
  if (job.inputs.labels.task == contract::Task::kClassification && job.label.classes.size() == 1) {
    model.warnings.push_back("all rows have the label " +
                             base::quoted(contract::to_text(job.label.classes[0])) +
                             ": the model can predict nothing else");
  }
  model.met_deadline = fitted.met_deadline;
  model.first_tree_count = first ? first->forest->tree_count() : 0;
  model.wanted_tree_count = static_cast<std::size_t>(params.n_estimators);
  model.model = std::move(fitted.forest);
  return model;
}

}  // namespace archmlp::train_stage
