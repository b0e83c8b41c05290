// What must hold for every forest, whatever the data.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "archmlp/train/forest_trainer.h"
#include "archmlp/train/test_data.h"
#include "archmlp/train/test_forests.h"

namespace archmlp::train {
namespace {

using contract::ForestParams;

struct Kind {
  std::size_t classes;  // 0: regression
  const char* criterion;
};

std::string name_of(const testing::TestParamInfo<Kind>& info) {
  return std::string(info.param.criterion) + "_" + std::to_string(info.param.classes);
}

/// On a grid, so that every value is a bin of its own; labels of a regression are multiples of 1/4.
TestData data_for(const Kind& kind, std::uint64_t seed) {
  TestData data = make_test_data(240, 4, kind.classes, seed, 9);
  for (double& value : data.labels.values) value = std::round(4 * std::abs(value)) / 4;
  return data;
}

/// The rows `which`, in that order.
TestData rows_of(const TestData& data, const std::vector<std::size_t>& which) {
  TestData chosen{.cols = data.cols};
  chosen.labels.task = data.labels.task;
  chosen.labels.classes = data.labels.classes;
  for (const std::size_t row : which) {
    for (std::size_t col = 0; col < data.cols; ++col) chosen.x.push_back(data.view().at(row, col));
    if (!data.labels.values.empty()) chosen.labels.values.push_back(data.labels.values[row]);
    if (!data.labels.class_indices.empty())
      chosen.labels.class_indices.push_back(data.labels.class_indices[row]);
    if (!data.labels.weights.empty()) chosen.labels.weights.push_back(data.labels.weights[row]);
  }
  return chosen;
}

std::vector<std::size_t> all_rows(const TestData& data) {
  std::vector<std::size_t> rows(data.rows());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return rows;
}

class EveryCriterion : public testing::TestWithParam<Kind> {
 protected:
  ForestParams params_ = [] {
    ForestParams params = plain_tree();
    params.criterion = GetParam().criterion;
    params.max_depth = 5;
    return params;
  }();

  void expect_same_predictions(const TestData& one, const TestData& other, const TestData& rows) {
    const std::vector<double> expected = predict(*fit(one, params_).forest, rows);
    const std::vector<double> found = predict(*fit(other, params_).forest, rows);
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(found[i], expected[i], 1e-12) << i;
  }
};

TEST_P(EveryCriterion, ARowGivenTwiceCountsLikeTheWeightTwo) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    TestData weighted = data_for(GetParam(), seed);
    std::vector<std::size_t> repeated = all_rows(weighted);
    for (std::size_t row = 0; row < weighted.rows(); row += 3) repeated.push_back(row);
    const TestData twice = rows_of(weighted, repeated);
    weighted.labels.weights.assign(weighted.rows(), 1.0);
    for (std::size_t row = 0; row < weighted.rows(); row += 3) weighted.labels.weights[row] = 2.0;
    expect_same_predictions(twice, weighted, data_for(GetParam(), seed + 100));
  }
}

TEST_P(EveryCriterion, TheWeightZeroIsAbsence) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    TestData weighted = data_for(GetParam(), seed);
    std::vector<std::size_t> kept;
    for (std::size_t row = 0; row < weighted.rows(); ++row) {
      if (row % 4 != 1) kept.push_back(row);
    }
    const TestData fewer = rows_of(weighted, kept);
    weighted.labels.weights.assign(weighted.rows(), 1.0);
    for (std::size_t row = 1; row < weighted.rows(); row += 4) weighted.labels.weights[row] = 0.0;
    expect_same_predictions(fewer, weighted, data_for(GetParam(), seed + 100));
  }
}

/// Powers of two, which round nothing: cuts that are equally good stay so.
TEST_P(EveryCriterion, EqualWeightsChangeNothing) {
  TestData data = data_for(GetParam(), 1);
  const TestData others = data_for(GetParam(), 2);
  const std::vector<double> expected = predict(*fit(data, params_).forest, others);
  for (const double weight : {1.0, 0.25, 0x1p-30, 0x1p43}) {
    data.labels.weights.assign(data.rows(), weight);
    const std::vector<double> found = predict(*fit(data, params_).forest, others);
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(found[i], expected[i], 1e-9) << weight;
  }
}

