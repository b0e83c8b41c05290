#include "archmlp/metrics/regression.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>

namespace archmlp::metrics {
namespace {

/// Sum that does not lose small terms behind a large total. Source: Neumaier 1974.
class Sum {
 public:
  void add(double term) {
    const double next = total_ + term;
    lost_ += std::abs(total_) >= std::abs(term) ? (total_ - next) + term : (term - next) + total_;
    total_ = next;
  }
  double value() const { return total_ + lost_; }

 private:
  double total_ = 0;
  double lost_ = 0;
};

template <typename Term>
double sum_over_rows(std::size_t row_count, Term term) {
  Sum sum;
  for (std::size_t row = 0; row < row_count; ++row) sum.add(term(row));
  return sum.value();
}

double squared_error_sum(std::span<const double> actual, std::span<const double> predicted) {
  return sum_over_rows(actual.size(), [&](std::size_t row) {
    const double error = actual[row] - predicted[row];
    return error * error;
  });
}

}  // namespace

std::optional<double> root_mean_squared_error(std::span<const double> actual,
                                              std::span<const double> predicted) {
  assert(actual.size() == predicted.size());
  if (actual.empty()) return std::nullopt;
  return std::sqrt(squared_error_sum(actual, predicted) / static_cast<double>(actual.size()));
}

std::optional<double> mean_absolute_error(std::span<const double> actual, std::span<const double> predicted) {
  assert(actual.size() == predicted.size());
  if (actual.empty()) return std::nullopt;
  return sum_over_rows(actual.size(),
                       [&](std::size_t row) { return std::abs(actual[row] - predicted[row]); }) /
         static_cast<double>(actual.size());
}

std::optional<double> r2(std::span<const double> actual, std::span<const double> predicted) {
  assert(actual.size() == predicted.size());
  if (actual.empty()) return std::nullopt;
  // Compared, not computed: the variance of a constant such as 0.1 need not round to zero.
  const auto [low, high] = std::minmax_element(actual.begin(), actual.end());
  if (*low == *high) return std::nullopt;
  const double mean = sum_over_rows(actual.size(), [&](std::size_t row) { return actual[row]; }) /
                      static_cast<double>(actual.size());
  const double variation = sum_over_rows(actual.size(), [&](std::size_t row) {
    const double distance = actual[row] - mean;
    return distance * distance;
  });
  if (variation == 0) return std::nullopt;  // underflow
  return 1 - squared_error_sum(actual, predicted) / variation;
}

}  // namespace archmlp::metrics
