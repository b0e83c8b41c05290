#include "archmlp/model/packed_trees.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <limits>
#include <memory>
#include <new>
#include <utility>

namespace archmlp::model {
namespace {

constexpr std::uint32_t kMaxLeaf = 0x003FFFFF;
static_assert(kMaxLeaf < order_of(-std::numeric_limits<float>::infinity()));

constexpr std::size_t kBlock = 10;  // paths in registers: their steps overlap
constexpr int kLevels = 6;          // that a block goes at a time

/// Walks from roots towards leaves.
template <typename Node>
struct PackedPaths {
  static constexpr std::size_t kPlaces = (PackedTrees::kCapacity / kBlock + 1) * kBlock;

  std::array<const Node*, kPlaces> at;
  std::array<std::uint32_t, kPlaces> trees;
};

/// Which way a row goes is not predictable, so it must not become a branch: it is added to the place.
template <typename Node>
void step(const std::uint64_t* keys, const Node** at) noexcept {
  std::array<const Node*, kBlock> nodes;
  for (std::size_t i = 0; i < kBlock; ++i) nodes[i] = at[i];
#pragma GCC unroll 6
  for (int level = 0; level < kLevels; ++level) {
#pragma GCC unroll 10
    for (std::size_t i = 0; i < kBlock; ++i) {
      const Node node = *nodes[i];
      nodes[i] += node.children() + static_cast<std::ptrdiff_t>(node.bits < keys[node.feature()]);
    }
  }
  for (std::size_t i = 0; i < kBlock; ++i) {
    __builtin_prefetch(nodes[i]);  // until the next round
    at[i] = nodes[i];
  }
}

/// leaves[tree] = the leaf of each of the `count` paths.
template <typename Node>
void walk_paths(const std::uint64_t* keys, PackedPaths<Node>& paths, std::size_t count, int full_rounds,
                std::uint32_t* leaves) noexcept {
  // Where a path moves to when others have ended depends on how many have, and the processor lets the loads
  // behind wait for it: so it is done apart from the steps, and not before some have ended.
  for (int round = 1; count > 0; ++round) {
    const std::size_t full = (count + kBlock - 1) / kBlock * kBlock;
    for (std::size_t i = count; i < full; ++i) paths.at[i] = paths.at[0];  // goes along to fill the block
    for (std::size_t i = 0; i < full; i += kBlock) step(keys, paths.at.data() + i);
    if (round < full_rounds) continue;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const Node* const node = paths.at[i];
      const std::uint32_t tree = paths.trees[i];
      leaves[tree] = node->leaf_place();
      paths.at[kept] = node;
      paths.trees[kept] = tree;
      kept += node->is_leaf() ? 0 : 1;
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
  std::vector<std::pair<std::uint32_t, std::size_t>> pending = {
      {0, count++}};  // of the tree; where it is put
  while (!pending.empty()) {
    const auto [index, place] = pending.back();
    pending.pop_back();
    const ForestNode& node = tree[index];
    const auto distance = static_cast<std::ptrdiff_t>(count - place);
    if (distance > Node::kMaxDistance) return false;
    nodes[place] = Node::test(node.threshold, node.feature & ForestNode::kFeature, distance);
    std::array children = {std::pair(node.left, count), std::pair(node.right, count + 1)};
    count += 2;
    if (sizes.of(node.left) > sizes.of(node.right)) std::swap(children[0], children[1]);
    for (const auto& [child, at] : children) {
      if ((child & ForestNode::kLeaf) == 0) {
        pending.emplace_back(child, at);
      } else if ((child & ForestNode::kIndex) > kMaxLeaf) {
        return false;
      } else {
        nodes[at] = Node::leaf(child & ForestNode::kIndex);
      }
    }
  }
  return true;
}

const std::uint64_t* PackedTrees::keys_of(std::span<const float> row) noexcept {
  thread_local std::unique_ptr<std::uint64_t[]> keys;
  thread_local std::size_t size = 0;
  if (row.size() > size) {
    keys.reset(new (std::nothrow) std::uint64_t[row.size()]);
    size = keys ? row.size() : 0;
    if (!keys) return nullptr;
  }
  for (std::size_t i = 0; i < row.size(); ++i) {
    assert(row[i] == row[i]);  // below a leaf's place, the key of a NaN would lead out of the tree
    keys[i] = key_of(row[i]);
  }
  return keys.get();
}

void PackedTrees::walk(const std::uint64_t* keys, std::size_t first,
                       std::span<std::uint32_t> leaves) const noexcept {
  std::visit(
      [&]<typename Node>(const Trees<Node>& trees) {
        PackedPaths<Node> paths;
        for (std::uint32_t i = 0; i < leaves.size(); ++i) {
          paths.at[i] = trees.nodes() + trees.roots[first + i];
          paths.trees[i] = i;
        }
        walk_paths(keys, paths, leaves.size(), full_rounds_, leaves.data());
      },
      trees_);
}

}  // namespace archmlp::model
