#include "archmlp/train_stage/reference_fit.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "archmlp/base/rng.h"

namespace archmlp::train_stage {
namespace {

using bundle::InputDistribution;
using bundle::ReferenceDistribution;
using model::MatrixView;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// As the header and contracts/model-format.md say it, by sorting.
InputDistribution by_sorting(const std::vector<float>& column) {
  std::vector<float> sorted;
  for (const float value : column) {
    if (!std::isnan(value)) sorted.push_back(value);
  }
  std::sort(sorted.begin(), sorted.end());
  InputDistribution input;
  for (std::size_t k = 1; k <= 9 && !sorted.empty(); ++k) {
    const float decile = sorted[k * sorted.size() / 10];
    const bool is_new = input.marks.empty() || input.marks.back() < decile;
    if (std::isfinite(decile) && decile > sorted[0] && is_new) input.marks.push_back(decile);
  }
  input.counts.resize(input.marks.size() + 2);
  for (const float value : column) {
    std::size_t bin = 0;
    for (const float mark : input.marks) bin += value >= mark ? 1U : 0U;
    ++input.counts[std::isnan(value) ? input.counts.size() - 1 : bin];
  }
  return input;
}

struct Kind {
  std::string name;
  std::function<float(base::Rng&)> draw;
};

std::vector<Kind> kinds() {
  const auto real = [](base::Rng& rng) { return static_cast<float>(rng.uniform()); };
  return {{"wide", [=](base::Rng& rng) { return std::exp(20 * real(rng)) * (rng.below(2) == 0 ? -1 : 1); }},
          {"uniform", [=](base::Rng& rng) { return real(rng) - 0.25F; }},
          {"narrow", [=](base::Rng& rng) { return 1e6F + 10 * real(rng); }},
          {"narrow and below zero", [=](base::Rng& rng) { return -1e6F - 10 * real(rng); }},
          {"small integers", [](base::Rng& rng) { return static_cast<float>(rng.below(12)) - 5; }},
          {"large integers", [](base::Rng& rng) { return static_cast<float>(rng.below(5000)) - 1000; }},
          {"mostly zero", [=](base::Rng& rng) { return rng.below(10) < 7 ? 0.0F : real(rng); }},
          {"both zeros",
           [=](base::Rng& rng) {
             const std::uint64_t choice = rng.below(4);
             return choice == 0 ? -0.0F : choice == 1 ? 0.0F : real(rng) - 0.5F;
           }},
          {"constant", [](base::Rng&) { return 3.3F; }},
          {"two values", [](base::Rng& rng) { return rng.below(2) == 0 ? 1e-30F : 1.1e-30F; }},
          {"infinities",
           [=](base::Rng& rng) {
             const std::uint64_t choice = rng.below(4);
             return choice == 0 ? -kInfinity : choice == 1 ? kInfinity : real(rng);
           }},
          {"only infinities", [](base::Rng& rng) { return rng.below(2) == 0 ? -kInfinity : kInfinity; }},
          {"often missing", [=](base::Rng& rng) { return rng.below(3) == 0 ? kNan : 100 * real(rng); }},
          {"NaN of either sign",
           [=](base::Rng& rng) { return rng.below(2) == 0 ? std::copysign(kNan, -1.0F) : real(rng); }},
          {"subnormal", [](base::Rng& rng) { return static_cast<float>(rng.below(900)) * 1e-43F; }},
          {"missing", [](base::Rng&) { return kNan; }}};
}

// From 4096 rows on they are counted in another way, and from 65537 on more may be near a decile than are
// kept.
TEST(CountInputs, NumbersAsBySorting) {
  const std::vector<Kind> all = kinds();
  for (const std::size_t rows : {1U, 2U, 3U, 9U, 10U, 11U, 1000U, 4095U, 4096U, 65536U, 140001U}) {
    base::Rng rng(rows);
    std::vector<std::vector<float>> columns(all.size(), std::vector<float>(rows));
    std::vector<float> matrix(rows * all.size());
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t i = 0; i < all.size(); ++i)
        matrix[row * all.size() + i] = columns[i][row] = all[i].draw(rng);
    }
    const std::vector<std::uint32_t> numbers(all.size(), 0);
    const MatrixView x = MatrixView::row_major(matrix.data(), rows, all.size());
    const auto inputs = count_inputs(x, numbers, 1);
    ASSERT_TRUE(inputs.ok());
    for (std::size_t i = 0; i < all.size(); ++i) {
      SCOPED_TRACE(all[i].name + ", rows: " + std::to_string(rows));
      const InputDistribution expected = by_sorting(columns[i]);
      EXPECT_EQ((*inputs)[i].marks, expected.marks);
      EXPECT_EQ((*inputs)[i].counts, expected.counts);
    }
    for (const int threads : {2, 3}) {
      const auto others = count_inputs(x, numbers, threads);
      for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ((*others)[i].marks, (*inputs)[i].marks);
        EXPECT_EQ((*others)[i].counts, (*inputs)[i].counts);
      }
    }
  }
}

