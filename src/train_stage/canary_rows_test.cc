#include "archmlp/train_stage/canary_rows.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "archmlp/base/rng.h"

namespace archmlp::train_stage {
namespace {

using model::MatrixView;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr float kMissingValue = std::numeric_limits<float>::quiet_NaN();

/// Of the shape asked for.
class Shape final : public model::Model {
 public:
  std::size_t inputs = 1;
  std::size_t width = 1;
  bool takes_nan = true;
  std::vector<std::uint32_t> categories;

  std::string_view kind() const noexcept override { return "shape"; }
  contract::Task task() const noexcept override { return contract::Task::kRegression; }
  std::size_t feature_count() const noexcept override { return inputs; }
  std::size_t class_count() const noexcept override { return 0; }
  model::OutputLayout outputs() const noexcept override { return {.values = width}; }
  bool takes_missing() const noexcept override { return takes_nan; }
  std::uint32_t category_count(std::size_t feature) const noexcept override {
    return categories.empty() ? 0 : categories[feature];
  }
  void predict_row(std::span<const float>, std::span<double>) const override {}
  std::size_t class_of(std::span<const double>) const noexcept override { return 0; }
  nlohmann::ordered_json summary() const override { return {}; }
  std::vector<std::byte> to_bytes() const override { return {}; }

 protected:
  void predict_rows(MatrixView, std::span<double>) const override {}
};

std::vector<float> rows_of(const std::vector<float>& x, const Shape& shape, int threads = 2) {
  const auto rows = make_canary_rows(MatrixView::row_major(x.data(), x.size() / shape.inputs, shape.inputs),
                                     shape, threads);
  EXPECT_TRUE(rows.ok());
  EXPECT_EQ(rows->size() % shape.inputs, 0U);
  return *rows;
}

/// Every value tells its row: row + column / 64.
std::vector<float> telling_matrix(std::size_t rows, std::size_t cols) {
  std::vector<float> x(rows * cols);
  for (std::size_t at = 0; at < x.size(); ++at)
    x[at] = static_cast<float>(at / cols) + static_cast<float>(at % cols) / 64;
  return x;
}

TEST(CanaryRows, EveryValueIsOfItsColumnAndATrainingRowOfItsOwn) {
  Shape shape;
  for (const std::size_t cols : {2U, 3U, 16U, 20U, 63U}) {
    shape.inputs = cols;
    for (const std::size_t times : {1U, 2U, 5U, 15U, 16U, 100U}) {
      for (const std::size_t more : {0U, 1U}) {
        const std::vector<float> rows = rows_of(telling_matrix(cols * times + more, cols), shape);
        EXPECT_EQ(rows.size(), std::min<std::size_t>(times, 16) * cols) << cols << " x " << times;
        std::set<float> seen;
        for (std::size_t at = 0; at < rows.size(); ++at) {
          const float row = std::floor(rows[at]);
          EXPECT_EQ((rows[at] - row) * 64, static_cast<float>(at % cols));
          EXPECT_TRUE(seen.insert(row).second) << "two values of training row " << row;
        }
      }
    }
  }
}

TEST(CanaryRows, FewRowsGiveOneRowOfAllOfThemOrNone) {
  Shape shape;
  shape.inputs = 5;
  EXPECT_THAT(rows_of(telling_matrix(1, 5), shape), IsEmpty());
  for (const std::size_t count : {2U, 3U, 4U}) {
    const std::vector<float> rows = rows_of(telling_matrix(count, 5), shape);
    ASSERT_EQ(rows.size(), 5U);
    std::vector<std::size_t> uses(count);
    for (const float value : rows) ++uses[static_cast<std::size_t>(value)];
    for (const std::size_t use : uses) EXPECT_LE(use, (5 + count - 1) / count);
  }
  EXPECT_THAT(rows_of({}, shape), IsEmpty());
}

TEST(CanaryRows, NoneIsATrainingRow) {
  Shape shape;
  shape.inputs = 2;
  constexpr std::size_t kRows = 40000;  // several blocks; a third of all pairs are training rows
  std::set<std::pair<float, float>> training;
  base::Rng rng(7);
  std::vector<float> x;
  for (std::size_t row = 0; row < kRows; ++row) {
    const auto a = static_cast<float>(rng.below(300)), b = static_cast<float>(rng.below(300));
    training.emplace(a, b);
    x.insert(x.end(), {a, b});
  }
  for (const int threads : {1, 2, 5}) {
    const std::vector<float> rows = rows_of(x, shape, threads);
    EXPECT_EQ(rows.size(), 32U);
    for (std::size_t at = 0; at < rows.size(); at += 2)
      EXPECT_FALSE(training.contains({rows[at], rows[at + 1]}));
    EXPECT_EQ(rows, rows_of(x, shape, 1));
  }
  // Every pair is a training row, that of -0 and 1 too.
  EXPECT_THAT(rows_of({0, 0, -0.0F, 1, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1, 1}, shape), IsEmpty());
}

TEST(CanaryRows, OfOneInputTheyAreSingleValues) {
  const Shape shape;
  const std::vector<float> rows = rows_of({3, 1, 3, 2, kMissingValue}, shape);
  EXPECT_EQ(rows.size(), 4U);  // each once
  EXPECT_THAT(rows_of({7}, shape), ElementsAre(7));
}

TEST(CanaryRows, OnlyWhatTheModelTakes) {
  Shape shape;
  shape.inputs = 3;
  base::Rng rng(1);
  std::vector<float> x = telling_matrix(600, 3);
  for (std::size_t at = 0; at < x.size(); ++at) {
    if (rng.below(3) == 0) x[at] = kMissingValue;
  }
  const auto missing = [](const std::vector<float>& rows, std::size_t from) {
    std::size_t count = 0;
    for (std::size_t at = from; at < rows.size(); at += 3) count += std::isnan(rows[at]) ? 1U : 0U;
    return count;
  };
  EXPECT_GT(missing(rows_of(x, shape), 0), 0U);
  shape.takes_nan = false;
  shape.categories = {0, 0, 600};
  const std::vector<float> rows = rows_of(x, shape);
  EXPECT_GE(rows.size(), 3U * 8);
  EXPECT_EQ(missing(rows, 0) + missing(rows, 1), 0U);
  EXPECT_GT(missing(rows, 2), 0U);
}

TEST(CanaryRows, OneRowWhereThereAreVeryManyOutputs) {
  Shape shape;
  shape.inputs = 2;
  shape.width = std::size_t{1} << 20U;
  EXPECT_EQ(rows_of(telling_matrix(100, 2), shape).size(), 2U);
}

}  // namespace
}  // namespace archmlp::train_stage
