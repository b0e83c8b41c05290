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
  enum class Start { kMiddle, kZero };

  /// Where encoded labels start: at the middle of their range, or at 0, so that encoded labels keep their
  /// ratios (criterion poisson). Precondition: `labels` finite, not empty, fewer than 2^31; none negative if
  /// they start at 0.
  explicit LabelScale(std::span<const double> labels, Start start = Start::kMiddle) noexcept;

  std::int64_t encode(double label) const noexcept;
  double decode(double encoded) const noexcept;
  /// The label that stands for a `sum` of encoded labels over a `weight`.
  double mean(double sum, double weight) const noexcept { return decode(sum / weight); }
  /// The step: what an encoded label counts in.
  double unit() const noexcept { return step_; }
  /// Squared units of encoded labels, in squared units of labels.
  double variance_unit() const noexcept { return step_ * step_; }

 private:
  double low_ = 0, high_ = 0;  // of the labels; no mean lies outside
  double centre_ = 0;
  double step_ = 1;  // a power of two
};

/// Sample weights as integers: multiples of a power of two, so that sums over what a tree draws are exact, in
/// any order, and below 2^53. The heaviest row counts 2^33 units where a million are drawn; a row that weighs
/// anything counts at least one.
class WeightScale {
 public:
  /// Precondition: `weights` finite, not negative, one of them positive; draw_count < 2^31.
  WeightScale(std::span<const double> weights, std::size_t draw_count) noexcept;
  /// All weights 1: a draw counts one unit.
  WeightScale() = default;

  std::uint64_t encode(double weight) const noexcept;
  double unit() const noexcept { return step_; }

 private:
  double step_ = 1;
};

}  // namespace archmlp::train
