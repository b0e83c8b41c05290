#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace archmlp::train {

/// Regression labels as integers: (y - centre) * 2^shift, rounded. Sums over a training set then fit 62 bits
/// and are exact in any order; the step is at most 2^-40 of the labels' range for a million rows (and no less
/// than 2^-1021).
class LabelScale {
 public:
  /// Precondition: `labels` finite, not empty, fewer than 2^31.
  explicit LabelScale(std::span<const double> labels) noexcept;

  std::int64_t encode(double label) const noexcept;
  /// The label that stands for `sum` over `count` draws.
  double mean(std::int64_t sum, std::uint32_t count) const noexcept;
  /// Squared units of encoded labels, in squared units of labels.
  double variance_unit() const noexcept { return step_ * step_; }

 private:
  double low_ = 0, high_ = 0;  // of the labels; no mean lies outside
  double centre_ = 0;
  double step_ = 1;  // a power of two
};

}  // namespace archmlp::train
