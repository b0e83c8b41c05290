#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "archmlp/contract/field_table.h"
#include "archmlp/contract/value.h"

namespace archmlp::contract {

enum class MaxFeatures { kAll, kSqrt, kLog2 };
enum class ClassWeight { kNone, kBalanced };

/// scikit-learn's names and defaults. Thread count is not part of it: it never changes a model.
struct ForestParams {
  std::int64_t n_estimators = 100;
  std::string criterion = "gini";  // classification: gini, entropy, log_loss; regression: squared_error
  std::optional<std::int64_t> max_depth;       // none: unlimited
  std::optional<std::int64_t> max_leaf_nodes;  // none: unlimited; otherwise best-first growth
  std::variant<std::int64_t, double> min_samples_split = std::int64_t{2};  // count, or share of the rows
  std::variant<std::int64_t, double> min_samples_leaf = std::int64_t{1};
  double min_impurity_decrease = 0.0;
  std::optional<std::variant<MaxFeatures, std::int64_t, double>>
      max_features;  // none: sqrt or, for regression, all
  bool bootstrap = true;
  std::optional<std::variant<std::int64_t, double>> max_samples;
  bool oob_score = false;
  std::variant<ClassWeight, std::vector<std::pair<Value, double>>> class_weight = ClassWeight::kNone;
  std::int64_t max_bins = 255;
  std::uint64_t random_state = 0;
};

/// Single values are checked here; what depends on the task or on another field, where the forest is fitted.
/// `criterion` defaults to the task's first where it is left out. `max_features`: "auto" is none, null is
/// kAll. `class_weight`: null, "balanced", an object of class names (typed like YAML scalars: "1" is the
/// number), or a list of [class, weight] pairs, which is also what `get` gives.
const FieldTable& forest_fields();

}  // namespace archmlp::contract