TEST_P(EveryCriterion, TheOrderOfRowsChangesNoByte) {
  TestData data = data_for(GetParam(), 3);
  for (std::size_t row = 0; row < data.rows(); ++row) {
    data.labels.weights.push_back(0.1 + static_cast<double>(row * 7919 % 101));
  }
  std::vector<std::size_t> order = all_rows(data);
  base::Rng(5).shuffle(std::span(order));
  for (const bool weighted : {true, false}) {
    if (!weighted) data.labels.weights.clear();
    const auto expected = fit(data, params_).forest->to_bytes();
    EXPECT_EQ(fit(rows_of(data, order), params_).forest->to_bytes(), expected);
  }
}

TEST_P(EveryCriterion, ThreadsChangeNoByte) {
  TestData data = data_for(GetParam(), 4);
  data.labels.weights.assign(data.rows(), 1.5);
  for (const std::int64_t max_bins : {255, 1000}) {
    params_ = trees(7);
    params_.criterion = GetParam().criterion;
    params_.max_bins = max_bins;
    const auto expected = fit(data, params_, 1).forest->to_bytes();
    for (const int threads : {2, 3, 4}) EXPECT_EQ(fit(data, params_, threads).forest->to_bytes(), expected);
  }
}

TEST_P(EveryCriterion, SixteenBitsGiveTheTreesOfEight) {
  const TestData data = data_for(GetParam(), 5);
  const auto expected = fit(data, params_).forest->to_bytes();
  params_.max_bins = 256;
  EXPECT_EQ(fit(data, params_).forest->to_bytes(), expected);
}

TEST_P(EveryCriterion, FiftyTreesAndFiftyMoreAreAHundred) {
  const TestData data = make_test_data(150, 4, GetParam().classes, 6);
  TestData counted = data;
  for (double& value : counted.labels.values) value = std::abs(value);
  ForestParams params = trees(100);
  params.criterion = GetParam().criterion;
  params.oob_score = true;
  const FittedForest whole = fit(counted, params);
  params.n_estimators = 50;
  const FittedForest half = fit(counted, params);
  params.n_estimators = 100;
  const auto rest =
      fit_forest(counted.view(), counted.labels, params,
                 {.thread_count = 2, .first_trees = half.forest.get(), .first_trees_drew_these_rows = true});
  ASSERT_TRUE(rest.ok()) << to_string(rest.error());
  EXPECT_EQ(rest->forest->to_bytes(), whole.forest->to_bytes());
  EXPECT_EQ(rest->out_of_bag->score, whole.out_of_bag->score);
}

TEST_P(EveryCriterion, ExtremelyRandomisedTreesLearnToo) {
  const TestData data = data_for(GetParam(), 7);
  ForestParams params = trees(30);
  params.criterion = GetParam().criterion;
  params.splitter = "random";
  params.bootstrap = false;
  const FittedForest fitted = fit(data, params);
  EXPECT_EQ(fitted.forest->to_bytes(), fit(data, params, 1).forest->to_bytes());
  const FittedForest best = fit(data, trees(30));
  EXPECT_NE(fitted.forest->to_bytes(), best.forest->to_bytes());
  const auto validated =
      fit_forest(data.view(), data.labels, params,
                 {.thread_count = 2, .validation = ValidationRows{data.view(), &data.labels}});
  ASSERT_TRUE(validated.ok());
  EXPECT_GT(*validated->validation_score, 0.7);  // all rows were seen
}

INSTANTIATE_TEST_SUITE_P(All, EveryCriterion,
                         testing::Values(Kind{2, "gini"}, Kind{2, "entropy"}, Kind{3, "gini"},
                                         Kind{4, "entropy"}, Kind{0, "squared_error"},
                                         Kind{0, "friedman_mse"}, Kind{0, "poisson"},
                                         Kind{0, "absolute_error"}),
                         name_of);

// -- monotonic constraints

class Monotonic : public testing::TestWithParam<Kind> {};

TEST_P(Monotonic, HoldsOnAGrid) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    TestData data = make_test_data(600, 3, GetParam().classes, seed, seed % 2 == 0 ? 0 : 12);
    for (double& value : data.labels.values) value = std::abs(value);
    for (std::size_t i = 0; seed % 3 == 0 && i < data.x.size(); i += 11) {
      data.x[i] = std::numeric_limits<float>::quiet_NaN();
    }
    ForestParams params = trees(10);
    params.criterion = GetParam().criterion;
    FitOptions options{.thread_count = 2, .monotonic = {1, 0, -1}};
    const auto fitted = fit_forest(data.view(), data.labels, params, options);
    ASSERT_TRUE(fitted.ok());
    const auto value_at = [&](int a, int b, int c) {
      const auto at = [](int step) { return static_cast<float>(step) / 20; };
      return predict_row(*fitted->forest, {at(a), at(b), at(c)}).back();
    };
    double reach = 0;
    for (int a = 0; a <= 20; ++a) {
      for (int b = 0; b <= 20; ++b) {
        for (int c = 0; c <= 20; ++c) {
          const double value = value_at(a, b, c);
          if (a > 0) {
            ASSERT_GE(value, value_at(a - 1, b, c) - 1e-12);
          }
          if (c > 0) {
            ASSERT_LE(value, value_at(a, b, c - 1) + 1e-12);
          }
          reach = std::max(reach, std::abs(value - value_at(0, 0, 0)));
        }
      }
    }
    EXPECT_GT(reach, 0.1) << "the forest says the same of every row";
  }
}

