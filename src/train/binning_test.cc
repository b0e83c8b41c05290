#include "archmlp/train/binning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "archmlp/train/test_data.h"

namespace archmlp::train {
namespace {

using ::testing::ElementsAre;

using Matrix = BinnedMatrix<std::uint8_t>;

std::vector<std::uint8_t> column_of(const Matrix& matrix, std::size_t col) {
  return {matrix.column(col), matrix.column(col) + matrix.row_count()};
}

Matrix bin(const std::vector<float>& x, std::size_t cols, std::size_t max_bins = 255) {
  auto matrix = Matrix::from(model::MatrixView::row_major(x.data(), x.size() / cols, cols), max_bins, 2);
  EXPECT_TRUE(matrix.ok());
  return std::move(matrix).value();
}

TEST(Binning, FewValuesGetABinEach) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Matrix matrix = bin({3, -1, nan, 3, 0, 7}, 1);
  EXPECT_THAT(column_of(matrix, 0), ElementsAre(2, 0, kMissingBin<std::uint8_t>, 2, 1, 3));
  EXPECT_EQ(matrix.bins(0).threshold_between(0, 1), -0.5F);
  EXPECT_EQ(matrix.bins(0).threshold_between(1, 3), 3.5F);
}

TEST(Binning, RowsAndColumnsHoldTheSame) {
  const TestData data = make_test_data(3000, 7, 2, 1);
  const Matrix matrix = bin(data.x, 7);
  for (std::size_t row = 0; row < 3000; ++row) {
    for (std::size_t col = 0; col < 7; ++col) ASSERT_EQ(matrix.row(row)[col], matrix.column(col)[row]);
  }
}

TEST(Binning, ConstantFeaturesDoNotVary) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Matrix matrix = bin({1, nan, 1, 5, 1, nan, nan, 6, 1, nan, 1, 5}, 4);
  EXPECT_EQ(matrix.varying_features().size(), 2U);
  EXPECT_EQ(matrix.varying_features()[0], 2U);
  EXPECT_EQ(matrix.varying_features()[1], 3U);
}

/// Whatever the bins are, a threshold between two must separate exactly the rows that they hold.
void expect_separated(const std::vector<float>& x, std::size_t max_bins) {
  const Matrix matrix = bin(x, 1, max_bins);
  const FeatureBins& bins = matrix.bins(0);
  ASSERT_LE(bins.count(), max_bins);
  for (std::size_t left = 0; left + 1 < bins.count(); ++left) {
    for (const std::size_t right : {left + 1, bins.count() - 1}) {
      const float threshold = bins.threshold_between(left, right);
      ASSERT_TRUE(std::isfinite(threshold));
      for (std::size_t row = 0; row < x.size(); ++row) {
        const std::uint8_t value_bin = matrix.column(0)[row];
        if (value_bin <= left) {
          ASSERT_LE(x[row], threshold);
        }
        if (value_bin >= right && value_bin != kMissingBin<std::uint8_t>) {
          ASSERT_GT(x[row], threshold);
        }
      }
    }
  }
}

TEST(Binning, ThresholdsSeparateTheBins) {
  base::Rng rng(3);
  std::vector<float> uniform, skewed, tight;
  for (int i = 0; i < 3000; ++i) {
    uniform.push_back(static_cast<float>(rng.uniform()));
    skewed.push_back(rng.below(2) == 0 ? 0.0F : static_cast<float>(std::pow(10.0, 60 * rng.uniform() - 30)));
    tight.push_back(std::nextafter(1.0F + static_cast<float>(rng.below(2000)) * 1.2e-7F, 2.0F));
  }
  for (const std::size_t max_bins : {2U, 3U, 16U, 255U}) {
    expect_separated(uniform, max_bins);
    expect_separated(skewed, max_bins);
    expect_separated(tight, max_bins);
  }
}

TEST(Binning, ManyValuesShareTheRowsEvenly) {
  const TestData data = make_test_data(20000, 1, 2, 4);
  const Matrix matrix = bin(data.x, 1);
  EXPECT_EQ(matrix.bins(0).count(), 255U);
  std::vector<int> counts(256);
  for (const std::uint8_t b : column_of(matrix, 0)) ++counts[b];
  EXPECT_LE(*std::max_element(counts.begin(), counts.begin() + 255), 2 * 20000 / 255);
}

TEST(Binning, AFrequentValueUsesOneBin) {
  std::vector<float> x;
  for (int i = 0; i < 9000; ++i) x.push_back(0.0F);
  for (int i = 1; i <= 1000; ++i) x.push_back(static_cast<float>(i));
  const Matrix matrix = bin(x, 1);
  EXPECT_GT(matrix.bins(0).count(), 200U);
}

TEST(Binning, RareValuesAreSeenAlthoughASampleMissesThem) {
  // Far more rows than are sampled; all but a few are zero.
  std::vector<float> x(400'000, 0.0F);
  for (std::size_t i = 0; i < 10; ++i) x[i * 31'337 + 5] = static_cast<float>(i + 1);
  EXPECT_EQ(bin(x, 1).bins(0).count(), 11U);
  for (std::size_t i = 0; i < 600; ++i) x[i * 617 + 3] = static_cast<float>(i + 1);
  EXPECT_GT(bin(x, 1).bins(0).count(), 100U);
}

}  // namespace
}  // namespace archmlp::train
