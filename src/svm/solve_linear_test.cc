#include "archmlp/svm/solve_linear.h"

#include <gtest/gtest.h>

#include <chrono>
#include <numeric>
#include <string>

#include "archmlp/base/cancel.h"
#include "archmlp/base/rng.h"
#include "archmlp/svm/certificate.h"
#include "archmlp/svm/reference_solver.h"
#include "archmlp/svm/test_data.h"

namespace archmlp::svm {
namespace {

const model::Kernel kLinear = {.kind = model::KernelKind::kLinear};

std::vector<double> weights_of(const DualProblem& problem, const std::vector<double>& alpha) {
  std::vector<double> w(problem.x.cols, 0.0);
  for (std::size_t v = 0; v < alpha.size(); ++v) {
    const DualVariable& variable = problem.variables[v];
    for (std::size_t j = 0; j < w.size(); ++j)
      w[j] += variable.sign * alpha[v] * static_cast<double>(problem.x.at(variable.row, j));
  }
  return w;
}

/// What a certificate says, from w: for more rows than measure() can do.
Certified measure_from_weights(const DualProblem& problem, const DualSolution& solution) {
  const std::vector<double> w = weights_of(problem, solution.alpha);
  double up = -1e300, down = 1e300, norm = 0;
  Certified found;
  for (const double value : w) norm += value * value;
  for (std::size_t v = 0; v < solution.alpha.size(); ++v) {
    const DualVariable& variable = problem.variables[v];
    const double alpha = solution.alpha[v];
    double sum = 0;
    for (std::size_t j = 0; j < w.size(); ++j)
      sum += w[j] * static_cast<double>(problem.x.at(variable.row, j));
    const double pull = -(sum + variable.sign * variable.linear);
    if (variable.sign > 0 ? alpha < variable.upper : alpha > 0) up = std::max(up, pull);
    if (variable.sign > 0 ? alpha > 0 : alpha < variable.upper) down = std::min(down, pull);
    found.dual -= variable.linear * alpha;
    found.primal += variable.upper * std::max(0.0, -variable.linear - variable.sign * (sum - solution.rho));
  }
  found.violation = std::max(0.0, up - down);
  found.primal += norm / 2;
  found.dual -= norm / 2;
  return found;
}

TEST(SolveLinear, ReachesTheReference) {
  const TestData scaled = make_test_data(160, 6, true, 1), narrow = make_test_data(60, 3, true, 2);
  for (const double c : {0.01, 0.1, 1.0}) {
    SCOPED_TRACE("C " + std::to_string(c));
    expect_optimum(classification_problem(scaled, kLinear, c));
    expect_optimum(regression_problem(scaled, kLinear, c, 0.1));
    expect_optimum(regression_problem(scaled, kLinear, c, 0));
  }
  expect_optimum(classification_problem(narrow, kLinear, 30));
  expect_optimum(
      classification_problem(make_test_data(40, 90, true, 3), kLinear, 1));  // more features than rows
}

TEST(SolveLinear, ColumnMajorRowsAreTheSame) {
  const TestData data = make_test_data(300, 4, true, 4);
  DualProblem problem = classification_problem(data, kLinear, 1);
  const DualSolution by_rows = solve_dual(problem).value();
  std::vector<float> columns;
  for (std::size_t j = 0; j < 4; ++j) {
    for (std::size_t row = 0; row < data.rows(); ++row) columns.push_back(data.x[row * 4 + j]);
  }
  problem.x = model::MatrixView::column_major(columns.data(), data.rows(), 4);
  EXPECT_EQ(solve_dual(problem).value().alpha, by_rows.alpha);
}

/// Overlapping, separable, unscaled, heavy-tailed and degenerate rows.
std::vector<TestData> difficult_data() {
  std::vector<TestData> all;
  for (const bool scaled : {true, false}) all.push_back(make_test_data(300, 5, scaled, 20));
  const TestData base = all.front();
  for (int kind = 0; kind < 6; ++kind) all.push_back(base);
  TestData* kinds = all.data() + 2;
  for (std::size_t row = 0; row < base.rows(); ++row) {
    kinds[2].sign[row] = row % 100 == 0 ? 1 : -1;
    kinds[3].sign[row] = row % 2 == 0 ? 1 : -1;
    for (std::size_t j = 0; j < 5; ++j) {
      const std::size_t place = row * 5 + j;
      kinds[0].x[place] = static_cast<float>(base.sign[row]) * (1.0F + static_cast<float>(row + j));
      kinds[1].x[place] = std::exp(3 * base.x[place]);
      kinds[3].x[place] = base.x[row / 2 * 2 * 5 + j];
      kinds[4].x[place] = j == 0 ? base.x[row * 5] : 5.0F;
      kinds[5].x[place] = 1.5F;
    }
  }
  return all;
}

TEST(SolveLinear, ConvergesInTensOfStepsWhateverCIs) {
  const std::vector<TestData> all = difficult_data();
  for (std::size_t kind = 0; kind < all.size(); ++kind) {
    const TestData& data = all[kind];
    for (const double c : {1e-6, 1e-3, 1.0, 1e3, 1e6}) {
      SCOPED_TRACE("data " + std::to_string(kind) + ", C " + std::to_string(c));
      const DualProblem problem = classification_problem(data, kLinear, c);
      const DualSolution solution = solve_dual(problem).value();
      EXPECT_TRUE(solution.certificate.converged()) << solution.certificate.violation;
      EXPECT_LE(solution.certificate.iterations, 150U);
      expect_matches_certificate(problem, solution);
      if (c > 1e3) continue;
      const DualProblem regression = regression_problem(data, kLinear, c, 0.1);
      const DualSolution fitted = solve_dual(regression).value();
      EXPECT_TRUE(fitted.certificate.converged()) << fitted.certificate.violation;
      EXPECT_LE(fitted.certificate.iterations, 150U);
      expect_matches_certificate(regression, fitted);
    }
  }
}

/// So many rows that most are set aside, and come back where the first guess was wrong.
TEST(SolveLinear, ManyRowsReachAnOptimumOfAllOfThem) {
  TestData data = make_test_data(60'000, 3, true, 5);
  base::Rng rng(6);
  for (std::size_t row = 0; row < data.rows(); ++row) {
    if (rng.uniform() < 0.97) data.sign[row] = -1;  // few of one class
    if (row < 3000) data.x[row * 3] += 3.0F;        // rows that a sample does not tell of
  }
  const DualProblem problem = classification_problem(data, kLinear, 1);
  const DualSolution solution = solve_dual(problem, {.tol = 1e-6}).value();
  EXPECT_TRUE(solution.certificate.converged());
  const Certified found = measure_from_weights(problem, solution);
  EXPECT_LE(found.violation, 2e-6);
  EXPECT_NEAR(found.primal, solution.certificate.primal, 1e-8 * found.primal);
  EXPECT_NEAR(found.dual, found.primal, 1e-7 * found.primal);
  const double balance =
      std::inner_product(solution.alpha.begin(), solution.alpha.end(), data.sign.begin(), 0.0);
  EXPECT_NEAR(balance, 0, 1e-8);
}

TEST(SolveLinear, WithoutBiasNothingBalances) {
  const TestData data = make_test_data(400, 5, true, 7);
  for (const double c : {0.01, 1.0, 1e4}) {
    DualProblem problem = classification_problem(data, kLinear, c);
    problem.bias = false;
    const DualSolution solution = solve_dual(problem, {.tol = 1e-6}).value();
    EXPECT_TRUE(solution.certificate.converged());
    EXPECT_EQ(solution.rho, 0);
    const Certified found = measure_from_weights(problem, solution);
    EXPECT_NEAR(found.primal, solution.certificate.primal, 1e-9 * found.primal);
    EXPECT_NEAR(found.dual, found.primal, 1e-6 * found.primal);  // no equality: the primal of rho = 0
  }
}

TEST(SolveLinear, OtherKernelsHaveABias) {
  const TestData data = make_test_data(30, 3, true, 8);
  DualProblem problem = classification_problem(data, {.gamma = 0.5}, 1);
  problem.bias = false;
  const auto solved = solve_dual(problem);
  ASSERT_FALSE(solved.ok());
  EXPECT_NE(solved.error().message.find("without bias"), std::string::npos);
}

TEST(SolveLinear, ThreadsDoNotChangeABit) {
  const TestData data = make_test_data(5000, 7, true, 9);
  const DualProblem problem = regression_problem(data, kLinear, 1, 0.1);
  const DualSolution one = solve_dual(problem, {.thread_count = 1}).value();
  for (const int threads : {2, 3, 4}) {
    const DualSolution many = solve_dual(problem, {.thread_count = threads}).value();
    EXPECT_EQ(one.alpha, many.alpha);
    EXPECT_EQ(one.rho, many.rho);
    EXPECT_EQ(one.certificate.dual, many.certificate.dual);
    EXPECT_EQ(one.certificate.iterations, many.certificate.iterations);
  }
}

TEST(SolveLinear, SaysWhatStoppedIt) {
  expect_says_what_stopped_it(make_test_data(900, 6, true, 10), kLinear, 3);
}

TEST(SolveLinear, CanBeCancelled) {
  const TestData data = make_test_data(900, 6, true, 11);
  base::request_cancel();
  const auto solved = solve_dual(classification_problem(data, kLinear, 1));
  base::reset_cancel();
  ASSERT_FALSE(solved.ok());
  EXPECT_EQ(solved.error().code, base::ErrorCode::kCancelled);
}

TEST(SolveLinear, ADoubledRowIsARowOfTwiceTheWeight) {
  const TestData data = make_test_data(200, 5, true, 13);
  DualProblem weighted = classification_problem(data, kLinear, 1), doubled = weighted;
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

}  // namespace
}  // namespace archmlp::svm
