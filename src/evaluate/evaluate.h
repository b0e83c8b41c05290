#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/bundle/bundle.h"
#include "archmlp/metrics/classification.h"

namespace archmlp::evaluate {

struct EvaluateOptions {
  std::filesystem::path model;
  std::filesystem::path x_test;
  std::filesystem::path y_test;
  int thread_count = 0;
};

/// A model against labelled rows. What is undefined is none, and `warnings` says why.
struct Evaluation {
  contract::LabelSchema label;
  std::size_t row_count = 0;
  std::optional<metrics::ConfusionMatrix> confusion_matrix;  // classification
  std::vector<metrics::ClassScores> classes;
  std::optional<double> cohen_kappa, accuracy, balanced_accuracy, matthews_corrcoef, roc_auc, average_precision, log_loss;
  std::optional<double> root_mean_squared_error, mean_absolute_error, r2;
  std::vector<std::string> warnings;
};

/// Errors: kContractBroken if the CSVs do not fit the model's features (or contract.json beside them does not hold),
/// kInvalidInput if a label is of no class of the model, kNotFound, kIo.
base::Result<Evaluation> evaluate_files(const EvaluateOptions& options, base::Progress& progress = base::no_progress());

/// Keys are scikit-learn's metric names without `_score`; undefined is null.
nlohmann::ordered_json to_json(const Evaluation& evaluation);
/// For people: kappa with its Landis–Koch word first, then the confusion matrix and the scores of each class.
std::string to_text(const Evaluation& evaluation);

}  // namespace archmlp::evaluate
