#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/forest_params.h"
#include "archmlp/train/forest_trainer.h"

namespace archmlp::train {

enum class Criterion { kGini, kEntropy, kSquaredError, kFriedmanMse, kAbsoluteError, kPoisson };

/// ForestParams with every choice made for one training set: counts instead of shares, numbers instead of
/// names.
struct ForestPlan {
  contract::Task task = contract::Task::kClassification;
  Criterion criterion = Criterion::kGini;
  std::uint64_t seed = 0;
  std::size_t row_count = 0;
  std::size_t class_count = 0;  // classification
  std::size_t tree_count = 0;
  std::size_t max_depth = std::numeric_limits<std::size_t>::max();
  std::size_t max_leaf_nodes = std::numeric_limits<std::size_t>::max();
  std::size_t min_samples_split = 2;
  std::size_t min_samples_leaf = 1;
  double min_weight_fraction_leaf = 0;
  double min_impurity_decrease = 0;
  double ccp_alpha = 0;
  std::vector<std::int8_t> monotonic;  // [p] of -1, 0, 1; empty: nothing is asked
  bool random_splits = false;          // one drawn cut a feature, as extremely randomised trees try
  std::size_t max_features = 1;
  std::size_t max_bins = 255;
  bool bootstrap = true;
  std::size_t draw_count = 0;         // rows drawn for a tree, repetitions counted
  std::vector<double> class_weights;  // [classes]; 1 without class_weight
  bool balanced_subsample = false;    // class_weights follow from what a tree draws
  bool has_sample_weights = false;
  double weight_unit = 1;  // of WeightScale
  bool oob_score = false;

  bool is_best_first() const noexcept { return max_leaf_nodes != std::numeric_limits<std::size_t>::max(); }
};

/// Classes, or 1.
inline std::size_t output_count(const ForestPlan& plan) noexcept {
  return plan.task == contract::Task::kClassification ? plan.class_count : 1;
}

/// monotonic: [p], or empty. Errors: kInvalidInput for a parameter outside its range (the message says the
/// range), labels that do not fit the rows, or a class weight for a class that does not occur.
base::Result<ForestPlan> make_forest_plan(std::size_t row_count, std::size_t feature_count,
                                          const Labels& labels, const contract::ForestParams& params,
                                          std::span<const std::int8_t> monotonic = {});

}  // namespace archmlp::train
