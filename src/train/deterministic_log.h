#pragma once

#include <bit>
#include <cstdint>

namespace archmlp::train {

/// log2(x) from additions, multiplications and divisions only, so that every machine gives the same bits,
/// which a C library's log does not promise. Relative error below 1e-15. Precondition: x positive, finite and
/// normal.
inline double deterministic_log2(double x) noexcept {
  constexpr std::uint64_t kMantissa = 0x000FFFFFFFFFFFFF;
  constexpr std::uint64_t kOne = 0x3FF0000000000000;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  double exponent = static_cast<double>(static_cast<std::int64_t>(bits >> 52U) - 1023);
  double mantissa = std::bit_cast<double>((bits & kMantissa) | kOne);  // in [1, 2)
  if (mantissa > 1.4142135623730951) {
    mantissa *= 0.5;
    exponent += 1.0;
  }
  // log2(m) = 2 / ln 2 * atanh(s), s = (m - 1) / (m + 1), |s| < 0.172
  const double s = (mantissa - 1.0) / (mantissa + 1.0);
  const double s2 = s * s;
  double series = 1.0 / 21.0;
  for (int odd = 19; odd >= 1; odd -= 2) series = series * s2 + 1.0 / odd;
  return exponent + 2.8853900817779268 * s * series;
}

}  // namespace archmlp::train