INSTANTIATE_TEST_SUITE_P(All, Monotonic,
                         testing::Values(Kind{2, "gini"}, Kind{2, "entropy"}, Kind{0, "squared_error"},
                                         Kind{0, "poisson"}, Kind{0, "absolute_error"}),
                         name_of);

TEST(MonotonicConstraints, RefuseMoreThanTwoClassesAndOtherCounts) {
  const TestData three = make_test_data(50, 2, 3, 1);
  const auto refused = fit_forest(three.view(), three.labels, trees(1), {.monotonic = {1, 0}});
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, testing::HasSubstr("for regression and two classes; there are 3"));
  const TestData two = make_test_data(50, 2, 2, 1);
  EXPECT_FALSE(fit_forest(two.view(), two.labels, trees(1), {.monotonic = {1}}).ok());
}

// -- limits

TEST(ForestLimits, EveryLeafKeepsItsShareOfTheWeight) {
  TestData data = make_test_data(500, 4, 2, 1);
  for (std::size_t row = 0; row < data.rows(); ++row) data.labels.weights.push_back(row % 5 == 0 ? 4.0 : 0.5);
  const double total = std::accumulate(data.labels.weights.begin(), data.labels.weights.end(), 0.0);
  ForestParams params = plain_tree();
  params.min_weight_fraction_leaf = 0.1;
  const FittedForest fitted = fit(data, params);
  std::map<const double*, double> weights;
  for (std::size_t row = 0; row < data.rows(); ++row) {
    const std::vector<float> features(data.x.begin() + static_cast<std::ptrdiff_t>(row * 4),
                                      data.x.begin() + static_cast<std::ptrdiff_t>(row * 4 + 4));
    weights[fitted.forest->leaf_of(0, features).data()] += data.labels.weights[row];
  }
  EXPECT_GT(weights.size(), 3U);
  EXPECT_LE(weights.size(), 10U);
  for (const auto& [leaf, weight] : weights) EXPECT_GE(weight, 0.1 * total - 1e-9);
}

TEST(ForestLimits, PruningGoesFromTheWholeTreeToALeaf) {
  const TestData data = make_test_data(800, 4, 2, 2);
  ForestParams params = plain_tree();
  int last = fit(data, params).forest->summary()["leaves"].get<int>();
  const int whole = last;
  for (const double alpha : {1e-9, 1e-3, 3e-3, 1e-2, 0.5}) {
    params.ccp_alpha = alpha;
    const int leaves = fit(data, params).forest->summary()["leaves"].get<int>();
    EXPECT_LE(leaves, last);
    last = leaves;
  }
  EXPECT_EQ(last, 1);
  params.ccp_alpha = 3e-3;
  const int pruned = fit(data, params).forest->summary()["leaves"].get<int>();
  EXPECT_GT(pruned, 1);
  EXPECT_LT(pruned, whole / 2);
}

TEST(ForestLimits, AfterTheDeadlineOneTreeIsMade) {
  const TestData data = make_test_data(300, 4, 2, 1);
  FitOptions options{.thread_count = 2, .deadline = std::chrono::steady_clock::now()};
  const auto fitted = fit_forest(data.view(), data.labels, trees(50), options);
  ASSERT_TRUE(fitted.ok());
  EXPECT_FALSE(fitted->met_deadline);
  EXPECT_GE(fitted->forest->tree_count(), 1U);
  EXPECT_LE(fitted->forest->tree_count(), 2U);
  const auto count = static_cast<std::int64_t>(fitted->forest->tree_count());
  EXPECT_EQ(fitted->forest->to_bytes(), fit(data, trees(count)).forest->to_bytes());
}

