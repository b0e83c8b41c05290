#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <chrono>
#include <numeric>
#include <string>
#include <vector>

#include "archmlp/svm/dual_problem.h"
#include "archmlp/svm/reference_solver.h"
#include "archmlp/svm/test_data.h"

namespace archmlp::svm {
namespace {

using model::Kernel;
using model::KernelKind;

TEST(SolveDual, ReachesTheReferenceForEveryKernelAndC) {
  const TestData data = make_test_data(160, 6, true, 1);
  for (const double c : {0.1, 1.0, 100.0}) {
    for (const Kernel& kernel :
         {Kernel{.kind = KernelKind::kRbf, .gamma = 0.2}, Kernel{.kind = KernelKind::kLinear},
          Kernel{.kind = KernelKind::kPoly, .gamma = 0.2, .coef0 = 1, .degree = 3}}) {
      if (kernel.kind == KernelKind::kLinear && c > 1) continue;  // takes the reference seconds
      SCOPED_TRACE(std::string(to_string(kernel.kind)) + ", C " + std::to_string(c));
      expect_optimum(classification_problem(data, kernel, c));
      if (c <= 1) expect_optimum(regression_problem(data, kernel, c, 0.1));
    }
  }
  expect_optimum(classification_problem(data, {.kind = KernelKind::kSigmoid, .gamma = 0.02}, 1));
}

TEST(SolveDual, ReachesTheReferenceOnUnscaledFeatures) {
  const TestData data = make_test_data(200, 5, false, 2);
  for (const double c : {0.1, 1.0, 100.0}) {
    for (const double gamma : {1e-6, 1e-4}) {
      SCOPED_TRACE("C " + std::to_string(c) + ", gamma " + std::to_string(gamma));
      expect_optimum(classification_problem(data, {.kind = KernelKind::kRbf, .gamma = gamma}, c));
    }
  }
}

/// More rows than a working set and a cache hold, so that sets are replaced, rows evicted and rows left out.
TEST(SolveDual, WorkingSetsCachesAndShrinkingReachTheSameOptimum) {
  const TestData data = make_test_data(1400, 8, true, 3);
  const DualProblem problem = classification_problem(data, {.kind = KernelKind::kRbf, .gamma = 0.1}, 10);
  const auto solve = [&](std::size_t cache_bytes, bool shrinking) {
    return solve_dual(problem, {.tol = 1e-6, .cache_bytes = cache_bytes, .shrinking = shrinking}).value();
  };
  const DualSolution plain = solve(std::size_t{200} << 20U, false);
  expect_matches_certificate(problem, plain);
  EXPECT_TRUE(plain.certificate.converged());
  EXPECT_LE(plain.certificate.gap(), 1e-4 * plain.certificate.primal);
  const std::vector<double> expected = sums_of(problem, plain.alpha);
  for (const auto& [cache_bytes, shrinking] : {std::pair<std::size_t, bool>{std::size_t{200} << 20U, true},
                                               {std::size_t{3} << 20U, true},
                                               {1, false}}) {
    const DualSolution solution = solve(cache_bytes, shrinking);
    EXPECT_TRUE(solution.certificate.converged());
    EXPECT_NEAR(solution.certificate.dual, plain.certificate.dual, 1e-8 * plain.certificate.dual);
    const std::vector<double> sums = sums_of(problem, solution.alpha);
    for (std::size_t row = 0; row < data.rows(); ++row)
      EXPECT_NEAR(sums[row] - solution.rho, expected[row] - plain.rho, 1e-4);
  }
}

TEST(SolveDual, ThreadsDoNotChangeABit) {
  const TestData data = make_test_data(1200, 7, true, 4);
  const DualProblem problem = regression_problem(data, {.kind = KernelKind::kRbf, .gamma = 0.1}, 1, 0.1);
  const DualSolution one = solve_dual(problem, {.thread_count = 1}).value();
  for (const int threads : {2, 3, 4}) {
    const DualSolution many = solve_dual(problem, {.thread_count = threads}).value();
    EXPECT_EQ(one.alpha, many.alpha);
    EXPECT_EQ(one.rho, many.rho);
    EXPECT_EQ(one.certificate.dual, many.certificate.dual);
    EXPECT_EQ(one.certificate.iterations, many.certificate.iterations);
  }
}

std::vector<double> decisions_by_definition(const TestData& data, const DualProblem& problem,
                                            const DualSolution& solution) {
  std::vector<double> decisions(data.rows(), -solution.rho);
  for (std::size_t v = 0; v < problem.variables.size(); ++v) {
    if (solution.alpha[v] == 0) continue;
    const float* row = data.x.data() + problem.variables[v].row * data.cols;
    for (std::size_t i = 0; i < data.rows(); ++i) {
      decisions[i] += problem.variables[v].sign * solution.alpha[v] *
                      kernel_value(problem.kernel, row, data.x.data() + i * data.cols, data.cols);
    }
  }
  return decisions;
}

TEST(SolveDual, EveryInstructionSetReachesTheSameOptimum) {
  const TestData data = make_test_data(500, 6, true, 14);
  for (const Kernel& kernel : {Kernel{.kind = KernelKind::kRbf, .gamma = 0.2},
                               Kernel{.kind = KernelKind::kPoly, .gamma = 0.2, .coef0 = 1, .degree = 3},
                               Kernel{.kind = KernelKind::kLinear}}) {
    const DualProblem problem = classification_problem(data, kernel, 1);
    const SolveOptions options = {.tol = 1e-5};
    const DualSolution best = solve_dual(problem, options).value();
    const std::vector<double> expected = decisions_by_definition(data, problem, best);
    for (std::int64_t left = hwy::SupportedTargets(); left != 0; left &= left - 1) {
      hwy::DisableTargets(~left);  // the best of those that are left is taken
      hwy::GetChosenTarget().DeInit();
      const DualSolution other = solve_dual(problem, options).value();
      EXPECT_TRUE(other.certificate.converged());
      EXPECT_NEAR(other.certificate.dual, best.certificate.dual, 1e-6 * best.certificate.dual);
      const std::vector<double> found = decisions_by_definition(data, problem, other);
      for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-3);
    }
    hwy::DisableTargets(0);
    hwy::GetChosenTarget().DeInit();
  }
}

TEST(SolveDual, SaysWhatStoppedIt) {
  expect_says_what_stopped_it(make_test_data(900, 6, true, 6), {.kind = KernelKind::kRbf, .gamma = 0.2}, 25);
}

TEST(SolveDual, RefusesKernelValuesBeyondWhatCanBeAddedUp) {
  const TestData data = make_test_data(20, 4, false, 6);
  const auto solved =
      solve_dual(classification_problem(data, {.kind = KernelKind::kPoly, .gamma = 1, .degree = 40}, 1));
  ASSERT_FALSE(solved.ok());
  EXPECT_NE(solved.error().hint.find("scale the features"), std::string::npos);
}

/// Single precision cannot tell these rows apart; the result must be exact all the same.
TEST(SolveDual, TurnsToDoublePrecisionWhereSingleFails) {
  TestData data = make_test_data(80, 3, true, 9);
  for (std::size_t row = 0; row < data.rows(); ++row) data.x[row * 3] += row % 2 == 0 ? 1e3F : -1e3F;
  expect_optimum(
      classification_problem(data, {.kind = KernelKind::kPoly, .gamma = 1e-3, .coef0 = 1, .degree = 2}, 10));
}

// ---- degenerate data

TEST(SolveDual, ConvergesOnDegenerateData) {
  const TestData base = make_test_data(60, 4, true, 10);
  TestData opposite = base, constant = base, equal = base, separable = base;
  for (std::size_t row = 0; row < base.rows(); ++row) {
    opposite.sign[row] = row % 2 == 0 ? 1 : -1;
    for (std::size_t col = 0; col < 4; ++col) {
      opposite.x[row * 4 + col] = base.x[row / 2 * 2 * 4 + col];
      constant.x[row * 4 + col] = col == 0 ? base.x[row * 4] : 5.0F;
      equal.x[row * 4 + col] = 1.5F;
      separable.x[row * 4 + col] = static_cast<float>(base.sign[row]) * (1.0F + static_cast<float>(row));
    }
  }
  TestData two = make_test_data(2, 4, true, 11);
  two.sign = {1, -1};
  for (const TestData* data : {&opposite, &constant, &equal, &separable, &two}) {
    for (const double c : {1e-6, 1.0, 1e6}) {
      for (const Kernel& kernel :
           {Kernel{.kind = KernelKind::kRbf, .gamma = 0.5}, Kernel{.kind = KernelKind::kLinear},
            Kernel{.kind = KernelKind::kPoly, .gamma = 0.1, .coef0 = 1, .degree = 2}}) {
        SCOPED_TRACE(std::string(to_string(kernel.kind)) + ", C " + std::to_string(c));
        const DualProblem problem = classification_problem(*data, kernel, c);
        const DualSolution solution = solve_dual(problem, {.max_iter = 300'000}).value();
        expect_matches_certificate(problem, solution);
        const bool may_stop = data == &constant && c == 1e6;  // not separable: that takes LIBSVM long as well
        EXPECT_TRUE(solution.certificate.converged() || may_stop);
      }
    }
  }
}

TEST(SolveDual, OneClassMovesNothing) {
  TestData data = make_test_data(30, 3, true, 12);
  data.sign.assign(30, 1);
  const DualSolution solution = solve_dual(classification_problem(data, {.gamma = 0.5}, 1)).value();
  EXPECT_TRUE(solution.certificate.converged());
  for (const double alpha : solution.alpha) EXPECT_EQ(alpha, 0);
}

// ---- what must not matter

TEST(SolveDual, ADoubledRowIsARowOfTwiceTheWeight) {
  const TestData data = make_test_data(200, 5, true, 13);
  const Kernel kernel = {.kind = KernelKind::kRbf, .gamma = 0.2};
  DualProblem weighted = classification_problem(data, kernel, 1), doubled = weighted;
  for (std::size_t row = 0; row < data.rows(); row += 3) {
    weighted.variables[row].upper = 2;
    doubled.variables.push_back(doubled.variables[row]);
  }
  const DualSolution a = solve_dual(weighted, {.tol = 1e-6}).value();
  const DualSolution b = solve_dual(doubled, {.tol = 1e-6}).value();
  EXPECT_NEAR(a.certificate.dual, b.certificate.dual, 1e-7 * a.certificate.dual);
  const std::vector<double> sums_a = sums_of(weighted, a.alpha), sums_b = sums_of(doubled, b.alpha);
  for (std::size_t row = 0; row < data.rows(); ++row)
    EXPECT_NEAR(sums_a[row] - a.rho, sums_b[row] - b.rho, 1e-4);
}

TEST(SolveDual, TheOrderOfRowsDoesNotMatter) {
  const TestData data = make_test_data(700, 5, true, 14);
  std::vector<std::uint32_t> order(data.rows());
  std::iota(order.begin(), order.end(), 0U);
  base::Rng rng(3);
  rng.shuffle(std::span(order));
  TestData other = data;
  for (std::size_t row = 0; row < data.rows(); ++row) {
    other.sign[row] = data.sign[order[row]];
    for (std::size_t col = 0; col < 5; ++col) other.x[row * 5 + col] = data.x[order[row] * 5 + col];
  }
  const Kernel kernel = {.kind = KernelKind::kRbf, .gamma = 0.2};
  const DualProblem first = classification_problem(data, kernel, 1),
                    second = classification_problem(other, kernel, 1);
  const DualSolution a = solve_dual(first, {.tol = 1e-6}).value(),
                     b = solve_dual(second, {.tol = 1e-6}).value();
  const std::vector<double> sums_a = sums_of(first, a.alpha), sums_b = sums_of(second, b.alpha);
  for (std::size_t row = 0; row < data.rows(); ++row)
    EXPECT_NEAR(sums_a[order[row]] - a.rho, sums_b[row] - b.rho, 1e-4);
}

}  // namespace
}  // namespace archmlp::svm
