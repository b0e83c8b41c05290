#include "archmlp/profile/measures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "archmlp/base/rng.h"
#include "archmlp/profile/number_summary.h"
#include "archmlp/profile/reference_cases.h"
#include "archmlp/profile/sort_values.h"

namespace archmlp::profile {
namespace {

void expect_near(const std::optional<double>& found, const std::optional<double>& expected,
                 double scale = 1) {
  ASSERT_EQ(found.has_value(), expected.has_value());
  if (expected) {
    EXPECT_NEAR(*found, *expected, 1e-12 * std::max(scale, std::abs(*expected)));
  }
}

Codes codes_of(const std::vector<std::int32_t>& codes) {
  return {codes, static_cast<std::size_t>(*std::max_element(codes.begin(), codes.end()) + 1)};
}

TEST(Measures, PearsonAgreesWithPandas) {
  for (const reference::PearsonCase& c : reference::kPearsonCases) {
    SCOPED_TRACE(c.name);
    // pandas accumulates far from zero too; its own error shows at 1e-10.
    const double tolerance = std::string(c.name) == "far from zero" ? 1e3 : 1;
    expect_near(pearson(c.x, c.y), c.value, tolerance);
    expect_near(pearson(c.y, c.x), c.value, tolerance);
  }
}

TEST(Measures, CramersVAgreesWithScipy) {
  for (const reference::CramersVCase& c : reference::kCramersVCases) {
    SCOPED_TRACE(c.name);
    expect_near(cramers_v(codes_of(c.a), codes_of(c.b)), c.value);
    expect_near(cramers_v(codes_of(c.b), codes_of(c.a)), c.value);
  }
}

TEST(Measures, CodesThatDoNotOccurCountForNothing) {
  const reference::CramersVCase& c = reference::kCramersVCases[2];
  expect_near(cramers_v({c.a, 90}, {c.b, 50}), c.value);
}

TEST(Measures, CorrelationRatioAgreesWithPandas) {
  for (const reference::CorrelationRatioCase& c : reference::kCorrelationRatioCases) {
    SCOPED_TRACE(c.name);
    expect_near(correlation_ratio(codes_of(c.categories), c.values), c.value);
  }
}

TEST(Measures, NothingToCompare) {
  EXPECT_EQ(pearson({}, {}), std::nullopt);
  EXPECT_EQ(cramers_v({}, {}), std::nullopt);
  EXPECT_EQ(correlation_ratio({}, {}), std::nullopt);
}

TEST(NumberSummary, AgreesWithPandas) {
  for (const reference::SummaryCase& c : reference::kSummaryCases) {
    SCOPED_TRACE(c.name);
    std::vector<double> sorted = c.values;
    sort_values(sorted);
    const double mean = mean_of(sorted);
    const double size = std::max(std::abs(sorted.front()), std::abs(sorted.back()));
    EXPECT_NEAR(mean, c.mean, 1e-15 * size);
    const NumberSummary summary = summarize_numbers(std::span<const double>(sorted), mean);
    expect_near(summary.std, c.std);
    // Cubes of small deviations from large values keep fewer digits.
    if (std::string(c.name) != "large and close") expect_near(summary.skewness, c.skewness, 1e2);
    ASSERT_EQ(summary.quantiles.size(), c.quantiles.size());
    for (std::size_t i = 0; i < c.quantiles.size(); ++i) {
      EXPECT_DOUBLE_EQ(summary.quantiles[i].value, c.quantiles[i]) << i;
    }
  }
}

TEST(NumberSummary, HugeNumbersDoNotOverflow) {
  constexpr double kMost = std::numeric_limits<double>::max();
  const std::vector<double> sorted{-kMost, -kMost, 0, kMost, kMost};
  EXPECT_EQ(mean_of(sorted), 0);
  const NumberSummary summary = summarize_numbers(std::span<const double>(sorted), 0.0);
  ASSERT_TRUE(summary.std && summary.skewness);
  EXPECT_EQ(*summary.std, kMost);
  EXPECT_EQ(*summary.skewness, 0);
  for (const Quantile& quantile : summary.quantiles) EXPECT_TRUE(std::isfinite(quantile.value));
  EXPECT_EQ(summary.histogram.edges.front(), -kMost);
  EXPECT_EQ(summary.histogram.edges.back(), kMost);
}

void expect_counted(const Histogram& histogram, std::vector<double> values) {
  ASSERT_EQ(histogram.edges.size(), histogram.counts.size() + 1);
  EXPECT_TRUE(std::is_sorted(histogram.edges.begin(), histogram.edges.end()));
  std::vector<std::size_t> counts(histogram.counts.size());
  std::size_t below = 0, above = 0;
  for (const double value : values) {
    if (value < histogram.edges.front()) {
      ++below;
    } else if (value > histogram.edges.back()) {
      ++above;
    } else {
      std::size_t bin = 0;
      while (bin + 1 < counts.size() && value >= histogram.edges[bin + 1]) ++bin;
      ++counts[bin];
    }
  }
  EXPECT_EQ(histogram.counts, counts);
  EXPECT_EQ(histogram.below, below);
  EXPECT_EQ(histogram.above, above);
}

TEST(Histogram, EveryValueIsCountedOnce) {
  base::Rng rng(5);
  for (int round = 0; round < 40; ++round) {
    std::vector<double> values;
    const std::uint64_t size = 1 + rng.below(300);
    const double scale = std::exp2(static_cast<double>(rng.below(80)) - 40);
    for (std::uint64_t i = 0; i < size; ++i) {
      const double value = rng.uniform() - 0.3;
      values.push_back((round % 2 == 0 ? value : std::exp(20 * value)) * scale);
    }
    sort_values(values);
    const Histogram histogram = bin_numbers(std::span<const double>(values));
    expect_counted(histogram, values);
    EXPECT_LE(histogram.counts.size(), 102U);
  }
}

TEST(Histogram, WholeNumbersGetABinEach) {
  const std::vector<std::int64_t> values{-1, 0, 0, 3, 3, 3};
  const Histogram histogram = bin_numbers(std::span<const std::int64_t>(values));
  EXPECT_EQ(histogram.edges, (std::vector<double>{-1, 0, 1, 2, 3, 4}));
  EXPECT_EQ(histogram.counts, (std::vector<std::size_t>{1, 2, 0, 0, 3}));
}

TEST(Histogram, EdgesAreRound) {
  std::vector<double> values;
  for (int i = 0; i <= 1000; ++i) values.push_back(i / 1000.0);
  const Histogram histogram = bin_numbers(std::span<const double>(values));
  EXPECT_EQ(histogram.edges.size(), 11U);
  for (std::size_t i = 0; i < histogram.edges.size(); ++i)
    EXPECT_EQ(histogram.edges[i], static_cast<double>(i) / 10);
}

TEST(Histogram, LongTailsAreCutOff) {
  std::vector<double> values(1000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i) / 100;
  values.back() = 1e9;
  const Histogram histogram = bin_numbers(std::span<const double>(values));
  EXPECT_LT(histogram.edges.back(), 20);
  EXPECT_GE(histogram.above, 1U);
  expect_counted(histogram, values);
}

TEST(Histogram, TooCloseForRoundEdges) {
  const std::vector<double> values{1e300, std::nextafter(1e300, 2e300)};
  expect_counted(bin_numbers(std::span<const double>(values)), values);
  const std::vector<double> constant{7, 7};
  expect_counted(bin_numbers(std::span<const double>(constant)), constant);
}

TEST(SortValues, AsTheLibraryDoes) {
  base::Rng rng(9);
  for (const std::size_t size : {0U, 1U, 100U, 5000U, 40000U}) {
    std::vector<std::int64_t> integers(size);
    std::vector<double> reals(size);
    for (std::size_t i = 0; i < size; ++i) {
      integers[i] = static_cast<std::int64_t>(rng.next() >> rng.below(64));
      if (rng.below(2) == 0) integers[i] = -integers[i];
      reals[i] = std::ldexp(rng.uniform() - 0.5, static_cast<int>(rng.below(2000)) - 1000);
    }
    auto sorted_integers = integers;
    auto sorted_reals = reals;
    std::sort(sorted_integers.begin(), sorted_integers.end());
    std::sort(sorted_reals.begin(), sorted_reals.end());
    sort_values(integers);
    sort_values(reals);
    EXPECT_EQ(integers, sorted_integers);
    EXPECT_EQ(reals, sorted_reals);
  }
}

}  // namespace
}  // namespace archmlp::profile
