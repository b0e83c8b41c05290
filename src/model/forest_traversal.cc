#include "archmlp/model/forest_traversal.h"

#include <array>
#include <bit>
#include <cstring>

namespace archmlp::model {
namespace {

static_assert(std::endian::native == std::endian::little, "a node's words are read in pairs");

/// A choice that must not become a branch: which way a row goes is not predictable.
std::uint32_t choose(bool first, std::uint32_t a, std::uint32_t b) noexcept {
  return b ^ ((a ^ b) & (0U - static_cast<std::uint32_t>(first)));
}

/// Whether x is in the set of a node that tests for one; may be asked of any node.
bool goes_left_by_category(const ForestNode& node, std::uint32_t feature, float x,
                           const CategorySets& sets) noexcept {
  const bool known = (x >= 0.0F) & (x < static_cast<float>(sets.category_counts[feature]));
  const bool tests_set = (node.feature & ForestNode::kCategories) != 0;
  const auto category = static_cast<std::uint32_t>(known ? x : 0.0F);
  const std::uint32_t word = sets.words[choose(known & tests_set, node.set() + category / 32, 0)];
  const bool in_set = ((word >> (category % 32)) & 1U) != 0;
  const bool missing_left = (node.feature & ForestNode::kMissingLeft) != 0;
  return (known & in_set) | (!known & missing_left);
}

/// The child that `x`, the value of the node's feature, goes to.
template <bool kMissing, bool kCategories>
std::uint32_t next_of(const ForestNode& node, float x, const CategorySets& sets) noexcept {
  bool left = x <= node.threshold;
  if constexpr (kMissing) left |= (x != x) & ((node.feature & ForestNode::kMissingLeft) != 0);
  if constexpr (kCategories) {
    const bool in_set = goes_left_by_category(node, node.feature & ForestNode::kFeature, x, sets);
    const bool tests_set = (node.feature & ForestNode::kCategories) != 0;
    left = (tests_set & in_set) | (!tests_set & left);
  }
  std::uint64_t children = 0;
  std::memcpy(&children, &node.left, sizeof(children));
  return static_cast<std::uint32_t>(children >> (left ? 0U : 32U));
}

/// One row in many trees, wherever they begin.
struct TreesOfRow {
  const ForestNode* nodes;
  const std::uint64_t* begins;
  const float* row;

  const ForestNode* tree(std::uint32_t id) const noexcept { return nodes + begins[id]; }
  float value(std::uint32_t, std::uint32_t feature) const noexcept { return row[feature]; }
};

/// Many rows in one tree.
struct RowsOfTree {
  const ForestNode* nodes;
  const float* x;
  std::size_t row_stride;

  const ForestNode* tree(std::uint32_t) const noexcept { return nodes; }
  float value(std::uint32_t id, std::uint32_t feature) const noexcept { return x[id * row_stride + feature]; }
};

/// The same where the rows may stand in columns.
struct TableOfTree {
  const ForestNode* nodes;
  MatrixView x;

  const ForestNode* tree(std::uint32_t) const noexcept { return nodes; }
  float value(std::uint32_t id, std::uint32_t feature) const noexcept { return x.at(id, feature); }
};

/// Steps of `kCount` paths from `from` on. Those that are not at their end are put to `to`, whose end is
/// returned. Where that is depends on how many have ended, and the processor lets later loads wait for it: so
/// paths are loaded and stored by blocks.
template <bool kMissing, bool kCategories, bool kPrefetch, std::size_t kCount, typename Job>
Path* step(const Job& job, const CategorySets& sets, const Path* from, Path* to,
           std::uint32_t* leaves) noexcept {
  std::array<Path, kCount> paths;
  for (std::size_t i = 0; i < kCount; ++i) paths[i] = from[i];
  for (Path& path : paths) {
    const ForestNode& node = job.tree(path.id)[path.at];
    const float x = job.value(path.id, node.feature & ForestNode::kFeature);
    path.at = next_of<kMissing, kCategories>(node, x, sets);
  }
  for (const Path path : paths) {
    if constexpr (kPrefetch)
      __builtin_prefetch(job.tree(path.id) + choose((path.at & ForestNode::kLeaf) != 0, 0, path.at));
    leaves[path.id] = path.at;
    *to = path;
    to += (path.at >> 31U) ^ 1U;
  }
  return to;
}

template <bool kMissing, bool kCategories, bool kPrefetch, typename Job>
void walk(const Job& job, const CategorySets& sets, Paths& walks, std::uint32_t* leaves) noexcept {
  constexpr std::size_t kBlock = 8;
  Path* const begin = walks.paths.data();
  Path* end = begin + walks.count;
  while (end != begin) {
    const Path* from = begin;
    Path* to = begin;
    for (; end - from >= std::ptrdiff_t{kBlock}; from += kBlock)
      to = step<kMissing, kCategories, kPrefetch, kBlock>(job, sets, from, to, leaves);
    for (; from != end; ++from) to = step<kMissing, kCategories, kPrefetch, 1>(job, sets, from, to, leaves);
    end = to;
  }
  walks.count = 0;
}

template <typename Job>
void walk_with(bool may_miss, bool prefetch, const Job& job, const CategorySets& sets, Paths& walks,
               std::uint32_t* leaves) noexcept {
  if (sets.category_counts != nullptr) return walk<true, true, true>(job, sets, walks, leaves);
  if (may_miss) return walk<true, false, true>(job, sets, walks, leaves);
  if (prefetch) return walk<false, false, true>(job, sets, walks, leaves);
  return walk<false, false, false>(job, sets, walks, leaves);
}

constexpr std::size_t kPrefetchBytes = std::size_t{1} << 19U;  // of nodes: more are not in L2

}  // namespace

void walk_rows(std::span<const ForestNode> tree, const CategorySets& sets, MatrixView x, bool may_miss,
               Paths& walks, std::uint32_t* leaves) noexcept {
  const bool prefetch = tree.size_bytes() > kPrefetchBytes;
  if (x.col_stride != 1)
    return walk_with(may_miss, prefetch, TableOfTree{tree.data(), x}, sets, walks, leaves);
  walk_with(may_miss, prefetch, RowsOfTree{tree.data(), x.data, x.row_stride}, sets, walks, leaves);
}

void walk_trees(std::span<const ForestNode> nodes, const std::uint64_t* begins, const CategorySets& sets,
                std::span<const float> row, bool may_miss, Paths& walks, std::uint32_t* leaves) noexcept {
  const TreesOfRow job = {nodes.data(), begins, row.data()};
  walk_with(may_miss, nodes.size_bytes() > kPrefetchBytes, job, sets, walks, leaves);
}

}  // namespace archmlp::model
