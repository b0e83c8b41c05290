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
  std::optional<double> cohen_kappa, accuracy, balanced_accuracy, matthews_corrcoef;
  // Two classes: of the second one's probability or, where the model gives none, decision. More: the mean
  // over classes of one against the rest.
  std::optional<double> roc_auc, average_precision;
  std::optional<double> log_loss;
  std::optional<double> root_mean_squared_error, mean_absolute_error, r2;
  std::vector<std::string> warnings;
};

/// The CSVs are prepared ones (x_test.csv, y_test.csv). Where contract.json lies beside them it is checked as
/// training does, for these two files; a contract of other features is refused, one of another preparation of
/// the same features (other data, recipe or seed) gets a warning. Errors: kContractBroken if that contract
/// does not hold; kInvalidInput if the CSVs do not fit the model's features or a label is of no class of the
/// model; kNotFound, kIo.
base::Result<Evaluation> evaluate_files(const EvaluateOptions& options,
                                        base::Progress& progress = base::no_progress());

/// Keys are scikit-learn's metric names without `_score`; undefined is null.
nlohmann::ordered_json to_json(const Evaluation& evaluation);
/// For people: kappa with its Landis–Koch word first, then the confusion matrix and the scores of each class.
std::string to_text(const Evaluation& evaluation);

}  // namespace archmlp::evaluate
