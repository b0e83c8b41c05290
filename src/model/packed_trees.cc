#include "archmlp/model/packed_trees.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace archmlp::model {
namespace {

constexpr std::uint32_t kQuietNan = 0x7FC00000;
constexpr std::uint32_t kMaxLeaf = 0x003FFFFF;

template <typename Node>
std::uint32_t leaf_of(const Node& node) noexcept {
  return std::bit_cast<std::uint32_t>(node.threshold) & kMaxLeaf;
}

constexpr std::size_t kBlock = 10;  // paths in registers: their steps overlap
constexpr int kLevels = 5;          // that a block goes at a time

/// Walks from roots towards leaves.
template <typename Node>
struct PackedPaths {
  static constexpr std::size_t kPlaces = (PackedTrees::kCapacity / kBlock + 1) * kBlock;

  std::array<const Node*, kPlaces> at;
  std::array<std::uint32_t, kPlaces> trees;
};

/// Which way a row goes is not predictable, so it must not become a branch: it is added to the place.
template <typename Node>
void step(const float* row, const Node** at) noexcept {
  std::array<const Node*, kBlock> nodes;
  for (std::size_t i = 0; i < kBlock; ++i) nodes[i] = at[i];
#pragma GCC unroll 5
  for (int level = 0; level < kLevels; ++level) {
#pragma GCC unroll 10
    for (std::size_t i = 0; i < kBlock; ++i) {
      const Node& node = *nodes[i];
      nodes[i] = &node + node.children() + !(row[node.feature()] <= node.threshold);
    }
  }
  for (std::size_t i = 0; i < kBlock; ++i) {
    __builtin_prefetch(nodes[i]);  // until the next round
    at[i] = nodes[i];
  }
}

/// leaves[tree] = the leaf of each of the `count` paths.
template <typename Node>
void walk_paths(const float* row, PackedPaths<Node>& paths, std::size_t count, int full_rounds,
                std::uint32_t* leaves) noexcept {
  // Where a path moves to when others have ended depends on how many have, and the processor lets the loads
  // behind wait for it: so it is done apart from the steps, and not before some have ended.
  for (int round = 1; count > 0; ++round) {
    const std::size_t full = (count + kBlock - 1) / kBlock * kBlock;
    for (std::size_t i = count; i < full; ++i) paths.at[i] = paths.at[0];  // goes along to fill the block
    for (std::size_t i = 0; i < full; i += kBlock) step(row, paths.at.data() + i);
    if (round < full_rounds) continue;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const Node* const node = paths.at[i];
      const std::uint32_t tree = paths.trees[i];
      leaves[tree] = leaf_of(*node);
      paths.at[kept] = node;
      paths.trees[kept] = tree;
      kept += node->children() >= 0 ? 1 : 0;
    }
    count = kept;
  }
}

/// Nodes in the subtrees of a tree.
class SubtreeSizes {
 public:
  explicit SubtreeSizes(std::span<const ForestNode> tree) : sizes_(tree.size()) {
    for (std::size_t i = tree.size(); i-- > 0;) sizes_[i] = 1 + of(tree[i].left) + of(tree[i].right);
  }
  std::uint32_t of(std::uint32_t child) const noexcept {
    return (child & ForestNode::kLeaf) != 0 ? 0 : sizes_[child];
  }

 private:
  std::vector<std::uint32_t> sizes_;
};

}  // namespace

std::optional<PackedTrees> PackedTrees::make(std::span<const ForestNode> nodes,
                                             std::span<const std::uint64_t> tree_begins,
                                             std::uint32_t feature_count) {
  if (nodes.size() > kMaxNodes) return std::nullopt;
  PackedTrees packed;
  if (auto near = pack<NearNode>(nodes, tree_begins, feature_count)) {
    packed.trees_ = *std::move(near);
  } else if (auto far = pack<FarNode>(nodes, tree_begins, feature_count)) {
    packed.trees_ = *std::move(far);
  } else {
    return std::nullopt;
  }
  constexpr std::size_t kNearNodes = std::size_t{1} << 19U;
  packed.is_near_ = nodes.size() <= kNearNodes;
  // A balanced tree of as many leaves would have so many levels: hardly a path ends before.
  const std::size_t leaves = nodes.size() / std::max<std::size_t>(1, tree_begins.size() - 1) + 1;
  packed.full_rounds_ = std::max(1, static_cast<int>(std::bit_width(leaves)) / kLevels);
  return packed;
}

template <typename Node>
std::optional<PackedTrees::Trees<Node>> PackedTrees::pack(std::span<const ForestNode> nodes,
                                                          std::span<const std::uint64_t> tree_begins,
                                                          std::uint32_t feature_count) {
  if (feature_count > Node::kMaxFeature + 1) return std::nullopt;
  const std::size_t tree_count = tree_begins.size() - 1;
  Trees<Node> trees{.memory = base::LargeBuffer((2 * nodes.size() + tree_count) * sizeof(Node)), .roots = {}};
  std::size_t count = 0;
  for (std::size_t i = 0; i < tree_count; ++i) {
    trees.roots.push_back(static_cast<std::uint32_t>(count));
    const auto tree = nodes.subspan(tree_begins[i], tree_begins[i + 1] - tree_begins[i]);
    if (!append_tree(tree, trees.nodes(), count)) return std::nullopt;
  }
  return trees;
}

/// The larger of two subtrees first: more rows go on where they are. False: something does not fit.
template <typename Node>
bool PackedTrees::append_tree(std::span<const ForestNode> tree, Node* nodes, std::size_t& count) {
  const SubtreeSizes sizes(tree);
  const auto put = [&](std::size_t place, std::uint32_t child) {
    const bool is_leaf = (child & ForestNode::kLeaf) != 0;
    const std::uint32_t leaf = child & ForestNode::kIndex;
    if (is_leaf && leaf > kMaxLeaf) return false;
    nodes[place].threshold = is_leaf ? std::bit_cast<float>(kQuietNan | leaf) : tree[child].threshold;
    nodes[place].set(0, -1);
    return true;
  };
  std::vector<std::pair<std::uint32_t, std::size_t>> pending = {{0, count}};  // of the tree; where it is put
  put(count++, 0);
  while (!pending.empty()) {
    const auto [index, place] = pending.back();
    pending.pop_back();
    const ForestNode& node = tree[index];
    const auto distance = static_cast<std::ptrdiff_t>(count - place);
    if (distance > Node::kMaxDistance) return false;
    nodes[place].set(node.feature & ForestNode::kFeature, distance);
    std::array children = {std::pair(node.left, count), std::pair(node.right, count + 1)};
    count += 2;
    if (sizes.of(node.left) > sizes.of(node.right)) std::swap(children[0], children[1]);
    for (const auto& [child, at] : children) {
      if (!put(at, child)) return false;
      if ((child & ForestNode::kLeaf) == 0) pending.emplace_back(child, at);
    }
  }
  return true;
}

void PackedTrees::walk(std::span<const float> row, std::size_t first,
                       std::span<std::uint32_t> leaves) const noexcept {
  std::visit(
      [&]<typename Node>(const Trees<Node>& trees) {
        PackedPaths<Node> paths;
        for (std::uint32_t i = 0; i < leaves.size(); ++i) {
          paths.at[i] = trees.nodes() + trees.roots[first + i];
          paths.trees[i] = i;
        }
        walk_paths(row.data(), paths, leaves.size(), full_rounds_, leaves.data());
      },
      trees_);
}

}  // namespace archmlp::model
