#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace archmlp::model {

/// e^x to about the last digit, with the same bits on every machine, which std::exp does not promise: its
/// series up to r^13 / 13!, |r| <= ln 2 / 2; 0 below the least normal number, and as at 709 above it.
inline double exact_exp(double x) noexcept {
  constexpr double kLeast = -708, kMost = 709;
  constexpr int kTerms = 13;
  if (x < kLeast) return 0;
  if (std::isnan(x)) return x;
  const double clamped = std::min(x, kMost);
  const double power = std::nearbyint(clamped * 1.44269504088896340736);
  const double rest = (clamped - power * 6.93145751953125e-1) - power * 1.42860682030941723212e-6;
  double factorial = 1;
  for (int factor = 2; factor <= kTerms; ++factor) factorial *= factor;
  double sum = 1 / factorial;
  for (int term = kTerms - 1; term >= 0; --term) {
    factorial = 1;
    for (int factor = 2; factor <= term; ++factor) factorial *= factor;
    sum = sum * rest + 1 / factorial;
  }
  const std::int64_t exponent = static_cast<std::int64_t>(power) + 1023;
  return sum * std::bit_cast<double>(static_cast<std::uint64_t>(exponent) << 52U);
}

}  // namespace archmlp::model
