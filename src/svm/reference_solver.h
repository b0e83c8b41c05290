#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include "archmlp/svm/dual_problem.h"
#include "archmlp/svm/test_data.h"

namespace archmlp::svm {

/// LIBSVM's method by the book: one pair of variables at a time, the whole matrix in double precision.
/// Source: Fan, Chen, Lin 2005, WSS 2.
inline DualSolution reference_solution(const DualProblem& problem, double tol) {
  const std::size_t size = problem.variables.size();
  std::vector<double> q(size * size), gradient, alpha(size, 0.0);
  for (std::size_t i = 0; i < size; ++i) {
    const DualVariable& a = problem.variables[i];
    gradient.push_back(a.linear);
    for (std::size_t j = 0; j < size; ++j) {
      const DualVariable& b = problem.variables[j];
      q[i * size + j] =
          a.sign * b.sign *
          kernel_value(problem.kernel, row_of(problem, a.row), row_of(problem, b.row), problem.x.cols);
    }
  }
  const auto sign = [&](std::size_t v) { return problem.variables[v].sign; };
  const auto grows = [&](std::size_t v) {
    return sign(v) > 0 ? alpha[v] < problem.variables[v].upper : alpha[v] > 0;
  };
  const auto falls = [&](std::size_t v) {
    return sign(v) > 0 ? alpha[v] > 0 : alpha[v] < problem.variables[v].upper;
  };
  for (;;) {
    std::size_t i = size, j = size;
    for (std::size_t v = 0; v < size; ++v) {
      if (grows(v) && (i == size || -sign(v) * gradient[v] > -sign(i) * gradient[i])) i = v;
    }
    double best = 0, least = 1e300, best_curvature = 0;
    for (std::size_t v = 0; v < size && i != size; ++v) {
      if (!falls(v)) continue;
      least = std::min(least, -sign(v) * gradient[v]);
      const double pull = -sign(i) * gradient[i] + sign(v) * gradient[v];
      const double curvature =
          std::max(1e-12, q[i * size + i] + q[v * size + v] - 2.0 * sign(i) * sign(v) * q[i * size + v]);
      if (pull > 0 && pull * pull / curvature > best) {
        best = pull * pull / curvature;
        best_curvature = curvature;
        j = v;
      }
    }
    if (i == size || j == size || -sign(i) * gradient[i] - least < tol) break;
    const double room_i = sign(i) > 0 ? problem.variables[i].upper - alpha[i] : alpha[i];
    const double room_j = sign(j) > 0 ? alpha[j] : problem.variables[j].upper - alpha[j];
    const double pull = -sign(i) * gradient[i] + sign(j) * gradient[j];
    const double step = std::min({pull / best_curvature, room_i, room_j});
    alpha[i] = std::clamp(alpha[i] + sign(i) * step, 0.0, problem.variables[i].upper);
    alpha[j] = std::clamp(alpha[j] - sign(j) * step, 0.0, problem.variables[j].upper);
    for (std::size_t v = 0; v < size; ++v)
      gradient[v] += step * (sign(i) * q[v * size + i] - sign(j) * q[v * size + j]);
  }
  DualSolution solution{.alpha = alpha};
  double free_sum = 0, up = -1e300, down = 1e300;
  std::size_t free_count = 0;
  for (std::size_t v = 0; v < size; ++v) {
    const double pull = sign(v) * gradient[v];
    if (grows(v)) up = std::max(up, -pull);
    if (falls(v)) down = std::min(down, -pull);
    if (!grows(v) || !falls(v)) continue;
    free_sum += pull;
    ++free_count;
  }
  solution.rho = free_count > 0 ? free_sum / static_cast<double>(free_count) : -(up + down) / 2;
  return solution;
}

inline void expect_matches_certificate(const DualProblem& problem, const DualSolution& solution) {
  const Measures measures = measure(problem, solution.alpha, solution.rho);
  const model::SvmCertificate& certificate = solution.certificate;
  const double rounding = 1e-13 * measures.magnitude;
  EXPECT_NEAR(certificate.violation, measures.violation, rounding);
  EXPECT_NEAR(certificate.primal, measures.primal, rounding * measures.total_upper);
  EXPECT_NEAR(certificate.dual, measures.dual, rounding * measures.total_upper);
  double weight = 0;
  for (const double alpha : solution.alpha) weight += alpha;
  EXPECT_NEAR(measures.balance, 0, 1e-11 * (weight + 1));
  for (std::size_t v = 0; v < solution.alpha.size(); ++v) {
    EXPECT_GE(solution.alpha[v], 0);
    EXPECT_LE(solution.alpha[v], problem.variables[v].upper);
  }
}

inline void expect_optimum(const DualProblem& problem) {
  constexpr double kTol = 1e-5;
  const base::Result<DualSolution> solved = solve_dual(problem, {.tol = kTol});
  ASSERT_TRUE(solved.ok()) << to_string(solved.error());
  EXPECT_TRUE(solved->certificate.converged()) << to_string(solved->certificate.stopped_by);
  EXPECT_LE(solved->certificate.violation, kTol);
  expect_matches_certificate(problem, *solved);
  const DualSolution reference = reference_solution(problem, kTol);
  const double expected = measure(problem, reference.alpha, reference.rho).dual;
  EXPECT_NEAR(solved->certificate.dual, expected, 1e-6 * std::abs(expected));
  const std::vector<double> decisions = sums_of(problem, solved->alpha);
  const std::vector<double> expected_decisions = sums_of(problem, reference.alpha);
  for (std::size_t row = 0; row < decisions.size(); ++row)
    EXPECT_NEAR(decisions[row] - solved->rho, expected_decisions[row] - reference.rho, 1e-3);
}

/// Stopped after some steps, and by a deadline, with C = 100.
inline void expect_says_what_stopped_it(const TestData& data, const model::Kernel& kernel,
                                        std::int64_t steps) {
  const DualProblem problem = classification_problem(data, kernel, 100);
  const DualSolution few = solve_dual(problem, {.max_iter = steps}).value();
  EXPECT_EQ(few.certificate.stopped_by, model::SvmStop::kMaxIter);
  EXPECT_EQ(few.certificate.iterations, static_cast<std::uint64_t>(steps));
  EXPECT_GT(few.certificate.violation, 1e-3);
  expect_matches_certificate(problem, few);
  const DualSolution late = solve_dual(problem, {.deadline = std::chrono::steady_clock::now()}).value();
  EXPECT_EQ(late.certificate.stopped_by, model::SvmStop::kMaxTime);
  EXPECT_FALSE(late.certificate.converged());
  expect_matches_certificate(problem, late);
}

}  // namespace archmlp::svm
