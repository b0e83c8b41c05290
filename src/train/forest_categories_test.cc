#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "archmlp/train/binning.h"
#include "archmlp/train/forest_trainer.h"
#include "archmlp/train/test_data.h"
#include "archmlp/train/test_forests.h"

namespace archmlp::train {
namespace {

using contract::ForestParams;

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

/// One feature of `categories` categories, each with a tendency of its own.
TestData category_data(std::size_t rows, std::uint32_t categories, std::size_t classes, std::uint64_t seed) {
  base::Rng rng({seed, rows, categories});
  std::vector<double> tendencies(categories);
  for (double& tendency : tendencies) tendency = rng.uniform();
  TestData data{.cols = 1};
  data.labels.task = classes == 0 ? contract::Task::kRegression : contract::Task::kClassification;
  for (std::size_t k = 0; k < classes; ++k) data.labels.classes.emplace_back(static_cast<std::int64_t>(k));
  for (std::size_t row = 0; row < rows; ++row) {
    const auto category = rng.below(categories);
    data.x.push_back(static_cast<float>(category));
    const double signal = tendencies[category] + 0.6 * rng.uniform();  // in [0, 1.6)
    if (classes == 0) data.labels.values.push_back(std::round(8 * signal));
    if (classes > 0) {
      data.labels.class_indices.push_back(
          static_cast<std::uint32_t>(signal / 1.6 * static_cast<double>(classes)));
    }
  }
  return data;
}

FittedForest fit_categories(const TestData& data, const ForestParams& params,
                            std::vector<std::uint32_t> counts, int threads = 2) {
  auto fitted = fit_forest(data.view(), data.labels, params,
                           {.thread_count = threads, .category_counts = std::move(counts)});
  EXPECT_TRUE(fitted.ok()) << (fitted.ok() ? "" : to_string(fitted.error()));
  return std::move(fitted).value();
}

/// Sum of squares around each side's mean (classes: of the indicator of each class), by definition.
double impurity_of_cut(const TestData& data, const std::vector<bool>& left) {
  const bool classification = data.labels.task == contract::Task::kClassification;
  const std::size_t outputs = classification ? data.labels.classes.size() : 1;
  double impurity = 0;
  for (const bool side : {false, true}) {
    for (std::size_t k = 0; k < outputs; ++k) {
      double sum = 0, squares = 0, count = 0;
      for (std::size_t row = 0; row < data.rows(); ++row) {
        if (left[row] != side) continue;
        const double value =
            classification ? (data.labels.class_indices[row] == k ? 1.0 : 0.0) : data.labels.values[row];
        sum += value;
        squares += value * value;
        count += 1;
      }
      if (count > 0) impurity += squares - sum * sum / count;
    }
  }
  return impurity;
}

double least_impurity(const TestData& data, std::uint32_t categories) {
  double least = std::numeric_limits<double>::infinity();
  for (std::uint32_t subset = 1; subset + 1 < (1U << categories); ++subset) {
    std::vector<bool> left(data.rows());
    for (std::size_t row = 0; row < data.rows(); ++row) {
      left[row] = ((subset >> static_cast<std::uint32_t>(data.x[row])) & 1U) != 0;
    }
    least = std::min(least, impurity_of_cut(data, left));
  }
  return least;
}

double impurity_of(const FittedForest& stump, const TestData& data) {
  std::vector<bool> left(data.rows());
  const std::vector<float> first(data.x.begin(), data.x.begin() + 1);
  for (std::size_t row = 0; row < data.rows(); ++row) {
    left[row] = stump.forest->leaf_of(0, std::span(data.x).subspan(row, 1)).data() ==
                stump.forest->leaf_of(0, first).data();
  }
  return impurity_of_cut(data, left);
}

class BestSubset : public testing::TestWithParam<std::size_t> {};

TEST_P(BestSubset, IsFound) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    for (const std::uint32_t categories : {2U, 3U, 6U, 9U}) {
      const TestData data = category_data(200, categories, GetParam(), seed);
      ForestParams params = plain_tree();
      params.max_depth = 1;
      const FittedForest stump = fit_categories(data, params, {categories});
      const double least = least_impurity(data, categories);
      // With more than two classes the orders by each class's share come close.
      const double allowed = GetParam() > 2 ? 0.03 * least : 1e-9;
      EXPECT_LE(impurity_of(stump, data), least + allowed) << seed << ' ' << categories;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Labels, BestSubset, testing::Values(0U, 2U, 4U));

TEST(Categories, ThreadsAndRowOrderChangeNoByte) {
  for (const std::size_t classes : {0U, 2U, 3U}) {
    TestData data = category_data(500, 40, classes, 3);
    ForestParams params = trees(5);
    const auto expected = fit_categories(data, params, {40}, 1).forest->to_bytes();
    for (const int threads : {2, 3, 4}) {
      EXPECT_EQ(fit_categories(data, params, {40}, threads).forest->to_bytes(), expected);
    }
    params = plain_tree();
    const auto in_order = fit_categories(data, params, {40}).forest->to_bytes();
    std::reverse(data.x.begin(), data.x.end());
    std::reverse(data.labels.values.begin(), data.labels.values.end());
    std::reverse(data.labels.class_indices.begin(), data.labels.class_indices.end());
    EXPECT_EQ(fit_categories(data, params, {40}).forest->to_bytes(), in_order);
  }
}

TEST(Categories, WhatIsNoCategoryIsMissing) {
  // Missing goes with 2 and 3, of class 1.
  TestData data{.cols = 1, .x = {0, 1, 2, 3, kMissing, 9, -1, 0, 1}};
  data.labels.class_indices = {0, 0, 1, 1, 1, 1, 1, 0, 0};
  for (std::int64_t k = 0; k < 2; ++k) data.labels.classes.emplace_back(k);
  const FittedForest fitted = fit_categories(data, plain_tree(), {4});
  EXPECT_EQ(fitted.forest->summary()["leaves"], 2);
  for (const float unknown : {kMissing, 4.0F, -5.0F, 1e30F}) {
    EXPECT_EQ(predict_row(*fitted.forest, {unknown})[1], 1.0) << unknown;
  }
}

TEST(Categories, ThatANodeHasNotSeenGoWithTheMajority) {
  TestData data{.cols = 1, .x = {0, 0, 0, 3}};
  data.labels.class_indices = {1, 1, 1, 0};
  for (std::int64_t k = 0; k < 2; ++k) data.labels.classes.emplace_back(k);
  const FittedForest fitted = fit_categories(data, plain_tree(), {5});
  for (const float unseen : {1.0F, 2.0F, 4.0F, kMissing}) {
    EXPECT_EQ(predict_row(*fitted.forest, {unseen})[1], 1.0);
  }
}

TEST(Categories, TheRarestShareABin) {
  std::vector<std::uint32_t> row_counts(300);
  for (std::uint32_t i = 0; i < 300; ++i) row_counts[i] = 1000 - i;
  std::swap(row_counts[0], row_counts[299]);
  const FeatureBins bins = bins_of_categories(row_counts, 255);
  EXPECT_EQ(bins.count(), 255U);
  EXPECT_EQ(bins.bin_of_category[299], 0);
  EXPECT_EQ(bins.bin_of_category[0], 254);
  EXPECT_EQ(bins.bin_of_category[254], 254);
  EXPECT_EQ(bins.bin_of_category[253], 253);
  const TestData data = category_data(3000, 300, 2, 1);
  EXPECT_GT(fit_categories(data, plain_tree(), {300}).forest->summary()["leaves"], 2);
}

TEST(Categories, ArePrunedAndGrownBestFirstAndGoOnToo) {
  TestData data = category_data(400, 12, 2, 5);
  ForestParams params = trees(6);
  params.max_leaf_nodes = 6;
  const auto best_first = fit_categories(data, params, {12});
  EXPECT_LE(best_first.forest->summary()["leaves"], 36);
  params.max_leaf_nodes = std::nullopt;
  params.ccp_alpha = 0.004;
  params.oob_score = true;
  const FittedForest whole = fit_categories(data, params, {12});
  EXPECT_GT(*whole.out_of_bag->score, 0.6);
  params.n_estimators = 3;
  const FittedForest half = fit_categories(data, params, {12});
  params.n_estimators = 6;
  const auto rest = fit_forest(data.view(), data.labels, params,
                               {.category_counts = {12}, .first_trees = half.forest.get()});
  ASSERT_TRUE(rest.ok()) << to_string(rest.error());
  EXPECT_EQ(rest->forest->to_bytes(), whole.forest->to_bytes());
}

TEST(Categories, HaveNoOrderToRiseIn) {
  const TestData data = category_data(50, 3, 2, 1);
  const auto refused =
      fit_forest(data.view(), data.labels, trees(1), {.monotonic = {1}, .category_counts = {3}});
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, testing::HasSubstr("no order"));
}

}  // namespace
}  // namespace archmlp::train
