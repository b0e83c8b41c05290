#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "archmlp/model/forest.h"
#include "archmlp/model/matrix_view.h"

namespace archmlp::model {

/// A walk from a root towards a leaf.
struct Path {
  std::uint32_t at;  // the place of a node in its tree
  std::uint32_t id;  // which row, or which tree
};

/// Walks that advance together, a node each in turn, so that the loads of one overlap with the tests of the
/// others.
struct Paths {
  static constexpr std::size_t kCapacity = 256;  // they and what they touch stay in the first cache

  std::size_t count = 0;
  std::array<Path, kCapacity> paths;

  bool full() const noexcept { return count == kCapacity; }
  /// A path from the root.
  void add(std::uint32_t id) noexcept { paths[count++] = {0, id}; }
};

/// One tree, many rows: leaves[id] = the leaf, with its flag, where row `id` of `x` ends. Uses `walks` up.
/// may_miss: `x` may hold NaN.
void walk_rows(std::span<const ForestNode> tree, const CategorySets& sets, MatrixView x, bool may_miss,
               Paths& walks, std::uint32_t* leaves) noexcept;

/// One row, many trees: leaves[id] = the leaf, with its flag, where `row` ends in the tree at
/// nodes[begins[id]].
void walk_trees(std::span<const ForestNode> nodes, const std::uint64_t* begins, const CategorySets& sets,
                std::span<const float> row, bool may_miss, Paths& walks, std::uint32_t* leaves) noexcept;

}  // namespace archmlp::model
