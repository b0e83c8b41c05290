#include "archmlp/model/packed_trees.h"

#include <array>
#include <bit>
#include <limits>
#include <utility>

namespace archmlp::model {

/// A walk from a root towards a leaf.
struct PackedPath {
  std::uint32_t at;  // a place among all nodes
  std::uint32_t id;  // which row, or which tree
};

namespace {

// A node: the threshold in the low half; above it the feature, then how much farther the right child stands
// than the left one. Of a leaf the threshold is a NaN, which no value is below or equal to, with the leaf in
// its payload, and the "right child" is the leaf itself.
constexpr unsigned kFeatureBits = 12;
constexpr std::uint32_t kFeatureMask = (1U << kFeatureBits) - 1;
constexpr std::size_t kMaxDistance = (std::size_t{1} << (31 - kFeatureBits)) - 1;
constexpr std::uint32_t kQuietNan = 0x7FC00000;
constexpr std::uint32_t kMaxLeaf = 0x003FFFFF;

std::uint64_t placed(std::uint32_t distance) noexcept {
  return std::uint64_t{distance << kFeatureBits} << 32U;
}

std::uint64_t packed_test(const ForestNode& node) noexcept {
  return std::bit_cast<std::uint32_t>(node.threshold) | std::uint64_t{node.feature & ForestNode::kFeature}
                                                            << 32U;
}
std::uint64_t packed_leaf(std::uint32_t leaf) noexcept { return (kQuietNan | leaf) | placed(~0U); }

std::uint32_t leaf_at(std::uint64_t node) noexcept { return static_cast<std::uint32_t>(node) & kMaxLeaf; }

/// Which way a row goes is not predictable, so it must not become a branch.
std::uint32_t next_of(const std::uint64_t* nodes, std::uint32_t at, const float* row) noexcept {
  const std::uint64_t node = nodes[at];
  const auto place = static_cast<std::uint32_t>(node >> 32U);
  const bool left = row[place & kFeatureMask] <= std::bit_cast<float>(static_cast<std::uint32_t>(node));
  const auto farther = static_cast<std::uint32_t>(static_cast<std::int32_t>(place) >> kFeatureBits);
  return at + 1 + (farther & (static_cast<std::uint32_t>(left) - 1U));
}

struct OneRow {
  const float* row;
  const float* of(std::uint32_t) const noexcept { return row; }
};

struct RowOfMany {
  const float* x;
  std::size_t stride;
  const float* of(std::uint32_t id) const noexcept { return x + id * stride; }
};

/// Several steps of `kCount` paths from `from` on; those that still move are put to `to`, whose end is
/// returned.
template <std::size_t kCount, typename Row>
PackedPath* step(const std::uint64_t* nodes, Row row, const PackedPath* from, PackedPath* to,
                 std::uint32_t* leaves) noexcept {
  constexpr int kLevels = 4;
  std::array<std::uint32_t, kCount> at;
  std::array<std::uint32_t, kCount> before;
  std::array<const float*, kCount> rows;
  for (std::size_t i = 0; i < kCount; ++i) {
    at[i] = from[i].at;
    rows[i] = row.of(from[i].id);
  }
  for (int level = 0; level < kLevels; ++level) {
    for (std::size_t i = 0; i < kCount; ++i) {
      before[i] = at[i];
      at[i] = next_of(nodes, at[i], rows[i]);
    }
  }
  for (std::size_t i = 0; i < kCount; ++i) {
    const std::uint32_t id = from[i].id;
    leaves[id] = at[i];
    *to = {at[i], id};
    to += at[i] != before[i] ? 1 : 0;
  }
  return to;
}

}  // namespace

std::optional<PackedTrees> PackedTrees::make(std::span<const ForestNode> nodes,
                                             std::span<const std::uint64_t> tree_begins,
                                             std::uint32_t feature_count) {
  if (nodes.size() > kMaxNodes || feature_count > kFeatureMask + 1) return std::nullopt;
  PackedTrees trees;
  trees.nodes_.reserve(2 * nodes.size() + tree_begins.size());
  for (std::size_t i = 0; i + 1 < tree_begins.size(); ++i) {
    trees.roots_.push_back(static_cast<std::uint32_t>(trees.nodes_.size()));
    if (!trees.append_tree(nodes.subspan(tree_begins[i], tree_begins[i + 1] - tree_begins[i])))
      return std::nullopt;
  }
  return trees;
}

/// In preorder, so that a left child stands behind its parent. False: something does not fit.
bool PackedTrees::append_tree(std::span<const ForestNode> tree) {
  constexpr std::size_t kNoParent = std::numeric_limits<std::size_t>::max();
  std::vector<std::pair<std::uint32_t, std::size_t>> pending = {
      {0, kNoParent}};  // child, whose right one it is
  while (!pending.empty()) {
    const auto [child, parent] = pending.back();
    pending.pop_back();
    if (parent != kNoParent) {
      const std::size_t farther = nodes_.size() - parent - 1;
      if (farther > kMaxDistance) return false;
      nodes_[parent] |= placed(static_cast<std::uint32_t>(farther));
    }
    if ((child & ForestNode::kLeaf) != 0) {
      const std::uint32_t leaf = child & ForestNode::kIndex;
      if (leaf > kMaxLeaf) return false;
      nodes_.push_back(packed_leaf(leaf));
      continue;
    }
    const ForestNode& node = tree[child];
    pending.emplace_back(node.right, nodes_.size());
    pending.emplace_back(node.left, kNoParent);
    nodes_.push_back(packed_test(node));
  }
  return true;
}

template <typename Row>
void PackedTrees::walk(Row row, std::size_t count, PackedPath* paths, std::uint32_t* leaves) const noexcept {
  constexpr std::size_t kBlock = 8;
  PackedPath* end = paths + count;
  while (end != paths) {
    const PackedPath* from = paths;
    PackedPath* to = paths;
    for (; end - from >= std::ptrdiff_t{kBlock}; from += kBlock)
      to = step<kBlock>(nodes_.data(), row, from, to, leaves);
    for (; from != end; ++from) to = step<1>(nodes_.data(), row, from, to, leaves);
    end = to;
  }
  for (std::size_t i = 0; i < count; ++i) leaves[i] = leaf_at(nodes_[leaves[i]]);
}

void PackedTrees::walk_trees(std::span<const float> row, std::size_t first,
                             std::span<std::uint32_t> leaves) const noexcept {
  std::array<PackedPath, kCapacity> paths;
  for (std::uint32_t i = 0; i < leaves.size(); ++i) paths[i] = {roots_[first + i], i};
  walk(OneRow{row.data()}, leaves.size(), paths.data(), leaves.data());
}

void PackedTrees::walk_rows(MatrixView x, std::size_t tree, std::span<std::uint32_t> leaves) const noexcept {
  std::array<PackedPath, kCapacity> paths;
  for (std::uint32_t i = 0; i < leaves.size(); ++i) paths[i] = {roots_[tree], i};
  walk(RowOfMany{x.data, x.row_stride}, leaves.size(), paths.data(), leaves.data());
}

}  // namespace archmlp::model