TEST(ForestLimits, MemoryIsAskedForBeforeItIsTaken) {
  const TestData data = make_test_data(3000, 10, 2, 1);
  const auto need = memory_need(3000, 10, data.labels, trees(10));
  ASSERT_TRUE(need.ok());
  FitOptions options{.thread_count = 4, .memory_limit = need->shared + need->per_thread - 1};
  const auto refused = fit_forest(data.view(), data.labels, trees(10), options);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, base::ErrorCode::kResourceLimit);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("one tree at a time"));
  options.memory_limit = need->shared + need->per_thread + 100;
  const auto full = fit_forest(data.view(), data.labels, trees(10), options);
  ASSERT_FALSE(full.ok());
  EXPECT_THAT(full.error().message, testing::HasSubstr("was used up after 1 trees"));
  options.memory_limit = need->shared + need->per_thread + need->trees;
  const auto fitted = fit_forest(data.view(), data.labels, trees(10), options);
  ASSERT_TRUE(fitted.ok());
  EXPECT_EQ(fitted->forest->to_bytes(), fit(data, trees(10)).forest->to_bytes());
}

TEST(ForestWeights, BalancedSubsampleFollowsTheDraws) {
  const TestData data = make_test_data(400, 4, 2, 3);
  ForestParams params = trees(20);
  params.class_weight = contract::ClassWeight::kBalancedSubsample;
  const auto subsample = fit(data, params).forest->to_bytes();
  params.class_weight = contract::ClassWeight::kBalanced;
  EXPECT_NE(fit(data, params).forest->to_bytes(), subsample);
  // A tree of one leaf holds what it drew: each class then weighs half.
  params.class_weight = contract::ClassWeight::kBalancedSubsample;
  params.max_leaf_nodes = std::nullopt;
  params.min_samples_split = std::int64_t{401};
  EXPECT_NEAR(predict_row(*fit(data, params).forest, {0, 0, 0, 0})[1], 0.5, 1e-12);
  params.bootstrap = false;
  params.min_samples_split = std::int64_t{2};
  const auto without_draws = fit(data, params).forest->to_bytes();
  params.class_weight = contract::ClassWeight::kBalanced;
  EXPECT_EQ(fit(data, params).forest->to_bytes(), without_draws);
}

TEST(ForestWeights, WhatWeightsMustBe) {
  TestData data = make_test_data(20, 2, 2, 1);
  const auto problem = [&](std::vector<double> weights) {
    data.labels.weights = std::move(weights);
    const auto fitted = fit_forest(data.view(), data.labels, trees(1));
    return fitted.ok() ? "" : to_string(fitted.error());
  };
  EXPECT_THAT(problem(std::vector<double>(19, 1.0)), testing::HasSubstr("20 rows of features but 19"));
  EXPECT_THAT(problem(std::vector<double>(20, 0.0)), testing::HasSubstr("all sample weights are 0"));
  std::vector<double> bad(20, 1.0);
  bad[3] = -1;
  EXPECT_THAT(problem(bad), testing::HasSubstr("row 3"));
  bad[3] = std::nan("");
  EXPECT_THAT(problem(bad), testing::HasSubstr("row 3"));
}

TEST(ForestWeights, PoissonNeedsCounts) {
  TestData data = make_test_data(20, 2, 0, 1);
  for (double& value : data.labels.values) value = 0;
  ForestParams params = trees(1);
  params.criterion = "poisson";
  EXPECT_THAT(to_string(fit_forest(data.view(), data.labels, params).error()),
              testing::HasSubstr("all are 0"));
  data.labels.values[4] = -2.5;
  EXPECT_THAT(to_string(fit_forest(data.view(), data.labels, params).error()), testing::HasSubstr("row 4"));
}

TEST(OutOfBagMeans, AreProbabilitiesOfTheTreesThatDidNotDrawTheRow) {
  const TestData data = make_test_data(200, 4, 3, 1);
  ForestParams params = trees(3);
  params.oob_score = true;
  const FittedForest fitted = fit(data, params);
  const std::vector<double>& means = fitted.out_of_bag->means;
  ASSERT_EQ(means.size(), 600U);
  std::size_t unknown = 0;
  for (std::size_t row = 0; row < 200; ++row) {
    if (std::isnan(means[row * 3])) {
      ++unknown;
      continue;
    }
    EXPECT_NEAR(means[row * 3] + means[row * 3 + 1] + means[row * 3 + 2], 1.0, 1e-9);
  }
  EXPECT_GT(unknown, 10U);  // three trees draw a row with probability 0.63^3
  EXPECT_LT(unknown, 90U);
}

}  // namespace
}  // namespace archmlp::train
