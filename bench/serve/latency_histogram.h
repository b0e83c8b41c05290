#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace archmlp::bench {

/// Counts of times in nanoseconds. Each power of two is cut into kParts equal parts, so that a quantile is at
/// most 1 / kParts too large, whatever its size; what is below kParts ns, the count, the mean and the maximum
/// are exact.
template <unsigned kPartBits>
class TimeHistogram {
 public:
  static constexpr std::size_t kParts = std::size_t{1} << kPartBits;

  TimeHistogram() : counts_((kExponents + 1) * kParts) {}

  /// Negative times count as 0.
  void add(std::int64_t nanoseconds) {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds, 0));
    ++counts_[std::min(bucket_of(value), counts_.size() - 1)];
    ++count_;
    sum_ += static_cast<double>(value);
    max_ = std::max(max_, value);
  }

  std::uint64_t count() const noexcept { return count_; }
  std::uint64_t max() const noexcept { return max_; }
  double mean() const noexcept { return count_ == 0 ? 0.0 : sum_ / static_cast<double>(count_); }

  /// The least time that at least `share` (0 to 1) of all do not exceed; 0 without any.
  std::uint64_t quantile(double share) const noexcept {
    const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      seen += counts_[bucket];
      if (seen > 0 && seen >= wanted) return std::min(largest_of(bucket), max_);
    }
    return max_;
  }

 private:
  static constexpr std::size_t kExponents = 34;  // of the smallest to 2^39 ns: nine minutes

  static std::size_t bucket_of(std::uint64_t value) noexcept {
    if (value < kParts) return value;
    const auto exponent = static_cast<unsigned>(std::bit_width(value)) - kPartBits - 1;
    return exponent * kParts + (value >> exponent);
  }
  static std::uint64_t largest_of(std::size_t bucket) noexcept {
    if (bucket < 2 * kParts) return bucket;
    const std::size_t exponent = bucket / kParts - 1;
    return ((bucket - exponent * kParts + 1) << exponent) - 1;
  }

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
  double sum_ = 0;
};

using LatencyHistogram = TimeHistogram<8>;
using SmallLatencyHistogram = TimeHistogram<5>;  // for many of them: 9 KB

}  // namespace archmlp::bench
