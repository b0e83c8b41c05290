#pragma once

#include <cstddef>
#include <cstdint>

#include "archmlp/model/forest.h"

namespace archmlp::model {

/// Paths walked at the same time, so that the loads of one overlap with the tests of the others.
inline constexpr std::size_t kLanes = 16;

/// What tests of categories look up.
struct CategorySets {
  const std::uint32_t* category_counts = nullptr;  // [p]
  const std::uint32_t* words = nullptr;

  /// Which side a value goes to; what is no category is missing.
  bool goes_left(const ForestNode& node, std::uint32_t feature, float x) const noexcept {
    if (!(x >= 0.0F && x < static_cast<float>(category_counts[feature])))
      return (node.feature & ForestNode::kMissingLeft) != 0;
    const auto category = static_cast<std::uint32_t>(x);
    return ((words[node.set() + category / 32] >> (category % 32)) & 1U) != 0;
  }
};

/// The child that `row` goes to. kMissing: the row may hold NaN. kCategories: the forest has such tests.
template <bool kMissing, bool kCategories>
inline std::uint32_t next_of(const ForestNode& node, const float* row, const CategorySets& sets) noexcept {
  const std::uint32_t feature = node.feature & ForestNode::kFeature;
  const float x = row[feature];
  if constexpr (kCategories) {
    if ((node.feature & ForestNode::kCategories) != 0)
      return sets.goes_left(node, feature, x) ? node.left : node.right;
  }
  bool left = x <= node.threshold;
  if constexpr (kMissing) left |= (x != x) & ((node.feature & ForestNode::kMissingLeft) != 0);
  return left ? node.left : node.right;
}

/// Where each lane's path ends: leaves[lane] = row of the leaf table. Lane i walks the tree at trees[i] with
/// rows[i]; the lanes share a tree (batches) or a row (single records).
template <bool kMissing, bool kCategories>
inline void walk_lanes(const ForestNode* const* trees, const float* const* rows, std::size_t lane_count,
                       const CategorySets& sets, std::uint32_t* leaves) noexcept {
  for (std::size_t lane = 0; lane < lane_count; ++lane) leaves[lane] = 0;
  bool walking = true;
  while (walking) {
    walking = false;
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
      if ((leaves[lane] & ForestNode::kLeaf) != 0) continue;
      leaves[lane] = next_of<kMissing, kCategories>(trees[lane][leaves[lane]], rows[lane], sets);
      walking = true;
    }
  }
  for (std::size_t lane = 0; lane < lane_count; ++lane) leaves[lane] &= ForestNode::kIndex;
}

using WalkLanes = void (*)(const ForestNode* const* trees, const float* const* rows, std::size_t lane_count,
                           const CategorySets& sets, std::uint32_t* leaves) noexcept;

inline WalkLanes walk_for(bool missing, bool categories) noexcept {
  if (categories) return walk_lanes<true, true>;
  return missing ? walk_lanes<true, false> : walk_lanes<false, false>;
}

}  // namespace archmlp::model
