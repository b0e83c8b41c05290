#include "archmlp/train/median_costs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "archmlp/base/rng.h"

namespace archmlp::train {
namespace {

struct WeightedLabel {
  std::int64_t label;
  std::uint64_t weight;
};

/// By trying every label.
double least_cost(const std::vector<WeightedLabel>& rows) {
  double least = INFINITY;
  for (const WeightedLabel& centre : rows) {
    double cost = 0;
    for (const WeightedLabel& row : rows) {
      cost += static_cast<double>(row.weight) * static_cast<double>(std::abs(row.label - centre.label));
    }
    least = std::min(least, cost);
  }
  return least;
}

TEST(MedianCosts, AreTheLeastThatAnyLabelGives) {
  base::Rng rng(1);
  for (std::size_t distinct : {1U, 2U, 3U, 7U, 20U}) {
    std::vector<std::int64_t> labels;
    for (std::size_t i = 0; i < distinct; ++i) labels.push_back(static_cast<std::int64_t>(i * i) - 30);
    MedianCosts costs;
    costs.set_labels(labels);
    std::vector<WeightedLabel> rows;
    for (int i = 0; i < 60; ++i) {
      const auto rank = static_cast<std::uint32_t>(rng.below(distinct));
      const std::uint64_t weight = 1 + rng.below(4);
      costs.add(rank, weight);
      rows.push_back({labels[rank], weight});
      ASSERT_EQ(static_cast<double>(costs.cost()), least_cost(rows));
    }
    costs.clear();
    EXPECT_EQ(static_cast<double>(costs.cost()), 0.0);
  }
}

TEST(MedianCosts, LieBetweenTheMiddleLabels) {
  const std::vector<std::int64_t> labels = {1, 4, 10};
  MedianCosts costs;
  costs.set_labels(labels);
  costs.add(0, 1);
  EXPECT_EQ(costs.median(), 1.0);
  costs.add(2, 1);
  EXPECT_EQ(costs.median(), 5.5);
  costs.add(1, 1);
  EXPECT_EQ(costs.median(), 4.0);
  costs.add(2, 2);
  EXPECT_EQ(costs.median(), 10.0);
}

}  // namespace
}  // namespace archmlp::train
