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

}  // namespace

LabelScale::LabelScale(std::span<const double> labels) noexcept {
  assert(!labels.empty());
  const auto [low, high] = std::minmax_element(labels.begin(), labels.end());
  low_ = *low;
  high_ = *high;
  const double half_range = *high / 2 - *low / 2;
  if (half_range == 0) {
    centre_ = *low;
    return;
  }
  const int bits = std::min(kMaxBits, kSumBits - static_cast<int>(std::bit_width(labels.size())));
  // half_range < 2^exponent, so that |encoded| <= 2^bits; the exponents keep the step a normal number.
  const int exponent = std::ilogb(half_range) + 1;
  step_ = std::ldexp(1.0, std::max(exponent - bits, std::numeric_limits<double>::min_exponent));
  // A multiple of the step where it can be, so that labels such as 1, 2, 3 are exact.
  const double middle = *low / 2 + *high / 2;
  centre_ = std::abs(middle / step_) < 0x1p52 ? std::nearbyint(middle / step_) * step_ : middle;
}

std::int64_t LabelScale::encode(double label) const noexcept {
  return static_cast<std::int64_t>(std::nearbyint((label - centre_) / step_));
}

double LabelScale::mean(std::int64_t sum, std::uint32_t count) const noexcept {
  // Rounding to steps may lead just beyond the largest label, which may be the largest double.
  return std::clamp(centre_ + static_cast<double>(sum) / static_cast<double>(count) * step_, low_, high_);
}

}  // namespace archmlp::train
