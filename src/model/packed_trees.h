#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "archmlp/model/forest.h"
#include "archmlp/model/matrix_view.h"

namespace archmlp::model {

/// The trees of a forest once more, for rows without missing values: 8 bytes a node, leaves among them, the
/// left child behind its parent. A step is two loads and no test for the end: a leaf leads to itself.
class PackedTrees {
 public:
  /// Forests beyond it would take too much memory twice.
  static constexpr std::size_t kMaxNodes = std::size_t{1} << 20U;

  /// Nothing for a forest that does not fit: too many nodes, features or leaves. Precondition: checked nodes
  /// that test numbers alone.
  static std::optional<PackedTrees> make(std::span<const ForestNode> nodes,
                                         std::span<const std::uint64_t> tree_begins,
                                         std::uint32_t feature_count);

  static constexpr std::size_t kCapacity = 256;  // of one walk: what it touches stays in the first cache
  /// leaves[i]: the leaf where `row` ends in tree first + i. Precondition: leaves.size() <= kCapacity.
  void walk_trees(std::span<const float> row, std::size_t first,
                  std::span<std::uint32_t> leaves) const noexcept;
  /// leaves[i]: the leaf where row i ends in the tree. Preconditions: as above, x.col_stride == 1.
  void walk_rows(MatrixView x, std::size_t tree, std::span<std::uint32_t> leaves) const noexcept;

 private:
  template <typename Row>
  void walk(Row row, std::size_t count, struct PackedPath* paths, std::uint32_t* leaves) const noexcept;
  bool append_tree(std::span<const ForestNode> tree);

  std::vector<std::uint64_t> nodes_;
  std::vector<std::uint32_t> roots_;
};

}  // namespace archmlp::model
