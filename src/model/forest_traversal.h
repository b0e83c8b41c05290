#pragma once

#include <cstddef>
#include <cstdint>

#include "archmlp/model/forest.h"

namespace archmlp::model {

/// Paths walked at the same time, so that the loads of one overlap with the tests of the others.
inline constexpr std::size_t kLanes = 16;

/// The child that `row` goes to. kMissing: the row may hold NaN.
template <bool kMissing>
inline std::uint32_t next_of(const ForestNode& node, const float* row) noexcept {
  const float x = row[node.feature & ForestNode::kIndex];
  bool left = x <= node.threshold;
  if constexpr (kMissing) left |= (x != x) & ((node.feature & ForestNode::kMissingLeft) != 0);
  return left ? node.left : node.right;
}

/// Where each lane's path ends: leaves[lane] = row of the leaf table. Lane i walks the tree at trees[i] with
/// rows[i]; the lanes share a tree (batches) or a row (single records).
template <bool kMissing>
inline void walk_lanes(const ForestNode* const* trees, const float* const* rows, std::size_t lane_count,
                       std::uint32_t* leaves) noexcept {
  for (std::size_t lane = 0; lane < lane_count; ++lane) leaves[lane] = 0;
  bool walking = true;
  while (walking) {
    walking = false;
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
      if ((leaves[lane] & ForestNode::kLeaf) != 0) continue;
      leaves[lane] = next_of<kMissing>(trees[lane][leaves[lane]], rows[lane]);
      walking = true;
    }
  }
  for (std::size_t lane = 0; lane < lane_count; ++lane) leaves[lane] &= ForestNode::kIndex;
}

}  // namespace archmlp::model
