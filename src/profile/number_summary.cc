#include "archmlp/profile/number_summary.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <type_traits>

namespace archmlp::profile {
namespace {

__extension__ using Wide = __int128;

constexpr std::array kProbabilities = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99};

/// Source: Neumaier 1974, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen".
class CompensatedSum {
 public:
  void add(double term) {
    const double sum = sum_ + term;
    lost_ += std::abs(sum_) >= std::abs(term) ? (sum_ - sum) + term : (term - sum) + sum_;
    sum_ = sum;
  }
  double value() const { return sum_ + lost_; }

 private:
  double sum_ = 0, lost_ = 0;
};

/// A power of two by which to divide, so that neither fourth powers nor sums overflow or vanish.
double scale_of(double largest) {
  if (largest == 0 || (largest > 1e-60 && largest < 1e60)) return 1;
  return std::ldexp(1.0, std::ilogb(largest));
}

/// numpy's default, with its way to interpolate.
template <typename T>
double quantile_of(std::span<const T> sorted, double probability) {
  const double position = probability * static_cast<double>(sorted.size() - 1);
  const auto index = static_cast<std::size_t>(position);
  const auto low = static_cast<double>(sorted[index]);
  if (index + 1 >= sorted.size()) return low;
  const auto high = static_cast<double>(sorted[index + 1]);
  const double part = position - static_cast<double>(index);
  if (!std::isfinite(high - low)) return low * (1 - part) + high * part;
  return part < 0.5 ? low + (high - low) * part : high - (high - low) * (1 - part);
}

template <typename T>
NumberSummary summarize(std::span<const T> sorted, double mean) {
  assert(!sorted.empty());
  NumberSummary summary;
  const auto zeros = std::equal_range(sorted.begin(), sorted.end(), T{0});
  summary.negative_count = static_cast<std::size_t>(zeros.first - sorted.begin());
  summary.zero_count = static_cast<std::size_t>(zeros.second - zeros.first);
  for (const double probability : kProbabilities) {
    summary.quantiles.push_back({probability, quantile_of(sorted, probability)});
  }
  summary.histogram = bin_numbers(sorted);

  const auto min = static_cast<double>(sorted.front());
  const auto max = static_cast<double>(sorted.back());
  const double scale = scale_of(std::max(std::abs(min), std::abs(max)));
  CompensatedSum squares, cubes;
  for (const T value : sorted) {
    const double deviation = static_cast<double>(value) / scale - mean / scale;
    squares.add(deviation * deviation);
    cubes.add(deviation * deviation * deviation);
  }
  const auto count = static_cast<double>(sorted.size());
  if (sorted.size() > 1) summary.std = min == max ? 0.0 : std::sqrt(squares.value() / (count - 1)) * scale;
  if (sorted.size() > 2 && min == max) summary.skewness = 0.0;
  if (sorted.size() > 2 && squares.value() > 0) {
    const double variance = squares.value() / count;
    const double g1 = cubes.value() / count / (variance * std::sqrt(variance));
    summary.skewness = g1 * std::sqrt(count * (count - 1)) / (count - 2);
  }
  return summary;
}

struct BinRange {
  double low, high;
};

constexpr double kLeastBins = 8;
constexpr double kMostBins = 50;

template <typename T>
BinRange range_to_bin(std::span<const T> sorted) {
  const BinRange all{static_cast<double>(sorted.front()), static_cast<double>(sorted.back())};
  const BinRange middle{quantile_of(sorted, 0.01), quantile_of(sorted, 0.99)};
  const bool long_tails = (middle.high - middle.low) * 5 < all.high - all.low;
  return long_tails && middle.low < middle.high ? middle : all;
}

/// The least of 1, 2, 5 times a power of ten that is not below `width`.
double round_width(double width) {
  const double power = std::pow(10.0, std::floor(std::log10(width)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (step * power >= width) return step * power;
  }
  return 10 * power;
}

/// Multiples of a round width around the range; equal parts of it where doubles are too coarse for that.
std::vector<double> edges_of(BinRange range, double bin_count, bool whole) {
  const double span = range.high - range.low;
  if (range.low == range.high) return {range.low, range.high};
  std::vector<double> edges;
  if (std::isfinite(span)) {
    double width = round_width(span / bin_count);
    if (whole) width = std::max(width, 1.0);
    // A width below 1 divides by a whole number, so that edges are the doubles nearest to 0.1, 0.2, ...
    const double parts = std::round(1 / width);
    const auto edge = [&](double index) { return width < 1 ? index / parts : index * width; };
    const double first = std::floor(range.low / width);
    for (double index = first; edges.empty() || edges.back() < range.high; ++index) {
      edges.push_back(edge(index));
      if (edges.size() > 2 * static_cast<std::size_t>(kMostBins) + 2) break;
    }
    // The upper edge belongs to the last bin; whole numbers need the next one for themselves.
    if (whole && width == 1 && edges.back() == range.high)
      edges.push_back(edge(first + static_cast<double>(edges.size())));
  }
  const bool usable = edges.size() > 1 && edges.front() <= range.low && edges.back() >= range.high &&
                      std::adjacent_find(edges.begin(), edges.end(), std::greater_equal<>()) == edges.end();
  if (usable) return edges;
  edges.clear();
  for (double part = 0; part <= kLeastBins; ++part) {
    const double share = part / kLeastBins;
    const double edge = part == kLeastBins ? range.high : range.low * (1 - share) + range.high * share;
    if (edges.empty() || edge > edges.back()) edges.push_back(edge);
  }
  return edges;
}

template <typename T>
Histogram bin(std::span<const T> sorted) {
  assert(!sorted.empty());
  const BinRange range = range_to_bin(sorted);
  const double spread = quantile_of(sorted, 0.75) - quantile_of(sorted, 0.25);
  const double advised = 2 * spread / std::cbrt(static_cast<double>(sorted.size()));
  double bin_count = advised > 0 ? (range.high - range.low) / advised : kMostBins;
  bin_count = bin_count > kLeastBins ? std::min(bin_count, kMostBins) : kLeastBins;
  const bool whole = std::is_integral_v<T>;
  if (whole && range.high - range.low < kMostBins) bin_count = kMostBins;

  Histogram histogram;
  histogram.edges = edges_of(range, bin_count, whole);
  const auto position_of = [&](double edge) {
    const auto place = std::lower_bound(sorted.begin(), sorted.end(), edge, [](T value, double limit) {
      return static_cast<double>(value) < limit;
    });
    return static_cast<std::size_t>(place - sorted.begin());
  };
  const auto end_of = [&](double edge) {
    const auto place = std::upper_bound(sorted.begin(), sorted.end(), edge, [](double limit, T value) {
      return limit < static_cast<double>(value);
    });
    return static_cast<std::size_t>(place - sorted.begin());
  };
  std::size_t begin = position_of(histogram.edges.front());
  histogram.below = begin;
  for (std::size_t index = 1; index < histogram.edges.size(); ++index) {
    const bool last = index + 1 == histogram.edges.size();
    const std::size_t end = last ? end_of(histogram.edges[index]) : position_of(histogram.edges[index]);
    histogram.counts.push_back(end - begin);
    begin = end;
  }
  histogram.above = sorted.size() - begin;
  return histogram;
}

}  // namespace

double mean_of(std::span<const std::int64_t> sorted) {
  Wide sum = 0;
  for (const std::int64_t value : sorted) sum += value;
  return static_cast<double>(sum) / static_cast<double>(sorted.size());
}

double mean_of(std::span<const double> sorted) {
  const double scale = scale_of(std::max(std::abs(sorted.front()), std::abs(sorted.back())));
  CompensatedSum sum;
  for (const double value : sorted) sum.add(value / scale);
  return sum.value() / static_cast<double>(sorted.size()) * scale;
}

NumberSummary summarize_numbers(std::span<const std::int64_t> sorted, double mean) {
  return summarize(sorted, mean);
}
NumberSummary summarize_numbers(std::span<const double> sorted, double mean) {
  return summarize(sorted, mean);
}

Histogram bin_numbers(std::span<const std::int64_t> sorted) { return bin(sorted); }
Histogram bin_numbers(std::span<const double> sorted) { return bin(sorted); }

}  // namespace archmlp::profile
