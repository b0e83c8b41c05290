#include "archmlp/train/row_block.h"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace archmlp::train {
namespace {

constexpr std::array<std::size_t, 3> kBlockBytes = {0, std::size_t{512} << 10U, std::size_t{32} << 10U};
constexpr std::array<std::size_t, 3> kMaxRows = {0, 16384, 2048};
constexpr std::size_t kMinRows = 64;
constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kRowsAtOnce = 64;

}  // namespace

template <typename Bin>
RowBlocks<Bin>::RowBlocks(const BinnedMatrix<Bin>& matrix) : matrix_(matrix) {
  for (std::uint8_t level = 1; level <= kMaxLevel; ++level) {
    const std::size_t fitting = kBlockBytes[level] / sizeof(Bin) / matrix.feature_count();
    const std::size_t rows = std::min({fitting, kMaxRows[level], matrix.row_count()});
    if (rows < kMinRows) continue;
    blocks_[level].capacity = rows;
    // An odd number of lines: columns then do not compete for the same cache sets.
    blocks_[level].stride = ((rows + kCacheLine - 1) / kCacheLine | 1U) * kCacheLine;
    blocks_[level].bins.resize(matrix.feature_count() * blocks_[level].stride);
  }
}

template <typename Bin>
std::uint8_t RowBlocks<Bin>::level_for(std::size_t row_count, std::uint8_t level) const noexcept {
  for (std::uint8_t deepest = kMaxLevel; deepest > level; --deepest) {
    if (row_count <= blocks_[deepest].capacity) return deepest;
  }
  return level;
}

template <typename Bin>
void RowBlocks<Bin>::gather_from_rows(std::span<const std::uint32_t> ids, Block& block) const {
  const std::size_t feature_count = matrix_.feature_count();
  for (std::size_t begin = 0; begin < ids.size(); begin += kRowsAtOnce) {
    const std::size_t end = std::min(ids.size(), begin + kRowsAtOnce);
    for (std::size_t i = end; i < std::min(ids.size(), end + kRowsAtOnce); ++i) {
      __builtin_prefetch(matrix_.row(ids[i]));
    }
    for (std::size_t feature = 0; feature < feature_count; ++feature) {
      Bin* out = block.bins.data() + feature * block.stride;
      for (std::size_t i = begin; i < end; ++i) out[i] = matrix_.row(ids[i])[feature];
    }
  }
}

template <typename Bin>
void RowBlocks<Bin>::gather(std::span<std::uint32_t> ids, std::uint8_t from, std::uint8_t to) {
  assert(to > from && ids.size() <= blocks_[to].capacity);
  Block& block = blocks_[to];
  if (from == 0) {
    gather_from_rows(ids, block);
  } else {
    for (std::size_t feature = 0; feature < matrix_.feature_count(); ++feature) {
      const Bin* source = column(feature, from);
      Bin* out = block.bins.data() + feature * block.stride;
      for (std::size_t i = 0; i < ids.size(); ++i) out[i] = source[ids[i]];
    }
  }
  std::iota(ids.begin(), ids.end(), 0U);
}

template class RowBlocks<std::uint8_t>;
template class RowBlocks<std::uint16_t>;

}  // namespace archmlp::train
