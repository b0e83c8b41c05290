#include "archmlp/train/forest_trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "archmlp/base/cancel.h"
#include "archmlp/train/test_data.h"
#include "archmlp/train/test_forests.h"

namespace archmlp::train {
namespace {

using contract::ForestParams;
using contract::Task;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Forest = model::Forest;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

double accuracy(const Forest& forest, const TestData& data) {
  const std::vector<double> out = predict(forest, data);
  const std::size_t k = forest.output_count();
  std::size_t right = 0;
  for (std::size_t row = 0; row < data.rows(); ++row) {
    right += model::arg_max(std::span(out).subspan(row * k, k)) == data.labels.class_indices[row] ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(data.rows());
}

double mean_squared_error(const Forest& forest, const TestData& data) {
  const std::vector<double> out = predict(forest, data);
  double sum = 0;
  for (std::size_t row = 0; row < out.size(); ++row) {
    sum += (out[row] - data.labels.values[row]) * (out[row] - data.labels.values[row]);
  }
  return sum / static_cast<double>(out.size());
}

TestData table(std::size_t cols, std::vector<float> x, std::vector<std::uint32_t> classes,
               std::uint32_t count = 2) {
  TestData data{.cols = cols, .x = std::move(x)};
  data.labels.class_indices = std::move(classes);
  for (std::uint32_t k = 0; k < count; ++k) data.labels.classes.emplace_back(std::int64_t{k});
  return data;
}

TestData regression_table(std::size_t cols, std::vector<float> x, std::vector<double> values) {
  TestData data{.cols = cols, .x = std::move(x)};
  data.labels.task = Task::kRegression;
  data.labels.values = std::move(values);
  return data;
}

TEST(ForestTrainer, BytesDoNotDependOnThreads) {
  for (const std::size_t classes : {0U, 2U, 4U}) {
    const TestData data = make_test_data(3000, 6, classes, 1);
    for (const bool best_first : {false, true}) {
      ForestParams params = trees(7);
      params.oob_score = true;
      if (best_first) params.max_leaf_nodes = 40;
      const FittedForest one = fit(data, params, 1);
      for (const int threads : {2, 4}) {
        const FittedForest other = fit(data, params, threads);
        EXPECT_EQ(one.forest->to_bytes(), other.forest->to_bytes());
        EXPECT_EQ(one.out_of_bag->score, other.out_of_bag->score);
        EXPECT_THAT(other.out_of_bag->means,
                    testing::Pointwise(testing::NanSensitiveDoubleEq(), one.out_of_bag->means));
      }
    }
  }
}

TEST(ForestTrainer, SeedsGiveDifferentForests) {
  const TestData data = make_test_data(500, 6, 2, 1);
  ForestParams params = trees(3);
  const auto first = fit(data, params).forest->to_bytes();
  EXPECT_EQ(fit(data, params).forest->to_bytes(), first);
  params.random_state = 1;
  EXPECT_NE(fit(data, params).forest->to_bytes(), first);
}

TEST(ForestTrainer, RowAndColumnMajorGiveTheSameForest) {
  const TestData data = make_test_data(2000, 5, 2, 3);
  std::vector<float> by_column(data.x.size());
  for (std::size_t row = 0; row < data.rows(); ++row) {
    for (std::size_t col = 0; col < 5; ++col) by_column[col * data.rows() + row] = data.view().at(row, col);
  }
  const auto view = model::MatrixView::column_major(by_column.data(), data.rows(), 5);
  const auto fitted = fit_forest(view, data.labels, trees(4), {.thread_count = 2});
  ASSERT_TRUE(fitted.ok());
  EXPECT_EQ(fitted->forest->to_bytes(), fit(data, trees(4)).forest->to_bytes());
}

TEST(ForestTrainer, WithoutDrawingTheOrderOfRowsDoesNotMatter) {
  for (const std::size_t classes : {0U, 2U, 3U}) {
    const TestData data = make_test_data(600, 4, classes, 5);
    TestData shuffled = data;
    std::vector<std::size_t> order(data.rows());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    base::Rng rng(9);
    rng.shuffle(std::span(order));
    for (std::size_t row = 0; row < order.size(); ++row) {
      for (std::size_t col = 0; col < 4; ++col) shuffled.x[row * 4 + col] = data.view().at(order[row], col);
      if (classes == 0) shuffled.labels.values[row] = data.labels.values[order[row]];
      if (classes > 0) shuffled.labels.class_indices[row] = data.labels.class_indices[order[row]];
    }
    const auto first = fit(data, plain_tree());
    const auto second = fit(shuffled, plain_tree());
    EXPECT_EQ(predict(*first.forest, data), predict(*second.forest, data));
  }
}

TEST(ForestTrainer, LearnsAndMoreTreesLearnBetter) {
  const TestData train = make_test_data(4000, 6, 2, 1);
  const TestData test = make_test_data(4000, 6, 2, 2);
  const double one = accuracy(*fit(train, trees(1)).forest, test);
  const double many = accuracy(*fit(train, trees(60)).forest, test);
  EXPECT_GT(one, 0.75);
  EXPECT_GT(many, one + 0.02);
  const TestData regression_train = make_test_data(4000, 6, 0, 1);
  const TestData regression_test = make_test_data(4000, 6, 0, 2);
  const double one_error = mean_squared_error(*fit(regression_train, trees(1)).forest, regression_test);
  const double many_error = mean_squared_error(*fit(regression_train, trees(40)).forest, regression_test);
  EXPECT_LT(many_error, 0.8 * one_error);
  EXPECT_LT(many_error, 0.5);  // the labels' variance is above 9
}

TEST(ForestTrainer, EntropyLearnsAsWellAsGini) {
  const TestData train = make_test_data(2000, 6, 3, 1);
  const TestData test = make_test_data(2000, 6, 3, 2);
  ForestParams params = trees(30);
  const double gini = accuracy(*fit(train, params).forest, test);
  params.criterion = "entropy";
  const auto entropy = fit(train, params);
  EXPECT_NEAR(accuracy(*entropy.forest, test), gini, 0.03);
  params.criterion = "log_loss";
  EXPECT_EQ(fit(train, params).forest->to_bytes(), entropy.forest->to_bytes());
  const TestData pair = make_test_data(2000, 6, 2, 1);
  EXPECT_GT(accuracy(*fit(pair, params).forest, make_test_data(2000, 6, 2, 2)), 0.85);
}

TEST(ForestTrainer, OutOfBagScoreIsCloseToThatOfHeldOutRows) {
  const TestData train = make_test_data(3000, 6, 2, 1);
  ForestParams params = trees(60);
  params.oob_score = true;
  const FittedForest fitted = fit(train, params);
  ASSERT_TRUE(fitted.out_of_bag.has_value());
  EXPECT_NEAR(*fitted.out_of_bag->score, accuracy(*fitted.forest, make_test_data(3000, 6, 2, 2)), 0.03);
  EXPECT_LT(*fitted.out_of_bag->score, 0.98);  // rows that trees have seen would give more
  const FittedForest regression = fit(make_test_data(3000, 6, 0, 1), params);
  const TestData test = make_test_data(3000, 6, 0, 2);
  double mean = 0;
  for (const double value : test.labels.values) mean += value / 3000;
  double variance = 0;
  for (const double value : test.labels.values) variance += (value - mean) * (value - mean) / 3000;
  EXPECT_NEAR(*regression.out_of_bag->score, 1 - mean_squared_error(*regression.forest, test) / variance,
              0.03);
  params.oob_score = false;
  EXPECT_FALSE(fit(train, params).out_of_bag.has_value());
}

TEST(ForestTrainer, OneClassOneRowAndEqualRowsGiveALeaf) {
  const auto one_class = fit(table(1, {1, 2, 3}, {0, 0, 0}, 1), trees(2));
  EXPECT_THAT(predict_row(*one_class.forest, {5}), ElementsAre(1.0));
  const auto unused_class = fit(table(1, {1, 2, 3}, {1, 1, 1}, 2), trees(2));
  EXPECT_THAT(predict_row(*unused_class.forest, {5}), ElementsAre(0.0, 1.0));
  const auto one_row = fit(regression_table(2, {1, 2}, {7.5}), trees(2));
  EXPECT_THAT(predict_row(*one_row.forest, {0, 0}), ElementsAre(7.5));
  const auto equal_rows = fit(table(1, {4, 4, 4, 4}, {0, 1, 1, 1}), plain_tree());
  EXPECT_THAT(predict_row(*equal_rows.forest, {4}), ElementsAre(0.25, 0.75));
  EXPECT_EQ(equal_rows.forest->summary()["leaves"], 1);
}

TEST(ForestTrainer, DrawingGoesOnUntilAFeatureVaries) {
  // Nine constant columns and one that decides: a tree that drew a constant one would be a leaf.
  TestData data = table(10, {}, std::vector<std::uint32_t>{});
  for (std::uint32_t row = 0; row < 100; ++row) {
    for (int col = 0; col < 10; ++col) data.x.push_back(col == 6 ? static_cast<float>(row) : 1.0F);
    data.labels.class_indices.push_back(row < 50 ? 0 : 1);
  }
  ForestParams params = trees(20);
  params.max_features = std::int64_t{1};
  EXPECT_EQ(accuracy(*fit(data, params).forest, data), 1.0);
}

TEST(ForestTrainer, AllFeaturesConstantGivesThePrior) {
  const auto fitted = fit(table(2, {1, kNan, 1, kNan, 1, kNan}, {0, 1, 1}), plain_tree());
  const auto out = predict_row(*fitted.forest, {1, 1});
  EXPECT_NEAR(out[1], 2.0 / 3, 1e-12);
}

TEST(ForestTrainer, MissingValuesGoWhereTheyHelp) {
  // Missing means class 1, and so do large values; then missing means class 0 as small values do.
  const auto with_large = fit(table(1, {1, 2, 3, 10, 11, kNan, kNan}, {0, 0, 0, 1, 1, 1, 1}), plain_tree());
  EXPECT_THAT(predict_row(*with_large.forest, {kNan}), ElementsAre(0.0, 1.0));
  EXPECT_EQ(with_large.forest->summary()["leaves"], 2);
  const auto with_small = fit(table(1, {1, 2, 3, 10, 11, kNan, kNan}, {0, 0, 0, 1, 1, 0, 0}), plain_tree());
  EXPECT_THAT(predict_row(*with_small.forest, {kNan}), ElementsAre(1.0, 0.0));
  EXPECT_EQ(with_small.forest->summary()["leaves"], 2);
}

TEST(ForestTrainer, BeingMissingCanBeWhatDecides) {
  for (const std::size_t classes : {2U, 3U}) {
    TestData data =
        table(1, {1, kNan, 2, kNan, 3, kNan}, {0, 1, 0, 1, 0, 1}, static_cast<std::uint32_t>(classes));
    const auto fitted = fit(data, plain_tree());
    EXPECT_EQ(accuracy(*fitted.forest, data), 1.0);
    EXPECT_EQ(fitted.forest->summary()["leaves"], 2);
    EXPECT_EQ(predict_row(*fitted.forest, {1e30F})[0], 1.0);
  }
}

TEST(ForestTrainer, MissingValuesUnseenInTrainingGoWithTheMajority) {
  const auto small = fit(table(1, {1, 2, 3, 10}, {0, 0, 0, 1}), plain_tree());
  EXPECT_THAT(predict_row(*small.forest, {kNan}), ElementsAre(1.0, 0.0));
  const auto large = fit(table(1, {1, 10, 11, 12}, {0, 1, 1, 1}), plain_tree());
  EXPECT_THAT(predict_row(*large.forest, {kNan}), ElementsAre(0.0, 1.0));
}

TEST(ForestTrainer, SeparatesNeighbouringAndExtremeFloats) {
  const float largest = std::numeric_limits<float>::max();
  const float tiny = std::numeric_limits<float>::denorm_min();
  const std::vector<float> values = {-largest,
                                     std::nextafter(-largest, 0.0F),
                                     -tiny,
                                     0.0F,
                                     tiny,
                                     1.0F,
                                     std::nextafter(1.0F, 2.0F),
                                     std::nextafter(largest, 0.0F),
                                     largest};
  std::vector<std::uint32_t> classes;
  for (std::size_t i = 0; i < values.size(); ++i) classes.push_back(i % 2 == 0 ? 0 : 1);
  const TestData data = table(1, values, classes);
  EXPECT_EQ(accuracy(*fit(data, plain_tree()).forest, data), 1.0);
}

TEST(ForestTrainer, ZerosOfBothSignsAreOneValue) {
  const auto fitted = fit(table(1, {0.0F, -0.0F, 0.0F, -0.0F}, {0, 1, 0, 1}), plain_tree());
  EXPECT_EQ(fitted.forest->summary()["leaves"], 1);
}

TEST(ForestTrainer, RegressionTakesLabelsOfAnySize) {
  for (const double scale : {1e-290, 1e-6, 1.0, 1e9, 1e300}) {
    const TestData data = regression_table(1, {1, 2, 3, 4}, {1 * scale, 1 * scale, -3 * scale, 8 * scale});
    const auto fitted = fit(data, plain_tree());
    const std::vector<double> out = predict(*fitted.forest, data);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(out[i] / scale, data.labels.values[i] / scale, 1e-9);
  }
  const double largest = std::numeric_limits<double>::max();
  const auto fitted = fit(regression_table(1, {1, 2}, {-largest, largest}), plain_tree());
  EXPECT_TRUE(std::isfinite(predict_row(*fitted.forest, {1})[0]));
}

TEST(ForestTrainer, ClassWeightCountsLikeRepeatedRows) {
  const TestData data = make_test_data(300, 4, 2, 5, 9);
  TestData repeated = data;
  for (std::size_t row = 0; row < data.rows(); ++row) {
    for (int extra = 0; extra < 2 && data.labels.class_indices[row] == 1; ++extra) {
      for (std::size_t col = 0; col < 4; ++col) repeated.x.push_back(data.view().at(row, col));
      repeated.labels.class_indices.push_back(1);
    }
  }
  ForestParams weighted = plain_tree();
  weighted.max_depth = 4;
  weighted.class_weight = std::vector<std::pair<contract::Value, double>>{{std::int64_t{1}, 3.0}};
  ForestParams unweighted = plain_tree();
  unweighted.max_depth = 4;
  EXPECT_EQ(predict(*fit(data, weighted).forest, data), predict(*fit(repeated, unweighted).forest, data));
}

TEST(ForestTrainer, BalancedWeightsMakeClassesEqual) {
  ForestParams params = plain_tree();
  params.class_weight = contract::ClassWeight::kBalanced;
  for (const std::uint32_t classes : {2U, 3U}) {
    const auto fitted = fit(table(1, {4, 4, 4, 4}, {0, 1, 1, 1}, classes), params);
    EXPECT_NEAR(predict_row(*fitted.forest, {4})[0], 0.5, 1e-12);
  }
}

TEST(ForestTrainer, AClassOfWeightZeroIsNotSeen) {
  ForestParams params = trees(5);
  params.class_weight = std::vector<std::pair<contract::Value, double>>{{std::int64_t{0}, 0.0}};
  const auto fitted = fit(table(1, {1, 2, 3, 4}, {0, 0, 0, 1}), params);
  EXPECT_THAT(predict_row(*fitted.forest, {1}), ElementsAre(0.0, 1.0));
  params.class_weight =
      std::vector<std::pair<contract::Value, double>>{{std::int64_t{0}, 0.0}, {std::int64_t{1}, 0.0}};
  EXPECT_FALSE(fit_forest(table(1, {1, 2}, {0, 1}).view(), table(1, {1, 2}, {0, 1}).labels, params,
                          {.thread_count = 1})
                   .ok());
}

TEST(ForestTrainer, LimitsHold) {
  const TestData data = make_test_data(2000, 5, 2, 1);
  ForestParams params = trees(3);
  params.max_depth = 3;
  EXPECT_LE(fit(data, params).forest->summary()["max_depth"].get<int>(), 3);
  EXPECT_GT(fit(data, params).forest->summary()["leaves"].get<int>(), 3 * 4);
  params = trees(3);
  params.max_leaf_nodes = 10;
  EXPECT_EQ(fit(data, params).forest->summary()["leaves"], 30);
  params = trees(1);
  params.bootstrap = false;
  params.min_samples_leaf = 0.1;
  EXPECT_LE(fit(data, params).forest->summary()["leaves"].get<int>(), 10);
  params.min_samples_leaf = std::int64_t{1};
  params.min_samples_split = std::int64_t{2001};
  EXPECT_EQ(fit(data, params).forest->summary()["leaves"], 1);
  params.min_samples_split = std::int64_t{2};
  params.min_impurity_decrease = 10.0;
  EXPECT_EQ(fit(data, params).forest->summary()["leaves"], 1);
}

TEST(ForestTrainer, BestFirstWithoutALimitThatBindsGivesTheSameTree) {
  const TestData data = make_test_data(400, 4, 2, 8);
  ForestParams params = trees(4);
  const auto depth_first = fit(data, params).forest->to_bytes();
  params.max_leaf_nodes = 1000;
  const auto best_first = fit(data, params);
  EXPECT_EQ(predict(*best_first.forest, data), predict(*fit(data, trees(4)).forest, data));
  EXPECT_EQ(best_first.forest->to_bytes().size(), depth_first.size());
}

TEST(ForestTrainer, MinImpurityDecreaseIsWeightedByTheShareOfRows) {
  // The root's cut lowers gini 0.5 by 0.5 * 1/3 ... as scikit-learn computes: 4 rows of 1, 2 of 0, one impure
  // side.
  const TestData data = table(1, {1, 2, 3, 4, 5, 6}, {0, 0, 1, 1, 1, 1});
  ForestParams params = plain_tree();
  const double decrease = 4.0 / 9;  // gini of (2, 4); both sides pure
  params.min_impurity_decrease = decrease - 1e-9;
  EXPECT_EQ(fit(data, params).forest->summary()["leaves"], 2);
  params.min_impurity_decrease = decrease + 1e-9;
  EXPECT_EQ(fit(data, params).forest->summary()["leaves"], 1);
}

TEST(ForestTrainer, MaxSamplesDrawsFewerRows) {
  const TestData data = make_test_data(1000, 5, 2, 1);
  ForestParams params = trees(5);
  const auto all = fit(data, params).forest->summary()["leaves"].get<int>();
  params.max_samples = 0.1;
  EXPECT_LT(fit(data, params).forest->summary()["leaves"].get<int>(), all / 2);
  params.max_samples = std::int64_t{1};
  EXPECT_EQ(fit(data, params).forest->summary()["leaves"], 5);
}

struct BadParameter {
  const char* message;
  void (*apply)(ForestParams&);
};

class OutOfRange : public testing::TestWithParam<BadParameter> {};

TEST_P(OutOfRange, IsRefusedWithItsRange) {
  const TestData data = make_test_data(20, 3, 2, 1);
  ForestParams params = trees(1);
  GetParam().apply(params);
  const auto fitted = fit_forest(data.view(), data.labels, params, {.thread_count = 1});
  ASSERT_FALSE(fitted.ok());
  EXPECT_EQ(fitted.error().code, base::ErrorCode::kInvalidInput);
  EXPECT_THAT(to_string(fitted.error()), testing::StartsWith(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Parameters, OutOfRange,
    testing::Values(
        BadParameter{"n_estimators: must be an integer >= 1, found 0",
                     [](ForestParams& p) { p.n_estimators = 0; }},
        BadParameter{"max_depth: must be an integer >= 1", [](ForestParams& p) { p.max_depth = 0; }},
        BadParameter{"max_leaf_nodes: must be an integer >= 2",
                     [](ForestParams& p) { p.max_leaf_nodes = 1; }},
        BadParameter{"min_samples_split: must be an integer >= 2",
                     [](ForestParams& p) { p.min_samples_split = std::int64_t{1}; }},
        BadParameter{"min_samples_leaf: must be a share in (0, 1)",
                     [](ForestParams& p) { p.min_samples_leaf = 1.0; }},
        BadParameter{"min_samples_leaf: must be a share",
                     [](ForestParams& p) { p.min_samples_leaf = std::nan(""); }},
        BadParameter{"min_impurity_decrease", [](ForestParams& p) { p.min_impurity_decrease = -0.5; }},
        BadParameter{"max_features: must be from 1 to 3",
                     [](ForestParams& p) { p.max_features = std::int64_t{4}; }},
        BadParameter{"max_features: must be a share in (0, 1]",
                     [](ForestParams& p) { p.max_features = 1.5; }},
        BadParameter{"max_bins: must be from 2 to 65535, found 65536",
                     [](ForestParams& p) { p.max_bins = 65536; }},
        BadParameter{"max_samples: must be from 1 to 20",
                     [](ForestParams& p) { p.max_samples = std::int64_t{21}; }},
        BadParameter{"max_samples: needs bootstrap",
                     [](ForestParams& p) {
                       p.max_samples = 0.5;
                       p.bootstrap = false;
                     }},
        BadParameter{"oob_score: needs bootstrap",
                     [](ForestParams& p) {
                       p.oob_score = true;
                       p.bootstrap = false;
                     }},
        BadParameter{"criterion: must be gini, entropy or log_loss",
                     [](ForestParams& p) { p.criterion = "squared_error"; }},
        BadParameter{
            "class_weight: names the class \"7\", which does not occur",
            [](ForestParams& p) {
              p.class_weight = std::vector<std::pair<contract::Value, double>>{{std::int64_t{7}, 1.0}};
            }},
        BadParameter{
            "class_weight: must be 0 or from 1e-9 to 1e9", [](ForestParams& p) {
              p.class_weight = std::vector<std::pair<contract::Value, double>>{{std::int64_t{1}, -1.0}};
            }}));

TEST(ForestTrainer, RefusesDataItCannotUse) {
  TestData data = make_test_data(20, 3, 2, 1);
  data.x[7] = std::numeric_limits<float>::infinity();
  const auto infinite = fit_forest(data.view(), data.labels, trees(1), {.thread_count = 2});
  ASSERT_FALSE(infinite.ok());
  EXPECT_EQ(infinite.error().where, "row 2, column 1");
  EXPECT_FALSE(fit_forest(model::MatrixView::row_major(data.x.data(), 0, 3), data.labels, trees(1),
                          {.thread_count = 1})
                   .ok());
  EXPECT_FALSE(fit_forest(model::MatrixView::row_major(data.x.data(), 20, 0), data.labels, trees(1),
                          {.thread_count = 1})
                   .ok());
  EXPECT_FALSE(fit_forest(model::MatrixView::row_major(data.x.data(), 10, 3), data.labels, trees(1),
                          {.thread_count = 1})
                   .ok());
  TestData regression = make_test_data(20, 3, 0, 1);
  regression.labels.values[4] = std::nan("");
  EXPECT_FALSE(fit_forest(regression.view(), regression.labels, trees(1), {.thread_count = 1}).ok());
}

TEST(ForestTrainer, StopsWhenAsked) {
  const TestData data = make_test_data(200, 3, 2, 1);
  base::request_cancel();
  const auto fitted = fit_forest(data.view(), data.labels, trees(10), {.thread_count = 2});
  base::reset_cancel();
  ASSERT_FALSE(fitted.ok());
  EXPECT_EQ(fitted.error().code, base::ErrorCode::kCancelled);
}

TEST(ForestTrainer, ReportsEveryTree) {
  struct Recorder : base::Progress {
    std::vector<std::uint64_t> done;
    void update(std::string_view stage, std::uint64_t count, std::uint64_t total,
                std::string_view unit) override {
      EXPECT_EQ(stage, "training");
      EXPECT_EQ(unit, "trees");
      EXPECT_EQ(total, 5U);
      done.push_back(count);
    }
  } recorder;
  const TestData data = make_test_data(100, 3, 2, 1);
  ASSERT_TRUE(
      fit_forest(data.view(), data.labels, trees(5), {.thread_count = 2, .progress = &recorder}).ok());
  EXPECT_THAT(recorder.done, ElementsAre(0, 1, 2, 3, 4, 5));
}

}  // namespace
}  // namespace archmlp::train
