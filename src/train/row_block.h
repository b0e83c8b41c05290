#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "archmlp/train/binning.h"

namespace archmlp::train {

/// The bins of a node's rows, copied side by side so that its whole subtree is grown from a cache: at level 1
/// from L2, at level 2 from L1. Level 0 is the matrix itself. Rows of a block go by their place in it.
template <typename Bin>
class RowBlocks {
 public:
  static constexpr std::uint8_t kMaxLevel = 2;

  explicit RowBlocks(const BinnedMatrix<Bin>& matrix);

  /// The deepest level that `row_count` rows fit, at least `level`.
  std::uint8_t level_for(std::size_t row_count, std::uint8_t level) const noexcept;
  /// Copies the rows `ids` of level `from` to level `to` > from, and renumbers them 0, 1, …
  void gather(std::span<std::uint32_t> ids, std::uint8_t from, std::uint8_t to);

  const Bin* column(std::size_t feature, std::uint8_t level) const noexcept {
    return level == 0 ? matrix_.column(feature)
                      : blocks_[level].bins.data() + feature * blocks_[level].stride;
  }

 private:
  struct Block {
    std::size_t capacity = 0;  // rows; 0: the features are too many for this level
    std::size_t stride = 0;    // between columns
    std::vector<Bin> bins;
  };

  void gather_from_rows(std::span<const std::uint32_t> ids, Block& block) const;

  const BinnedMatrix<Bin>& matrix_;
  std::array<Block, kMaxLevel + 1> blocks_;
};

}  // namespace archmlp::train
