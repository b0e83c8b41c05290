#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "archmlp/base/rng.h"
#include "archmlp/svm/dual_problem.h"

namespace archmlp::svm {

/// Rows of two classes that overlap, and a number that depends on them.
struct TestData {
  std::vector<float> x;
  std::vector<int> sign;  // 1 or -1
  std::vector<double> target;
  std::size_t cols = 0;

  std::size_t rows() const noexcept { return sign.size(); }
  model::MatrixView view() const noexcept { return model::MatrixView::row_major(x.data(), rows(), cols); }
};

/// scaled: all features about as large; else from 0.1 to 1000 around 500, as tables have them.
inline TestData make_test_data(std::size_t rows, std::size_t cols, bool scaled, std::uint64_t seed) {
  TestData data;
  data.cols = cols;
  base::Rng rng(seed);
  for (std::size_t row = 0; row < rows; ++row) {
    double score = 0, bend = 0;
    for (std::size_t col = 0; col < cols; ++col) {
      const double value = rng.uniform() + rng.uniform() + rng.uniform() - 1.5;
      if (col % 2 == 0) score += value;
      bend += value * value;
      const double scale = std::pow(10.0, static_cast<double>(col % 5) - 1.0);
      data.x.push_back(static_cast<float>(scaled ? 2 * value : 500 + scale * value));
    }
    const double margin = score + bend - 0.25 * static_cast<double>(cols) + rng.uniform() - 0.5;
    data.sign.push_back(margin > 0 ? 1 : -1);
    data.target.push_back(margin);
  }
  return data;
}

inline DualProblem classification_problem(const TestData& data, model::Kernel kernel, double c) {
  DualProblem problem{.x = data.view(), .kernel = kernel, .variables = {}};
  for (std::size_t row = 0; row < data.rows(); ++row) {
    problem.variables.push_back({.row = static_cast<std::uint32_t>(row),
                                 .sign = static_cast<std::int8_t>(data.sign[row]),
                                 .linear = -1,
                                 .upper = c});
  }
  return problem;
}

inline DualProblem regression_problem(const TestData& data, model::Kernel kernel, double c, double epsilon) {
  DualProblem problem{.x = data.view(), .kernel = kernel, .variables = {}};
  for (const int sign : {1, -1}) {
    for (std::size_t row = 0; row < data.rows(); ++row) {
      problem.variables.push_back({.row = static_cast<std::uint32_t>(row),
                                   .sign = static_cast<std::int8_t>(sign),
                                   .linear = epsilon - sign * data.target[row],
                                   .upper = c});
    }
  }
  return problem;
}

/// By the kernel's definition.
inline double kernel_value(const model::Kernel& kernel, const float* a, const float* b, std::size_t count) {
  double dot = 0, distance = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto x = static_cast<double>(a[i]), z = static_cast<double>(b[i]);
    dot += x * z;
    distance += (x - z) * (x - z);
  }
  switch (kernel.kind) {
    case model::KernelKind::kLinear:
      return dot;
    case model::KernelKind::kRbf:
      return std::exp(-kernel.gamma * distance);
    case model::KernelKind::kPoly:
      return std::pow(kernel.gamma * dot + kernel.coef0, static_cast<double>(kernel.degree));
    case model::KernelKind::kSigmoid:
      break;
  }
  return std::tanh(kernel.gamma * dot + kernel.coef0);
}

inline const float* row_of(const DualProblem& problem, std::size_t row) {
  return problem.x.data + row * problem.x.row_stride;
}

/// Σ y α K(row, x_i), for each row i.
inline std::vector<double> sums_of(const DualProblem& problem, const std::vector<double>& alpha) {
  std::vector<double> sums(problem.x.rows, 0.0);
  for (std::size_t v = 0; v < alpha.size(); ++v) {
    if (alpha[v] == 0) continue;
    const DualVariable& variable = problem.variables[v];
    for (std::size_t i = 0; i < sums.size(); ++i) {
      sums[i] +=
          variable.sign * alpha[v] *
          kernel_value(problem.kernel, row_of(problem, variable.row), row_of(problem, i), problem.x.cols);
    }
  }
  return sums;
}

/// What a certificate says, from its definitions.
struct Measures {
  double violation = 0, primal = 0, dual = 0, balance = 0;
  double magnitude = 1;  // of the terms of a decision, to whose rounding the others are known
  double total_upper = 0;
};
inline Measures measure(const DualProblem& problem, const std::vector<double>& alpha, double rho) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<double> sums = sums_of(problem, alpha);
  Measures measures;
  double up = -kInfinity, down = kInfinity, norm = 0;
  for (std::size_t v = 0; v < alpha.size(); ++v) {
    const DualVariable& variable = problem.variables[v];
    const double pull = -variable.sign * (variable.sign * sums[variable.row] + variable.linear);
    const bool can_grow = variable.sign > 0 ? alpha[v] < variable.upper : alpha[v] > 0;
    const bool can_fall = variable.sign > 0 ? alpha[v] > 0 : alpha[v] < variable.upper;
    if (can_grow) up = std::max(up, pull);
    if (can_fall) down = std::min(down, pull);
    norm += variable.sign * alpha[v] * sums[variable.row];
    measures.balance += variable.sign * alpha[v];
    measures.dual -= variable.linear * alpha[v];
    const double decision = variable.sign * (sums[variable.row] - rho);
    measures.primal += variable.upper * std::max(0.0, -variable.linear - decision);
  }
  for (std::size_t v = 0; v < alpha.size(); ++v) {
    measures.total_upper += problem.variables[v].upper;
    const float* row = row_of(problem, problem.variables[v].row);
    measures.magnitude += alpha[v] * std::abs(kernel_value(problem.kernel, row, row, problem.x.cols));
  }
  measures.violation = std::max(0.0, up - down);
  measures.primal += norm / 2;
  measures.dual -= norm / 2;
  return measures;
}

}  // namespace archmlp::svm
