#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "archmlp/contract/forest_params.h"
#include "archmlp/contract/value.h"

namespace archmlp::contract {

enum class Gamma { kScale, kAuto };  // 1 / (p · variance of all entries), 1 / p

/// scikit-learn's names and defaults, those of SVC and SVR.
struct SvmParams {
  double C = 1.0;              // NOLINT(readability-identifier-naming): the field's name
  std::string kernel = "rbf";  // linear, rbf, poly, sigmoid
  std::int64_t degree = 3;
  std::variant<Gamma, double> gamma = Gamma::kScale;
  double coef0 = 0.0;
  bool shrinking = true;
  double tol = 1e-3;
  double cache_size = 200;  // MB
  std::int64_t max_iter = -1;
  double epsilon = 0.1;  // of a regression
  std::variant<ClassWeight, std::vector<std::pair<Value, double>>> class_weight = ClassWeight::kNone;
  std::string decision_function_shape = "ovr";
  bool break_ties = false;
};

}  // namespace archmlp::contract
