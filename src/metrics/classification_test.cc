#include "archmlp/metrics/classification.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <string>

#include "archmlp/base/rng.h"
#include "archmlp/metrics/reference_cases.h"

namespace archmlp::metrics {
namespace {

using testing::DoubleNear;
using testing::Eq;
using testing::Optional;

testing::Matcher<std::optional<double>> matches(const std::optional<double>& expected) {
  if (!expected) return Eq(std::nullopt);
  return Optional(DoubleNear(*expected, 1e-13 * std::max(1.0, std::abs(*expected))));
}

TEST(Classification, AgreesWithScikitLearn) {
  for (const auto& expected : reference::kClassificationCases) {
    SCOPED_TRACE(expected.name);
    const ConfusionMatrix matrix =
        confusion_matrix(expected.actual, expected.predicted, expected.class_count);
    EXPECT_THAT(cohen_kappa(matrix), matches(expected.kappa));
    EXPECT_THAT(cohen_kappa(matrix, KappaWeights::kLinear), matches(expected.linear_kappa));
    EXPECT_THAT(cohen_kappa(matrix, KappaWeights::kQuadratic), matches(expected.quadratic_kappa));
    EXPECT_THAT(accuracy(matrix), matches(expected.accuracy));
    EXPECT_THAT(balanced_accuracy(matrix), matches(expected.balanced_accuracy));
    EXPECT_THAT(matthews_corrcoef(matrix), matches(expected.matthews_corrcoef));
    const std::vector<ClassScores> scores = class_scores(matrix);
    ASSERT_EQ(scores.size(), expected.scores.size());
    for (std::size_t label = 0; label < scores.size(); ++label) {
      SCOPED_TRACE(label);
      EXPECT_THAT(scores[label].precision, matches(expected.scores[label].precision));
      EXPECT_THAT(scores[label].recall, matches(expected.scores[label].recall));
      EXPECT_THAT(scores[label].f1, matches(expected.scores[label].f1));
      EXPECT_EQ(scores[label].support, expected.scores[label].support);
    }
  }
}

TEST(Ranking, AgreesWithScikitLearn) {
  for (const auto& expected : reference::kRankingCases) {
    SCOPED_TRACE(expected.name);
    EXPECT_THAT(roc_auc(expected.is_positive, expected.scores), matches(expected.roc_auc));
    EXPECT_THAT(average_precision(expected.is_positive, expected.scores),
                matches(expected.average_precision));
  }
}

TEST(LogLoss, AgreesWithScikitLearn) {
  for (const auto& expected : reference::kProbabilityCases) {
    SCOPED_TRACE(expected.name);
    EXPECT_THAT(log_loss(expected.actual, expected.probabilities, expected.class_count),
                matches(expected.log_loss));
  }
}

TEST(ConfusionMatrix, RowsAreActual) {
  const ConfusionMatrix matrix =
      confusion_matrix(std::vector<std::uint32_t>{0, 0, 2}, std::vector<std::uint32_t>{1, 1, 0}, 3);
  EXPECT_EQ(matrix.at(0, 1), 2U);
  EXPECT_EQ(matrix.at(2, 0), 1U);
  EXPECT_EQ(std::accumulate(matrix.counts.begin(), matrix.counts.end(), 0U), 3U);
}

TEST(Classification, NothingIsDefinedWithoutRows) {
  for (const std::size_t class_count : {0U, 1U, 3U}) {
    const ConfusionMatrix matrix = confusion_matrix({}, {}, class_count);
    EXPECT_EQ(cohen_kappa(matrix), std::nullopt);
    EXPECT_EQ(accuracy(matrix), std::nullopt);
    EXPECT_EQ(balanced_accuracy(matrix), std::nullopt);
    EXPECT_EQ(matthews_corrcoef(matrix), std::nullopt);
    EXPECT_EQ(class_scores(matrix).size(), class_count);
    EXPECT_EQ(log_loss({}, {}, class_count), std::nullopt);
  }
  EXPECT_EQ(roc_auc({}, {}), std::nullopt);
  EXPECT_EQ(average_precision({}, {}), std::nullopt);
}

TEST(LogLoss, OneClassIsUndefined) {
  EXPECT_EQ(log_loss(std::vector<std::uint32_t>{0}, std::vector<double>{1.0}, 1), std::nullopt);
}

TEST(Kappa, CountsNearTheLimitStayExact) {
  // 2^32 rows: the squares of the counts need more than 64 bits.
  constexpr std::uint64_t kHalf = 1ULL << 31U;
  EXPECT_EQ(cohen_kappa(ConfusionMatrix{2, {kHalf, 0, 0, kHalf}}), 1.0);
  EXPECT_EQ(matthews_corrcoef(ConfusionMatrix{2, {kHalf, 0, 0, kHalf}}), 1.0);
  EXPECT_EQ(cohen_kappa(ConfusionMatrix{2, {0, kHalf, kHalf, 0}}), -1.0);
  EXPECT_EQ(cohen_kappa(ConfusionMatrix{2, {kHalf / 2, kHalf / 2, kHalf / 2, kHalf / 2}}), 0.0);
}

TEST(Kappa, WordsOfLandisAndKoch) {
  EXPECT_EQ(landis_koch(-0.01), "poor");
  EXPECT_EQ(landis_koch(0.0), "slight");
  EXPECT_EQ(landis_koch(0.2), "slight");
  EXPECT_EQ(landis_koch(0.205), "fair");
  EXPECT_EQ(landis_koch(0.5), "moderate");
  EXPECT_EQ(landis_koch(0.8), "substantial");
  EXPECT_EQ(landis_koch(0.81), "almost perfect");
  EXPECT_EQ(landis_koch(1.0), "almost perfect");
}

TEST(RocAuc, IsTheShareOfPairsInOrder) {
  base::Rng rng(11);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::uint8_t> is_positive(1 + rng.below(40));
    std::vector<double> scores(is_positive.size());
    for (std::size_t row = 0; row < scores.size(); ++row) {
      is_positive[row] = rng.below(3) == 0 ? 1 : 0;
      scores[row] = static_cast<double>(rng.below(8));
    }
    double wins = 0;
    double pairs = 0;
    for (std::size_t a = 0; a < scores.size(); ++a) {
      for (std::size_t b = 0; b < scores.size(); ++b) {
        if (is_positive[a] == 0 || is_positive[b] != 0) continue;
        pairs += 1;
        wins += scores[a] > scores[b] ? 1.0 : scores[a] == scores[b] ? 0.5 : 0.0;
      }
    }
    const std::optional<double> expected = pairs == 0 ? std::nullopt : std::optional(wins / pairs);
    EXPECT_EQ(roc_auc(is_positive, scores), expected);
  }
}

TEST(LogLoss, LogarithmIsThatOfTheLibrary) {
  base::Rng rng(5);
  for (int round = 0; round < 20'000; ++round) {
    const double probability = round % 2 == 0 ? rng.uniform() * 0.999 + 1e-12 : 1.0 - rng.uniform() * 1e-9;
    const std::vector<double> probabilities{probability, 1 - probability};
    const double sum = probability + (1 - probability);
    EXPECT_THAT(log_loss(std::vector<std::uint32_t>{0}, probabilities, 2),
                Optional(DoubleNear(-std::log(probability / sum), 1e-15 - 4e-16 * std::log(probability))));
  }
}

}  // namespace
}  // namespace archmlp::metrics
