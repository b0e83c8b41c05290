#pragma once

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"
#include "archmlp/model/model.h"
#include "archmlp/train_stage/train_inputs.h"
#include "archmlp/train_stage/train_stage.h"

// What the kinds of models have in common when they are trained.

namespace archmlp::train_stage {

struct FitJob {
  const TrainOptions& options;
  const contract::LabelSchema& label;
  const TrainInputs& inputs;
  std::optional<std::chrono::steady_clock::time_point> deadline;  // of max_time
  base::Progress& progress;
};

struct FittedModel {
  std::unique_ptr<const model::Model> model;
  nlohmann::ordered_json metrics = nlohmann::ordered_json::object();  // the fit's own
  std::vector<std::string> warnings;
  bool met_deadline = true;
  std::size_t first_tree_count = 0;   // of a forest: taken over from another model
  std::size_t wanted_tree_count = 0;  // of a forest
};

/// A forest, as trees of another model and more (warm_start), or all its own. `lineage` of the model that is
/// to be gets its parameters and the model that it goes on from. Writes what the trees say of rows that they
/// did not draw (oob_out). Errors: kInvalidInput: a parameter or a first model that does not fit;
/// kResourceLimit; kCancelled; kIo.
base::Result<FittedModel> fit_forest_model(const FitJob& job, nlohmann::ordered_json& lineage);

/// A support vector machine. `lineage` gets its parameters. Errors: kInvalidInput: a parameter or rows that
/// do not fit; kCancelled.
base::Result<FittedModel> fit_svm_model(const FitJob& job, nlohmann::ordered_json& lineage);

/// The share of rows that the model labels rightly, or R²: {"row_count", "accuracy" or "r2"}.
nlohmann::ordered_json validation_metrics(const ScoredRows& rows, double score);

}  // namespace archmlp::train_stage
