#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace archmlp::train {

/// Rows that come one after the other, and at any time their weighted median and the sum of the absolute
/// differences from it, each in the logarithm of their number: two Fenwick trees over the ranks of the
/// labels. Exact, in integers.
class MedianCosts {
 public:
  __extension__ using Wide = __int128;

  /// Shape: labels [ranks], ascending and distinct. Must outlive what follows.
  void set_labels(std::span<const std::int64_t> labels);
  void clear();
  void add(std::uint32_t rank, std::uint64_t weight) noexcept;

  std::uint64_t weight() const noexcept { return weight_; }
  /// Where the weights on both sides are equal, the middle of the two labels there. Precondition: not empty.
  double median() const noexcept;
  /// The sum of weight * |label - median|.
  Wide cost() const noexcept;

 private:
  struct Position {
    std::size_t rank;       // of the lower median
    std::uint64_t weights;  // up to it
    Wide sums;              // of weight * label, up to it
  };
  Position lower_median() const noexcept;

  std::span<const std::int64_t> labels_;
  std::vector<std::uint64_t> weights_;  // [ranks + 1], a Fenwick tree
  std::vector<Wide> sums_;
  std::size_t highest_step_ = 0;
  std::uint64_t weight_ = 0;
  Wide sum_ = 0;
};

}  // namespace archmlp::train
