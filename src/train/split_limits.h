#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace archmlp::train {

/// What the value of a node (class 1's share, or the label) must lie in for the tree to be monotonic.
struct ValueBounds {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();

  double clip(double value) const noexcept { return value < low ? low : value > high ? high : value; }
  /// May a node be cut into these two values? `direction`: 1 rising, -1 falling, 0 either.
  bool allow(double left, double right, std::int8_t direction) const noexcept {
    return left >= low && left <= high && right >= low && right <= high && (left - right) * direction <= 0;
  }
};

/// What both sides of a cut must keep to.
struct SplitLimits {
  std::size_t min_rows = 1;
  double min_weight = 0;                     // in what Search::weight() counts
  std::span<const std::int8_t> monotonic{};  // [p] of -1, 0, 1; empty: nothing is asked

  bool only_rows() const noexcept { return min_weight == 0 && monotonic.empty(); }
};

}  // namespace archmlp::train
