#include "archmlp/svm/kernel_block.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "archmlp/svm/exact_decisions.h"
#include "archmlp/svm/packed_rows.h"
#include "archmlp/svm/test_data.h"

namespace archmlp::svm {
namespace {

using model::Kernel;
using model::KernelKind;

const std::vector<Kernel>& kernels() {
  static const std::vector<Kernel> all = {
      {.kind = KernelKind::kLinear},
      {.kind = KernelKind::kRbf, .gamma = 0.3},
      {.kind = KernelKind::kRbf, .gamma = 200},  // down to 0
      {.kind = KernelKind::kRbf, .gamma = 0},
      {.kind = KernelKind::kPoly, .gamma = 0.2, .coef0 = 1, .degree = 3},
      {.kind = KernelKind::kPoly, .gamma = 0.2, .coef0 = -1, .degree = 0},
      {.kind = KernelKind::kPoly, .gamma = 0.1, .coef0 = 0.5, .degree = 6},
      {.kind = KernelKind::kSigmoid, .gamma = 0.4, .coef0 = -0.5},
      {.kind = KernelKind::kSigmoid, .gamma = 50, .coef0 = 0}};
  return all;
}

/// All rows against each other, [rows, padded].
template <typename T>
std::vector<T> all_values(const TestData& data, const Kernel& kernel, std::size_t& padded) {
  std::vector<std::uint32_t> rows(data.rows());
  std::iota(rows.begin(), rows.end(), 0U);
  PackedRows<T> packed;
  packed.pack(data.view(), rows, centre_of(data.view(), kernel, 1), 2);
  padded = packed.padded_count();
  std::vector<T> values(rows.size() * padded, T{-7}), group(packed.depth() * kGroupRows), norms(kGroupRows);
  for (std::size_t first = 0; first < rows.size(); first += kGroupRows) {
    const std::size_t size = std::min(kGroupRows, rows.size() - first);
    packed.copy_group(std::span(rows).subspan(first, size), group.data(), norms.data());
    KernelBlock<T> block{.kernel = kernel,
                         .depth = packed.depth(),
                         .panel_count = packed.panel_count(),
                         .panels = packed.panels(),
                         .panel_norms = packed.norms(),
                         .group = group.data(),
                         .group_norms = norms.data(),
                         .group_size = size};
    for (std::size_t i = 0; i < size; ++i) block.out[i] = values.data() + (first + i) * padded;
    compute_kernel(block);
  }
  return values;
}

template <typename T>
void expect_by_definition(double tolerance) {
  // Sizes that leave panels, groups and vectors unfilled.
  for (const auto& [row_count, cols] : {std::pair<std::size_t, std::size_t>{1, 1}, {23, 7}, {65, 12}}) {
    const TestData data = make_test_data(row_count, cols, true, 5);
    for (const Kernel& kernel : kernels()) {
      std::size_t padded = 0;
      const std::vector<T> values = all_values<T>(data, kernel, padded);
      for (std::size_t i = 0; i < row_count; ++i) {
        for (std::size_t j = 0; j < row_count; ++j) {
          const double expected =
              kernel_value(kernel, data.x.data() + i * cols, data.x.data() + j * cols, cols);
          const auto found = static_cast<double>(values[i * padded + j]);
          EXPECT_NEAR(found, expected, (1 + kernel.gamma) * tolerance * std::max(1.0, std::abs(expected)))
              << to_string(kernel.kind) << " gamma " << kernel.gamma << " of " << i << ", " << j;
          EXPECT_EQ(values[i * padded + j], values[j * padded + i]);
        }
      }
    }
  }
}

TEST(KernelBlock, GivesWhatTheKernelsAreDefinedAs) {
  expect_by_definition<float>(1e-5);
  expect_by_definition<double>(1e-12);
}

/// Rows with categories, and the one-hot rows that they stand for.
TEST(KernelBlock, ACategoryStandsForAOneHotRow) {
  const TestData numbers = make_test_data(37, 2, true, 8);
  base::Rng rng(8);
  std::vector<float> rows, wide;
  for (std::size_t row = 0; row < 37; ++row) {
    const auto first = static_cast<float>(rng.below(4)) - 1, second = static_cast<float>(rng.below(3)) - 1;
    rows.insert(rows.end(), {first, numbers.x[row * 2], second, numbers.x[row * 2 + 1]});
    std::vector<float> one_hot = {numbers.x[row * 2], numbers.x[row * 2 + 1], 0, 0, 0, 0, 0};
    if (first >= 0) one_hot[2 + static_cast<std::size_t>(first)] = 1;
    if (second >= 0) one_hot[5 + static_cast<std::size_t>(second)] = 1;
    wide.insert(wide.end(), one_hot.begin(), one_hot.end());
  }
  const std::vector<std::uint32_t> counts = {3, 0, 2, 0};
  const auto x = model::MatrixView::row_major(rows.data(), 37, 4);
  std::vector<std::uint32_t> all(37);
  std::iota(all.begin(), all.end(), 0U);
  for (const Kernel& kernel : kernels()) {
    const DualProblem problem{.x = x, .category_counts = counts, .kernel = kernel, .variables = {}};
    const std::vector<double> centre = centre_of(x, kernel, 1);
    for (std::uint32_t i = 0; i < 37; ++i) {
      const std::uint32_t of[] = {i};
      const double factor[] = {1.0};
      std::vector<double> sums(37, 0.0);
      ASSERT_TRUE(add_exact_decisions(problem, centre, of, factor, sums, 1).ok());
      for (std::size_t j = 0; j < 37; ++j) {
        const double expected = kernel_value(kernel, wide.data() + i * 7, wide.data() + j * 7, 7);
        EXPECT_NEAR(sums[j], expected, (1 + kernel.gamma) * 1e-12 * std::max(1.0, std::abs(expected)))
            << to_string(kernel.kind) << " of " << i << ", " << j;
      }
    }
  }
}

TEST(KernelBlock, CentringKeepsTheDigitsOfRowsFarFromZero) {
  TestData data = make_test_data(40, 6, true, 3);
  for (float& value : data.x) value += 1000.0F;
  const Kernel kernel = {.kind = KernelKind::kRbf, .gamma = 0.5};
  std::size_t padded = 0;
  const std::vector<float> values = all_values<float>(data, kernel, padded);
  for (std::size_t i = 0; i < data.rows(); ++i) {
    for (std::size_t j = 0; j < data.rows(); ++j) {
      const double expected = kernel_value(kernel, data.x.data() + i * 6, data.x.data() + j * 6, 6);
      EXPECT_NEAR(static_cast<double>(values[i * padded + j]), expected, 1e-5);
    }
  }
}

TEST(ExactDecisions, AreTheSumsInDoublePrecisionForAnyThreads) {
  const TestData data = make_test_data(600, 9, false, 8);
  const std::vector<std::uint32_t> rows = {3, 599, 17, 256, 255, 40, 41, 0};
  const std::vector<double> factors = {1, -2, 0.5, 3, -0.25, 100, -1e-3, 7};
  for (const Kernel& kernel : {Kernel{.kind = KernelKind::kRbf, .gamma = 1e-6},
                               Kernel{.kind = KernelKind::kPoly, .gamma = 1e-6, .coef0 = 1, .degree = 2}}) {
    std::vector<std::vector<double>> found;
    for (const int threads : {1, 4}) {
      found.emplace_back(data.rows(), 0.5);
      const std::vector<double> centre = centre_of(data.view(), kernel, threads);
      ASSERT_TRUE(add_exact_decisions({.x = data.view(), .kernel = kernel, .variables = {}}, centre, rows,
                                      factors, found.back(), threads)
                      .ok());
    }
    EXPECT_EQ(found[0], found[1]);
    for (std::size_t i = 0; i < data.rows(); ++i) {
      double expected = 0.5, scale = 1;
      for (std::size_t r = 0; r < rows.size(); ++r) {
        const double term =
            factors[r] * kernel_value(kernel, data.x.data() + rows[r] * 9, data.x.data() + i * 9, 9);
        expected += term;
        scale += std::abs(term);
      }
      EXPECT_NEAR(found[0][i], expected, 1e-11 * scale);
    }
  }
}

}  // namespace
}  // namespace archmlp::svm
