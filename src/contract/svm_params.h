#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "archmlp/contract/class_weight.h"
#include "archmlp/contract/field_table.h"

namespace archmlp::contract {

enum class Gamma { kScale, kAuto };  // 1 / (p · variance of all entries), 1 / p

/// scikit-learn's names and defaults, those of SVC and SVR, and `scale`.
struct SvmParams {
  double C = 1.0;              // NOLINT(readability-identifier-naming): the field's name
  std::string kernel = "rbf";  // linear, rbf, poly, sigmoid
  std::int64_t degree = 3;
  std::variant<Gamma, double> gamma = Gamma::kScale;
  double coef0 = 0.0;
  bool scale = false;  // features to mean 0 and variance 1, inside the model
  bool shrinking = true;
  bool probability = false;
  double tol = 1e-3;
  double cache_size = 200;  // MB
  std::int64_t max_iter = -1;
  double epsilon = 0.1;  // of a regression
  ClassWeights class_weight = ClassWeight::kNone;
  std::string decision_function_shape = "ovr";
  bool break_ties = false;
  std::uint64_t random_state = 0;  // of the parts that probabilities are fitted on
};

/// Single values are checked here; what depends on the task or on another field, where the machine is fitted.
const FieldTable& svm_fields();

}  // namespace archmlp::contract
