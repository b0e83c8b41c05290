#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace archmlp::profile {

// Each looks only at the rows where both columns have a value, and is nothing where it is undefined: too few
// rows, or a column that is constant on them.
// Shape: both spans have the same length. NaN is a missing number, -1 a missing code; codes are below their
// count.

struct Codes {
  std::span<const std::int32_t> codes;
  std::size_t count = 0;
};

/// Pearson's r, in [-1, 1].
std::optional<double> pearson(std::span<const double> x, std::span<const double> y);

/// Cramér's V with Bergsma's bias correction, in [0, 1]: without it, columns of many values look associated.
/// Source: Bergsma 2013, "A bias-correction for Cramér's V and Tschuprow's T".
std::optional<double> cramers_v(Codes a, Codes b);

/// The correlation ratio η, in [0, 1]: the root of the share of the variance that lies between the
/// categories.
std::optional<double> correlation_ratio(Codes categories, std::span<const double> values);

}  // namespace archmlp::profile
