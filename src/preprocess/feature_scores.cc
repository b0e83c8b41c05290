#include "archmlp/preprocess/feature_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "archmlp/preprocess/numbers.h"

namespace archmlp::preprocess {
namespace {

constexpr std::size_t kMostIntervals = 16;

/// So that five rows are to be expected in each cell of a table of two columns.
std::size_t interval_count(std::size_t row_count) {
  return std::clamp<std::size_t>(static_cast<std::size_t>(std::sqrt(static_cast<double>(row_count) / 5.0)), 2,
                                 kMostIntervals);
}

/// One-way analysis of variance.
double f_of_classes(const std::vector<double>& numbers, const TrainingLabel& label) {
  std::vector<std::vector<double>> groups(label.classes.size());
  std::vector<double> all;
  for (std::size_t row = 0; row < numbers.size(); ++row) {
    if (std::isnan(numbers[row])) continue;
    groups[label.class_of[row]].push_back(numbers[row]);
    all.push_back(numbers[row]);
  }
  std::erase_if(groups, [](const std::vector<double>& group) { return group.empty(); });
  if (groups.size() < 2 || all.size() <= groups.size()) return std::numeric_limits<double>::quiet_NaN();
  const double mean = moments(all).mean;
  double between = 0.0;
  double within = 0.0;
  for (const std::vector<double>& group : groups) {
    const Moments own = moments(group);
    const auto count = static_cast<double>(group.size());
    between += count * (own.mean - mean) * (own.mean - mean);
    within += count * own.standard_deviation * own.standard_deviation;
  }
  const auto class_count = static_cast<double>(groups.size());
  return between / (class_count - 1.0) / (within / (static_cast<double>(all.size()) - class_count));
}

double f_of_regression(const std::vector<double>& numbers, const TrainingLabel& label) {
  const double r = correlation(numbers, label.numbers);
  const auto count =
      numbers.size() - static_cast<std::size_t>(std::count_if(numbers.begin(), numbers.end(),
                                                              [](double x) { return std::isnan(x); }));
  return r * r / (1.0 - r * r) * (static_cast<double>(count) - 2.0);
}

/// The interval of each number; kMostIntervals for a missing one.
std::vector<std::uint32_t> intervals(const std::vector<double>& numbers) {
  std::vector<double> sorted = numbers;
  std::erase_if(sorted, [](double number) { return std::isnan(number); });
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> edges;
  const std::size_t count = interval_count(numbers.size());
  for (std::size_t i = 1; i < count && !sorted.empty(); ++i) {
    const double edge = sorted[i * sorted.size() / count];
    if (edge > sorted.front() && (edges.empty() || edge > edges.back())) edges.push_back(edge);
  }
  std::vector<std::uint32_t> result;
  result.reserve(numbers.size());
  for (const double number : numbers) {
    result.push_back(std::isnan(number)
                         ? static_cast<std::uint32_t>(kMostIntervals)
                         : static_cast<std::uint32_t>(std::upper_bound(edges.begin(), edges.end(), number) -
                                                      edges.begin()));
  }
  return result;
}

}  // namespace

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> x, y;
  for (std::size_t row = 0; row < a.size(); ++row) {
    if (std::isnan(a[row]) || std::isnan(b[row])) continue;
    x.push_back(a[row]);
    y.push_back(b[row]);
  }
  if (x.empty()) return std::numeric_limits<double>::quiet_NaN();
  const Moments of_x = moments(x);
  const Moments of_y = moments(y);
  std::vector<double> products(x.size());
  for (std::size_t row = 0; row < x.size(); ++row) {
    products[row] = (x[row] - of_x.mean) * (y[row] - of_y.mean);
  }
  return sum(products) / static_cast<double>(x.size()) / (of_x.standard_deviation * of_y.standard_deviation);
}

double f_score(const std::vector<double>& numbers, const TrainingLabel& label) {
  return label.task == contract::Task::kClassification ? f_of_classes(numbers, label)
                                                       : f_of_regression(numbers, label);
}

double mutual_information(const std::vector<double>& numbers, const TrainingLabel& label) {
  const bool has_classes = label.task == contract::Task::kClassification;
  const std::vector<std::uint32_t> x = intervals(numbers);
  const std::vector<std::uint32_t> y = has_classes ? label.class_of : intervals(label.numbers);
  const std::size_t y_count = has_classes ? label.classes.size() : kMostIntervals + 1;
  std::vector<double> joint((kMostIntervals + 1) * y_count, 0.0), x_counts(kMostIntervals + 1, 0.0),
      y_counts(y_count, 0.0);
  for (std::size_t row = 0; row < x.size(); ++row) {
    joint[x[row] * y_count + y[row]] += 1.0;
    x_counts[x[row]] += 1.0;
    y_counts[y[row]] += 1.0;
  }
  const auto count = static_cast<double>(x.size());
  double information = 0.0;
  for (std::size_t i = 0; i <= kMostIntervals; ++i) {
    for (std::size_t k = 0; k < y_count; ++k) {
      const double together = joint[i * y_count + k];
      if (together > 0.0)
        information += together / count * std::log(together * count / (x_counts[i] * y_counts[k]));
    }
  }
  const auto is_used = [](double occurrences) { return occurrences > 0.0; };
  const auto used_x = static_cast<double>(std::count_if(x_counts.begin(), x_counts.end(), is_used));
  const auto used_y = static_cast<double>(std::count_if(y_counts.begin(), y_counts.end(), is_used));
  return information - (used_x - 1.0) * (used_y - 1.0) / (2.0 * count);
}

}  // namespace archmlp::preprocess
