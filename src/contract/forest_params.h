#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "archmlp/contract/class_weight.h"
#include "archmlp/contract/field_table.h"

namespace archmlp::contract {

enum class MaxFeatures { kAll, kSqrt, kLog2 };

/// scikit-learn's names and defaults. Thread count is not part of it: it never changes a model.
struct ForestParams {
  std::int64_t n_estimators = 100;
  /// Classification: gini, entropy, log_loss; regression: squared_error, absolute_error, friedman_mse,
  /// poisson.
  std::string criterion = "gini";
  std::string splitter = "best";               // random: extremely randomised trees
  std::optional<std::int64_t> max_depth;       // none: unlimited
  std::optional<std::int64_t> max_leaf_nodes;  // none: unlimited; otherwise best-first growth
  std::variant<std::int64_t, double> min_samples_split = std::int64_t{2};  // count, or share of the rows
  std::variant<std::int64_t, double> min_samples_leaf = std::int64_t{1};
  double min_weight_fraction_leaf = 0.0;
  double min_impurity_decrease = 0.0;
  std::optional<std::variant<MaxFeatures, std::int64_t, double>>
      max_features;  // none: sqrt or, for regression, all
  bool bootstrap = true;
  std::optional<std::variant<std::int64_t, double>> max_samples;
  bool oob_score = false;
  ClassWeights class_weight = ClassWeight::kNone;
  double ccp_alpha = 0.0;
  /// 1: the prediction never falls where the feature grows; -1: never rises. By the feature's name.
  std::vector<std::pair<std::string, std::int64_t>> monotonic_cst;
  std::int64_t max_bins = 255;
  std::uint64_t random_state = 0;
};

/// Single values are checked here; what depends on the task or on another field, where the forest is fitted.
/// `criterion` defaults to the task's first where it is left out. `max_features`: "auto" is none, null is
/// kAll. `class_weight`: see class_weight.h.
const FieldTable& forest_fields();

}  // namespace archmlp::contract
