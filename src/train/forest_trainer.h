#pragma once

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
};

struct FittedForest {
  std::unique_ptr<const model::Forest> forest;
  std::optional<double> oob_score;  // accuracy, or R²; with params.oob_score
};

/// Fits `n_estimators` trees on bootstrap samples of `x`, features binned once.
/// Shape: x [n, p], labels [n]. The caller hands the columns over in a canonical order (sorted by name): the
/// random draws go by column position. The bytes of the forest depend on x, labels and params alone, never on
/// `thread_count` nor on the instruction set.
/// Errors: kInvalidInput if n == 0, p == 0, an infinity is in x, or a parameter is outside its range;
/// kCancelled. Source: Breiman 2001, sections 2-4; histogram splits as in Ke et al. 2017, section 2.1.
base::Result<FittedForest> fit_forest(model::MatrixView x, const Labels& labels,
                                      const contract::ForestParams& params, int thread_count,
                                      base::Progress& progress = base::no_progress());

}  // namespace archmlp::train
