#include "archmlp/svm/pair_fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "archmlp/base/rng.h"
#include "archmlp/svm/test_data.h"

namespace archmlp::svm {
namespace {

/// Two classes of rows, "second" where the sign is positive.
SvmLabels labels_of(const std::vector<std::uint32_t>& indices, const std::vector<double>& weights = {}) {
  return {.classes = {false, true}, .class_indices = indices, .values = {}, .weights = weights};
}

std::vector<std::uint32_t> indices_of(const TestData& data) {
  std::vector<std::uint32_t> indices;
  for (const int sign : data.sign) indices.push_back(sign > 0 ? 1 : 0);
  return indices;
}

TEST(Standardize, GivesMean0AndVariance1AndCountsWeightsAsRepeats) {
  const std::vector<float> x = {1, 5, 0.1F, 2, 5, 0.1F, 4, 5, 0.1F, 8, 5, 0.1F};
  const std::vector<std::uint32_t> indices = {0, 1, 0, 1};
  const std::vector<double> weights = {1, 2, 1, 0};
  const auto labels = labels_of(indices, weights);
  TrainingRows weighted = rows_with_weight(model::MatrixView::row_major(x.data(), 4, 3), labels).value();
  ASSERT_EQ(weighted.count(), 3U);
  const std::vector<model::SvmScale> scales = standardize(weighted);
  EXPECT_DOUBLE_EQ(scales[0].shift, 9.0 / 4);  // of 1, 2, 2, 4
  EXPECT_DOUBLE_EQ(scales[0].factor, 1 / std::sqrt(25.0 / 4 - 81.0 / 16));
  EXPECT_EQ(scales[1].factor, 1);  // of a constant, as StandardScaler
  EXPECT_EQ(scales[2].factor, 1);
  EXPECT_EQ(weighted.row(0)[0], scales[0].apply(1));
  EXPECT_EQ(weighted.row(0)[1], 0);
}

/// The gradient of the likelihood that Platt's sigmoid makes largest, by its definition.
std::pair<double, double> likelihood_gradient(const std::vector<double>& decisions,
                                              const std::vector<std::uint8_t>& is_second,
                                              const model::SvmSigmoid& sigmoid) {
  const double second = std::accumulate(is_second.begin(), is_second.end(), 0.0);
  const double first = static_cast<double>(is_second.size()) - second;
  double slope = 0, offset = 0;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    const double target = is_second[i] != 0 ? (second + 1) / (second + 2) : 1 / (first + 2);
    const double p = 1 / (1 + std::exp(sigmoid.slope * decisions[i] + sigmoid.offset));
    slope += decisions[i] * (target - p);
    offset += target - p;
  }
  return {slope, offset};
}

TEST(FitSigmoid, ReachesTheMostLikelySigmoid) {
  base::Rng rng(5);
  for (const double share : {0.02, 0.3, 0.5, 0.97}) {
    std::vector<double> decisions;
    std::vector<std::uint8_t> is_second;
    for (int i = 0; i < 2000; ++i) {
      is_second.push_back(rng.uniform() < share ? 1 : 0);
      decisions.push_back((is_second.back() != 0 ? 0.8 : -0.8) + 3 * (rng.uniform() - 0.5));
    }
    const model::SvmSigmoid sigmoid = fit_sigmoid(decisions, is_second);
    const auto [slope, offset] = likelihood_gradient(decisions, is_second, sigmoid);
    EXPECT_NEAR(slope, 0, 1e-4);
    EXPECT_NEAR(offset, 0, 1e-4);
    EXPECT_LT(sigmoid.slope, 0);
  }
}

TEST(FitSigmoid, SeparatedAndConstantDecisionsStayFinite) {
  const std::vector<std::uint8_t> is_second = {0, 0, 0, 1, 1, 1};
  for (const std::vector<double>& decisions :
       {std::vector<double>{-3, -2, -1, 1, 2, 3}, std::vector<double>(6, 0.0), std::vector<double>(6, 1e6)}) {
    const model::SvmSigmoid sigmoid = fit_sigmoid(decisions, is_second);
    EXPECT_TRUE(std::isfinite(sigmoid.slope) && std::isfinite(sigmoid.offset));
  }
}

TEST(FitPairSigmoid, IsCalibratedOnRowsThatItNeverSaw) {
  const TestData data = make_test_data(1500, 4, true, 31);
  const std::vector<std::uint32_t> indices = indices_of(data);
  const auto labels = labels_of(indices);
  const auto svm = fit_svm(data.view(), labels, {.probability = true}).value();
  const TestData fresh = make_test_data(1500, 4, true, 32);
  std::vector<double> out(3 * fresh.rows());
  ASSERT_TRUE(svm->predict(fresh.view(), out).ok());
  double expected = 0, actual = 0, brier = 0;
  for (std::size_t row = 0; row < fresh.rows(); ++row) {
    const double p = out[3 * row + 2], is_second = fresh.sign[row] > 0 ? 1 : 0;
    EXPECT_NEAR(out[3 * row + 1] + p, 1, 1e-15);
    expected += p;
    actual += is_second;
    brier += (p - is_second) * (p - is_second);
  }
  const auto count = static_cast<double>(fresh.rows());
  EXPECT_NEAR(expected / count, actual / count, 0.03);
  const double base_rate = actual / count;
  EXPECT_LT(brier / count, 0.6 * base_rate * (1 - base_rate));
}

TEST(FitPairSigmoid, ProbabilitiesChangeNoDecisionAndTheSeedDrawsTheParts) {
  const TestData data = make_test_data(400, 4, true, 33);
  std::vector<std::uint32_t> indices;
  for (const double target : data.target) indices.push_back(target < -0.3 ? 0 : target < 0.3 ? 1 : 2);
  SvmLabels labels = labels_of(indices);
  labels.classes = {std::int64_t{0}, std::int64_t{1}, std::int64_t{2}};
  const auto plain = fit_svm(data.view(), labels, {}).value();
  const auto with = fit_svm(data.view(), labels, {.probability = true}).value();
  const auto again = fit_svm(data.view(), labels, {.probability = true}, {.thread_count = 3}).value();
  const auto other = fit_svm(data.view(), labels, {.probability = true, .random_state = 1}).value();
  EXPECT_EQ(with->to_bytes(), again->to_bytes());
  EXPECT_NE(with->to_bytes(), other->to_bytes());
  std::vector<double> a(3 * data.rows()), b(6 * data.rows());
  ASSERT_TRUE(plain->predict(data.view(), a).ok() && with->predict(data.view(), b).ok());
  for (std::size_t row = 0; row < data.rows(); ++row) {
    const std::span<const double> decisions(a.data() + 3 * row, 3), outputs(b.data() + 6 * row, 6);
    for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(decisions[c], outputs[c]);
    EXPECT_EQ(plain->class_of(decisions), with->class_of(outputs));
    EXPECT_NEAR(outputs[3] + outputs[4] + outputs[5], 1, 1e-12);
  }
}

TEST(FitSvm, ScalingInsideIsScalingOutside) {
  const TestData data = make_test_data(300, 5, false, 34);
  const std::vector<std::uint32_t> indices = indices_of(data);
  const auto labels = labels_of(indices);
  const auto inside = fit_svm(data.view(), labels, {.scale = true}).value();
  TrainingRows scaled = rows_with_weight(data.view(), labels).value();
  standardize(scaled);
  const auto outside = fit_svm(scaled.view(), labels, {}).value();
  std::vector<double> a(data.rows()), b = a;
  ASSERT_TRUE(inside->predict(data.view(), a).ok());
  ASSERT_TRUE(outside->predict(scaled.view(), b).ok());
  EXPECT_EQ(a, b);
  EXPECT_EQ(inside->summary()["scaled"], true);
}

}  // namespace
}  // namespace archmlp::svm