TEST(CountInputs, ColumnsInAnyLayout) {
  const std::vector<float> by_column = {5, 1, 4, 2, 3, 0, 10, 10, 20, kNan, 30, 20};
  const auto inputs = count_inputs(MatrixView::column_major(by_column.data(), 6, 2), std::vector{0U, 0U}, 2);
  ASSERT_TRUE(inputs.ok());
  EXPECT_THAT((*inputs)[0].marks, ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT((*inputs)[0].counts, ElementsAre(1, 1, 1, 1, 1, 1, 0));
  EXPECT_THAT((*inputs)[1].marks, ElementsAre(20, 30));  // sorted 10, 10, 20, 20, 30
  EXPECT_THAT((*inputs)[1].counts, ElementsAre(2, 2, 1, 1));
}

TEST(CountInputs, ZerosOfEitherSignAreOneEdge) {
  const std::vector<float> x = {-1, -0.0F, 0.0F, -0.0F, 0.0F, 1};
  const auto inputs = count_inputs(MatrixView::row_major(x.data(), x.size(), 1), std::vector{0U}, 1);
  EXPECT_THAT((*inputs)[0].marks, ElementsAre(0, 1));
  EXPECT_FALSE(std::signbit((*inputs)[0].marks[0]));
  EXPECT_THAT((*inputs)[0].counts, ElementsAre(1, 4, 1, 0));
}

TEST(CountInputs, EachKnownCategory) {
  const std::vector<float> x = {2, 0, kNan, 2, 2, 0};
  const auto inputs = count_inputs(MatrixView::row_major(x.data(), x.size(), 1), std::vector{4U}, 1);
  EXPECT_THAT((*inputs)[0].marks, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT((*inputs)[0].counts, ElementsAre(2, 0, 3, 0, 1));
}

TEST(CountInputs, ManyCategoriesByFrequencyThenOrder) {
  // Category c comes 1 + c % 3 times: of 50, those with c % 3 == 2 (16) are first, then 1, 4, 7, 10.
  std::vector<float> x = {kNan};
  for (int c = 0; c < 50; ++c) x.insert(x.end(), 1 + c % 3, static_cast<float>(c));
  const auto inputs = count_inputs(MatrixView::row_major(x.data(), x.size(), 1), std::vector{50U}, 1);
  std::vector<float> expected = {1, 4, 7, 10};
  for (int c = 2; c < 50; c += 3) expected.push_back(static_cast<float>(c));
  std::sort(expected.begin(), expected.end());
  const InputDistribution& input = (*inputs)[0];
  EXPECT_EQ(input.marks, expected);
  ASSERT_EQ(input.counts.size(), 22U);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(input.counts[i], 1 + static_cast<int>(input.marks[i]) % 3);
  EXPECT_EQ(input.counts[20], x.size() - 1 - 16 * 3 - 4 * 2);
  EXPECT_EQ(input.counts[21], 1U);
}

TEST(CountInputs, NumbersAndCategoriesSideBySide) {
  constexpr std::size_t kRows = 70000, kCols = 41;
  base::Rng rng(5);
  std::vector<std::uint32_t> categories(kCols, 0);
  for (std::size_t i = 0; i < kCols; i += 3) categories[i] = 5;
  std::vector<float> matrix(kRows * kCols);
  for (std::size_t at = 0; at < matrix.size(); ++at) {
    matrix[at] =
        categories[at % kCols] > 0 ? static_cast<float>(rng.below(5)) : static_cast<float>(rng.uniform());
  }
  const auto inputs = count_inputs(MatrixView::row_major(matrix.data(), kRows, kCols), categories, 2);
  ASSERT_TRUE(inputs.ok());
  for (std::size_t i = 0; i < kCols; ++i) {
    std::vector<float> column(kRows);
    for (std::size_t row = 0; row < kRows; ++row) column[row] = matrix[row * kCols + i];
    if (categories[i] == 0) {
      EXPECT_EQ((*inputs)[i].counts, by_sorting(column).counts);
      continue;
    }
    std::map<float, std::uint64_t> counts;
    for (const float value : column) ++counts[value];
    for (std::size_t c = 0; c < 5; ++c) EXPECT_EQ((*inputs)[i].counts[c], counts[static_cast<float>(c)]) << i;
  }
}

}  // namespace
}  // namespace archmlp::train_stage
