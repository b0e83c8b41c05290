#include "archmlp/metrics/regression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "archmlp/metrics/reference_cases.h"

namespace archmlp::metrics {
namespace {

using testing::DoubleNear;
using testing::Eq;
using testing::Optional;

testing::Matcher<std::optional<double>> is_about(const std::optional<double>& expected) {
  if (!expected) return Eq(std::nullopt);
  return Optional(DoubleNear(*expected, 1e-13 * std::max(1.0, std::abs(*expected))));
}

TEST(Regression, AgreesWithScikitLearn) {
  for (const auto& expected : reference::kRegressionCases) {
    SCOPED_TRACE(expected.name);
    EXPECT_THAT(root_mean_squared_error(expected.actual, expected.predicted),
                is_about(expected.root_mean_squared_error));
    EXPECT_THAT(mean_absolute_error(expected.actual, expected.predicted),
                is_about(expected.mean_absolute_error));
    EXPECT_THAT(r2(expected.actual, expected.predicted), is_about(expected.r2));
  }
}

TEST(Regression, NothingIsDefinedWithoutRows) {
  EXPECT_EQ(root_mean_squared_error({}, {}), std::nullopt);
  EXPECT_EQ(mean_absolute_error({}, {}), std::nullopt);
  EXPECT_EQ(r2({}, {}), std::nullopt);
}

TEST(Regression, SmallErrorsAreNotLostBehindLargeOnes) {
  std::vector<double> actual(100'001, 1.0);
  actual[0] = 1e16;
  const std::vector<double> predicted(actual.size(), 0.0);
  EXPECT_EQ(mean_absolute_error(actual, predicted), (1e16 + 100'000) / 100'001);
}

}  // namespace
}  // namespace archmlp::metrics
