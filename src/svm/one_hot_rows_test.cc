#include "archmlp/svm/one_hot_rows.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "archmlp/base/rng.h"
#include "archmlp/svm/reference_solver.h"
#include "archmlp/svm/solve_linear.h"
#include "archmlp/svm/test_data.h"

namespace archmlp::svm {
namespace {

using model::Kernel;
using model::KernelKind;

constexpr std::size_t kFeatures = 4;

/// Two numbers and two categories a row, and the same rows written out.
struct MixedData {
  std::vector<float> x;
  std::vector<std::uint32_t> category_counts = {0, 7, 0, 30};
  TestData full;

  explicit MixedData(std::size_t rows, std::uint32_t last_count = 30) {
    category_counts.back() = last_count;
    base::Rng rng(21);
    full.cols = 1 + 7 + 1 + last_count;
    for (std::size_t row = 0; row < rows; ++row) {
      const double a = rng.uniform() - 0.5, b = rng.uniform() < 0.3 ? 0.0 : rng.uniform();
      const auto first = static_cast<std::uint32_t>(rng.uniform() * 7),
                 second = static_cast<std::uint32_t>(rng.uniform() * last_count);
      x.insert(x.end(), {static_cast<float>(a), static_cast<float>(first), static_cast<float>(b),
                         row % 11 == 0 ? -1.0F : static_cast<float>(second)});
      std::vector<float> line(full.cols, 0.0F);
      line[0] = static_cast<float>(a);
      line[1 + first] = 1;
      line[8] = static_cast<float>(b);
      if (row % 11 != 0) line[9 + second] = 1;
      full.x.insert(full.x.end(), line.begin(), line.end());
      const double score =
          a + (first % 2 == 0 ? 0.4 : -0.4) + (second % 3 == 0 ? 0.5 : -0.2) + 0.6 * rng.uniform() - 0.3;
      full.sign.push_back(score > 0 ? 1 : -1);
      full.target.push_back(score);
    }
  }
  model::MatrixView view() const { return model::MatrixView::row_major(x.data(), full.rows(), kFeatures); }
  /// `problem` of the rows as they are.
  DualProblem with_categories(DualProblem problem) const {
    problem.x = view();
    problem.category_counts = category_counts;
    return problem;
  }
};

TEST(OneHotRows, CategoriesStandForTheColumnsThatTheyWouldBeWrittenOutAs) {
  const MixedData data(50);
  const OneHotRows rows(data.view(), data.category_counts);
  ASSERT_EQ(rows.rows(), 50U);
  ASSERT_EQ(rows.cols(), data.full.cols);
  OneHotRows::Room room;
  std::vector<RowEntries> entries;
  const std::vector<std::uint32_t> wanted = {49, 0, 11, 12};
  rows.entries(wanted, room, entries);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    std::vector<float> line(data.full.cols, 0.0F);
    for (std::size_t e = 0; e < entries[i].count; ++e) line[entries[i].columns[e]] = entries[i].values[e];
    for (std::size_t j = 0; j < line.size(); ++j)
      EXPECT_EQ(line[j], data.full.x[wanted[i] * line.size() + j]);
  }
}

TEST(OneHotRows, SolvedForAsIfTheyWereWrittenOut) {
  const MixedData data(700);  // a linear kernel: by blocks that are written out
  for (const Kernel& kernel :
       {Kernel{.kind = KernelKind::kRbf, .gamma = 0.3}, Kernel{.kind = KernelKind::kLinear},
        Kernel{.kind = KernelKind::kPoly, .gamma = 0.5, .coef0 = 1, .degree = 2}}) {
    for (const DualProblem& full :
         {classification_problem(data.full, kernel, 1), regression_problem(data.full, kernel, 1, 0.1)}) {
      SCOPED_TRACE(std::string(to_string(kernel.kind)));
      const DualSolution expected = solve_dual(full, {.tol = 1e-5}).value();
      const std::vector<double> sums = sums_of(full, expected.alpha);
      const DualSolution solution = solve_dual(data.with_categories(full), {.tol = 1e-5}).value();
      EXPECT_TRUE(solution.certificate.converged());
      EXPECT_NEAR(solution.certificate.dual, expected.certificate.dual, 1e-6 * expected.certificate.dual);
      expect_matches_certificate(full, solution);
      const std::vector<double> own = sums_of(full, solution.alpha);
      for (std::size_t row = 0; row < own.size(); ++row)
        EXPECT_NEAR(own[row] - solution.rho, sums[row] - expected.rho, 1e-3);
    }
  }
}

TEST(OneHotRows, ALinearMachineOfManyColumnsConvergesOrSaysWhatStoppedIt) {
  const MixedData data(400, 510);  // more columns than an interior-point method is used for
  for (const double c : {1e-6, 1.0}) {
    for (const bool bias : {true, false}) {
      SCOPED_TRACE("C " + std::to_string(c) + (bias ? "" : ", no bias"));
      DualProblem full = classification_problem(data.full, {.kind = KernelKind::kLinear}, c);
      full.bias = bias;
      const DualSolution expected = solve_linear(full, nullptr, {.tol = 1e-4}).value();
      const DualSolution solution = solve_dual(data.with_categories(full), {.tol = 1e-4}).value();
      EXPECT_TRUE(solution.certificate.converged());
      EXPECT_NEAR(solution.certificate.dual, expected.certificate.dual, 1e-4 * expected.certificate.dual);
      if (bias) expect_matches_certificate(full, solution);  // which is of a balanced β
    }
  }
  const DualProblem full = classification_problem(data.full, {.kind = KernelKind::kLinear}, 100);
  const DualSolution few = solve_dual(data.with_categories(full), {.max_iter = 3}).value();
  EXPECT_EQ(few.certificate.stopped_by, model::SvmStop::kMaxIter);
  EXPECT_EQ(few.certificate.iterations, 3U);
  expect_matches_certificate(full, few);
}

TEST(OneHotRows, ThreadsDoNotChangeABit) {
  const MixedData data(1500);
  for (const KernelKind kind : {KernelKind::kRbf, KernelKind::kLinear}) {
    const DualProblem problem =
        data.with_categories(classification_problem(data.full, {.kind = kind, .gamma = 0.3}, 10));
    const DualSolution one = solve_dual(problem, {.thread_count = 1}).value();
    const DualSolution three = solve_dual(problem, {.thread_count = 3}).value();
    EXPECT_EQ(one.alpha, three.alpha);
    EXPECT_EQ(one.certificate.dual, three.certificate.dual);
  }
}

}  // namespace
}  // namespace archmlp::svm
