#include "archmlp/train/label_scale.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

namespace archmlp::train {
namespace {

constexpr int kMaxBits = 50;  // encoded labels stay exact as doubles, with room for sums
constexpr int kSumBits = 62;
constexpr int kWeightBits = 53;

}  // namespace

LabelScale::LabelScale(std::span<const double> labels, Start start) noexcept {
  assert(!labels.empty());
  const auto [low, high] = std::minmax_element(labels.begin(), labels.end());
  low_ = *low;
  high_ = *high;
  const double reach = start == Start::kZero ? *high : *high / 2 - *low / 2;
  if (reach == 0) {
    centre_ = *low;
    return;
  }
  const int bits = std::min(kMaxBits, kSumBits - static_cast<int>(std::bit_width(labels.size())));
  // reach < 2^exponent, so that |encoded| <= 2^bits; the exponents keep the step a normal number.
  const int exponent = std::ilogb(reach) + 1;
  step_ = std::ldexp(1.0, std::max(exponent - bits, std::numeric_limits<double>::min_exponent));
  if (start == Start::kZero) return;
  // A multiple of the step where it can be, so that labels such as 1, 2, 3 are exact.
  const double middle = *low / 2 + *high / 2;
  centre_ = std::abs(middle / step_) < 0x1p52 ? std::nearbyint(middle / step_) * step_ : middle;
}

std::int64_t LabelScale::encode(double label) const noexcept {
  return static_cast<std::int64_t>(std::nearbyint((label - centre_) / step_));
}

double LabelScale::decode(double encoded) const noexcept {
  // Rounding to steps may lead just beyond the largest label, which may be the largest double.
  return std::clamp(centre_ + encoded * step_, low_, high_);
}

WeightScale::WeightScale(std::span<const double> weights, std::size_t draw_count) noexcept {
  const double highest = *std::max_element(weights.begin(), weights.end());
  const int bits = kWeightBits - static_cast<int>(std::bit_width(draw_count));
  step_ =
      std::ldexp(1.0, std::max(std::ilogb(highest) + 1 - bits, std::numeric_limits<double>::min_exponent));
}

std::uint64_t WeightScale::encode(double weight) const noexcept {
  if (weight == 0) return 0;
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::nearbyint(weight / step_)));
}

}  // namespace archmlp::train
