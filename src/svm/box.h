#pragma once

#include <vector>

#include "archmlp/svm/dual_problem.h"

namespace archmlp::svm {

/// The variables of a dual as β = yα: minimise ½ β'Kβ + linear'β, Σ β = 0, low <= β <= high.
struct Box {
  std::vector<std::uint32_t> row;
  std::vector<double> linear, low, high;

  Box() = default;
  explicit Box(const DualProblem& problem) {
    for (const DualVariable& variable : problem.variables) add(variable);
  }
  void add(const DualVariable& variable) {
    row.push_back(variable.row);
    linear.push_back(variable.sign * variable.linear);
    low.push_back(variable.sign > 0 ? 0.0 : -variable.upper);
    high.push_back(variable.sign > 0 ? variable.upper : 0.0);
  }
  std::size_t size() const noexcept { return row.size(); }
};

}  // namespace archmlp::svm
