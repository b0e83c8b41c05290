#include "archmlp/svm/sparse_rows.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "archmlp/base/rng.h"
#include "archmlp/svm/reference_solver.h"
#include "archmlp/svm/solve_linear.h"
#include "archmlp/svm/sparse_kernel_rows.h"
#include "archmlp/svm/test_data.h"

namespace archmlp::svm {
namespace {

using model::Kernel;
using model::KernelKind;

constexpr std::size_t kCodedColumns = 4;

/// Two numbers and two codes a row, and the same rows written out and compressed.
struct MixedData {
  std::vector<float> coded;
  std::vector<std::uint32_t> levels = {0, 7, 0, 30};
  TestData full;
  std::vector<std::uint64_t> begins = {0};
  std::vector<std::uint32_t> columns;
  std::vector<float> values;

  explicit MixedData(std::size_t rows, std::uint32_t last_levels = 30) {
    levels.back() = last_levels;
    base::Rng rng(21);
    full.cols = 1 + 7 + 1 + last_levels;
    for (std::size_t row = 0; row < rows; ++row) {
      const double a = rng.uniform() - 0.5, b = rng.uniform() < 0.3 ? 0.0 : rng.uniform();
      const auto first = static_cast<std::uint32_t>(rng.uniform() * 7),
                 second = static_cast<std::uint32_t>(rng.uniform() * last_levels);
      coded.insert(coded.end(), {static_cast<float>(a), static_cast<float>(first), static_cast<float>(b),
                                 row % 11 == 0 ? -1.0F : static_cast<float>(second)});
      std::vector<float> line(full.cols, 0.0F);
      line[0] = static_cast<float>(a);
      line[1 + first] = 1;
      line[8] = static_cast<float>(b);
      if (row % 11 != 0) line[9 + second] = 1;
      for (std::uint32_t j = 0; j < full.cols; ++j) {
        if (line[j] == 0) continue;
        columns.push_back(j);
        values.push_back(line[j]);
      }
      begins.push_back(columns.size());
      full.x.insert(full.x.end(), line.begin(), line.end());
      const double score =
          a + (first % 2 == 0 ? 0.4 : -0.4) + (second % 3 == 0 ? 0.5 : -0.2) + 0.6 * rng.uniform() - 0.3;
      full.sign.push_back(score > 0 ? 1 : -1);
      full.target.push_back(score);
    }
  }
  SparseRows coded_rows() const {
    return SparseRows::coded(model::MatrixView::row_major(coded.data(), full.rows(), kCodedColumns), levels);
  }
  SparseRows compressed_rows() const { return SparseRows::compressed(begins, columns, values, full.cols); }
};

TEST(SparseRows, CodesStandForTheColumnsThatTheyWouldBeWrittenOutAs) {
  const MixedData data(50);
  for (const SparseRows& rows : {data.coded_rows(), data.compressed_rows()}) {
    ASSERT_EQ(rows.rows(), 50U);
    ASSERT_EQ(rows.cols(), data.full.cols);
    SparseRows::Room room;
    std::vector<SparseEntries> entries;
    const std::vector<std::uint32_t> wanted = {49, 0, 11, 12};
    rows.entries(wanted, room, entries);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      std::vector<float> line(data.full.cols, 0.0F);
      for (std::size_t e = 0; e < entries[i].count; ++e) line[entries[i].columns[e]] = entries[i].values[e];
      for (std::size_t j = 0; j < line.size(); ++j)
        EXPECT_EQ(line[j], data.full.x[wanted[i] * line.size() + j]);
    }
  }
}

TEST(SparseRows, SolvedForAsIfTheyWereWrittenOut) {
  const MixedData data(700);  // a linear kernel: by blocks that are written out
  const SparseRows coded = data.coded_rows(), compressed = data.compressed_rows();
  for (const Kernel& kernel :
       {Kernel{.kind = KernelKind::kRbf, .gamma = 0.3}, Kernel{.kind = KernelKind::kLinear},
        Kernel{.kind = KernelKind::kPoly, .gamma = 0.5, .coef0 = 1, .degree = 2}}) {
    for (const DualProblem& full :
         {classification_problem(data.full, kernel, 1), regression_problem(data.full, kernel, 1, 0.1)}) {
      SCOPED_TRACE(std::string(to_string(kernel.kind)));
      const DualSolution expected = solve_dual(full, {.tol = 1e-5}).value();
      const std::vector<double> sums = sums_of(full, expected.alpha);
      for (const SparseRows* rows : {&coded, &compressed, static_cast<const SparseRows*>(nullptr)}) {
        DualProblem problem = full;
        problem.x = model::MatrixView::row_major(data.coded.data(), data.full.rows(), kCodedColumns);
        problem.sparse = rows;
        if (rows == nullptr) problem.category_counts = data.levels;
        const DualSolution solution = solve_dual(problem, {.tol = 1e-5}).value();
        EXPECT_TRUE(solution.certificate.converged());
        EXPECT_NEAR(solution.certificate.dual, expected.certificate.dual, 1e-6 * expected.certificate.dual);
        expect_matches_certificate(full, solution);
        const std::vector<double> own = sums_of(full, solution.alpha);
        for (std::size_t row = 0; row < own.size(); ++row)
          EXPECT_NEAR(own[row] - solution.rho, sums[row] - expected.rho, 1e-3);
      }
    }
  }
}

TEST(SparseRows, ALinearMachineConvergesOrSaysWhatStoppedIt) {
  const MixedData data(400, 510);  // more columns than an interior-point method is used for
  const SparseRows rows = data.compressed_rows();
  for (const double c : {1e-6, 1.0}) {
    for (const bool bias : {true, false}) {
      SCOPED_TRACE("C " + std::to_string(c) + (bias ? "" : ", no bias"));
      DualProblem full = classification_problem(data.full, {.kind = KernelKind::kLinear}, c);
      full.bias = bias;
      DualProblem problem = full;
      problem.sparse = &rows;
      const DualSolution expected = solve_linear(full, nullptr, {.tol = 1e-4}).value();
      const DualSolution solution = solve_dual(problem, {.tol = 1e-4}).value();
      EXPECT_TRUE(solution.certificate.converged());
      EXPECT_NEAR(solution.certificate.dual, expected.certificate.dual, 1e-4 * expected.certificate.dual);
    }
  }
  DualProblem problem = classification_problem(data.full, {.kind = KernelKind::kLinear}, 100);
  problem.sparse = &rows;
  const DualSolution few = solve_dual(problem, {.max_iter = 3}).value();
  EXPECT_EQ(few.certificate.stopped_by, model::SvmStop::kMaxIter);
  EXPECT_EQ(few.certificate.iterations, 3U);
  problem.sparse = nullptr;
  expect_matches_certificate(problem, few);
}

TEST(SparseRows, ThreadsDoNotChangeABit) {
  const MixedData data(1500);
  const SparseRows rows = data.coded_rows();
  DualProblem problem = classification_problem(data.full, {.gamma = 0.3}, 10);
  problem.sparse = &rows;
  const DualSolution one = solve_dual(problem, {.thread_count = 1}).value();
  const DualSolution three = solve_dual(problem, {.thread_count = 3}).value();
  EXPECT_EQ(one.alpha, three.alpha);
  EXPECT_EQ(one.certificate.dual, three.certificate.dual);
}

TEST(SparseRows, KernelRowsAreSymmetricToTheBit) {
  const MixedData data(300);
  const SparseRows rows = data.compressed_rows();
  SparseKernelRows<float> kernel_rows(rows, {.gamma = 0.3}, 2);
  std::vector<std::uint32_t> chosen, places;
  for (std::uint32_t row = 0; row < 300; row += 2) chosen.push_back(row);
  for (std::uint32_t place = 0; place < chosen.size(); ++place) places.push_back(place);
  kernel_rows.select(chosen);
  std::vector<std::vector<float>> values(places.size(), std::vector<float>(kernel_rows.padded_count()));
  std::vector<float*> targets;
  for (std::vector<float>& row : values) targets.push_back(row.data());
  ASSERT_TRUE(kernel_rows.compute(places, targets).ok());
  for (std::size_t i = 0; i < places.size(); ++i) {
    EXPECT_NEAR(values[i][i], 1, 1e-6);
    for (std::size_t k = 0; k < places.size(); ++k) EXPECT_EQ(values[i][k], values[k][i]);
  }
}

}  // namespace
}  // namespace archmlp::svm
