#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/contract/forest_params.h"
#include "archmlp/model/forest.h"

namespace archmlp::train {

/// Labels of a classification, as indices into `classes`, or of a regression, as numbers.
struct Labels {
  contract::Task task = contract::Task::kClassification;
  std::vector<contract::Value> classes;      // sorted
  std::vector<std::uint32_t> class_indices;  // [n], classification
  std::vector<double> values;                // [n], regression, finite
  std::vector<double> weights;               // [n], of the rows, finite and >= 0; empty: all 1
};

/// Rows that a forest is scored on while it grows.
struct ValidationRows {
  model::MatrixView x;
  const Labels* labels = nullptr;  // of the same classes
};

/// What does not change the bytes of the forest, but for `first_trees` and a `deadline` that comes too soon.
struct FitOptions {
  int thread_count = 0;
  base::Progress* progress = &base::no_progress();
  /// A direction for each feature, [p]: 1 rising, -1 falling, 0 either; or empty.
  std::vector<std::int8_t> monotonic;
  /// The trees of another fit, which are taken over; n_estimators counts them. If that fit had the same rows
  /// and parameters, the forest is the one that a single fit would have made.
  const model::Forest* first_trees = nullptr;
  /// Were they drawn from these rows, by the same seed? Then they take part in the out-of-bag score.
  bool first_trees_drew_these_rows = false;
  std::optional<ValidationRows> validation;
  /// No tree is begun later than this; one is always made.
  std::optional<std::chrono::steady_clock::time_point> deadline;
  /// Bytes that the fit may take on top of `x` and the labels; 0: as many as it needs.
  std::size_t memory_limit = 0;
};

/// What a forest says of the rows that it was trained on, each by the trees that did not draw it.
struct OutOfBag {
  std::optional<double> score;  // accuracy, or R²; none where undefined
  std::vector<double> means;    // [n, k]: class probabilities, or values; NaN where every tree drew the row
};

struct FittedForest {
  std::unique_ptr<const model::Forest> forest;
  std::optional<OutOfBag> out_of_bag;      // with params.oob_score
  std::optional<double> validation_score;  // accuracy, or R²; with options.validation
  bool met_deadline = true;                // else there are fewer trees than n_estimators
};

/// Bytes that a fit takes at its peak on top of `x` and labels. The size of the trees is known once they have
/// grown; `trees` is what they cannot exceed.
struct MemoryNeed {
  std::size_t shared = 0;      // the binned features, out-of-bag sums
  std::size_t per_thread = 0;  // a tree that grows
  std::size_t trees = 0;
};
/// Errors: as fit_forest.
base::Result<MemoryNeed> memory_need(std::size_t row_count, std::size_t feature_count, const Labels& labels,
                                     const contract::ForestParams& params);

/// Fits `n_estimators` trees on bootstrap samples of `x`, features binned once.
/// Shape: x [n, p], labels [n]. The caller hands the columns over in a canonical order (sorted by name): the
/// random draws go by column position. The bytes of the forest depend on x, labels and params alone, never on
/// the number of threads nor on the instruction set.
/// Errors: kInvalidInput if n == 0, p == 0, an infinity is in x, or a parameter is outside its range;
/// kCancelled; kResourceLimit: options.memory_limit is too low.
/// Source: Breiman 2001, sections 2-4; histogram splits as in Ke et al. 2017, section 2.1.
base::Result<FittedForest> fit_forest(model::MatrixView x, const Labels& labels,
                                      const contract::ForestParams& params, const FitOptions& options = {});

}  // namespace archmlp::train
