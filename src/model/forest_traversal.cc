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

/// `kLevels` steps of `kCount` paths from `from` on. Those that are not at their end are put to `to`, whose
/// end is returned. Where that is depends on how many have ended, and the processor lets later loads wait for
/// it: so paths are loaded and stored by blocks. Within a block a path that has ended stays where it is.
template <bool kMissing, bool kCategories, std::size_t kLevels, std::size_t kCount, typename Job>
Path* step(const Job& job, const CategorySets& sets, const Path* from, Path* to,
           std::uint32_t* leaves) noexcept {
  std::array<std::uint32_t, kCount> at;
  std::array<const ForestNode*, kCount> trees;
  for (std::size_t i = 0; i < kCount; ++i) {
    at[i] = from[i].at;
    trees[i] = job.tree(from[i].id);
  }
  for (std::size_t level = 0; level < kLevels; ++level) {
    for (std::size_t i = 0; i < kCount; ++i) {
      const std::uint32_t ended =
          kLevels == 1
              ? 0
              : static_cast<std::uint32_t>(static_cast<std::int32_t>(at[i]) >> 31);  // all bits, or none
      const ForestNode& node = trees[i][at[i] & ~ended];
      const float x = job.value(from[i].id, node.feature & ForestNode::kFeature);
      const std::uint32_t next = next_of<kMissing, kCategories>(node, x, sets);
      at[i] = ended != 0 ? at[i] : next;
    }
  }
  for (std::size_t i = 0; i < kCount; ++i) {
    const std::uint32_t id = from[i].id;
    if constexpr (kLevels == 1) __builtin_prefetch(trees[i] + (at[i] & ((at[i] >> 31U) - 1)));
    leaves[id] = at[i];
    *to = {at[i], id};
    to += (at[i] >> 31U) ^ 1U;
  }
  return to;
}

template <bool kMissing, bool kCategories, std::size_t kLevels, typename Job>
void walk(const Job& job, const CategorySets& sets, Paths& walks, std::uint32_t* leaves) noexcept {
  constexpr std::size_t kBlock = 8;
  Path* const begin = walks.paths.data();
  Path* end = begin + walks.count;
  while (end != begin) {
    const Path* from = begin;
    Path* to = begin;
    for (; end - from >= std::ptrdiff_t{kBlock}; from += kBlock)
      to = step<kMissing, kCategories, kLevels, kBlock>(job, sets, from, to, leaves);
    for (; from != end; ++from) to = step<kMissing, kCategories, kLevels, 1>(job, sets, from, to, leaves);
    end = to;
  }
  walks.count = 0;
}

/// Nodes that are near take several steps at a time; those that are not are fetched while other paths take
/// theirs.
template <typename Job>
void walk_with(bool may_miss, bool is_near, const Job& job, const CategorySets& sets, Paths& walks,
               std::uint32_t* leaves) noexcept {
  constexpr std::size_t kNear = 4;
  if (sets.category_counts != nullptr) return walk<true, true, 1>(job, sets, walks, leaves);
  if (may_miss)
    return is_near ? walk<true, false, kNear>(job, sets, walks, leaves)
                   : walk<true, false, 1>(job, sets, walks, leaves);
  if (is_near) return walk<false, false, kNear>(job, sets, walks, leaves);
  return walk<false, false, 1>(job, sets, walks, leaves);
}

constexpr std::size_t kNearBytes = std::size_t{1} << 19U;        // of a tree's nodes: about L2
constexpr std::size_t kNearForestBytes = std::size_t{1} << 23U;  // of all trees': a row meets few of them

}  // namespace

void walk_rows(std::span<const ForestNode> tree, const CategorySets& sets, MatrixView x, bool may_miss,
               Paths& walks, std::uint32_t* leaves) noexcept {
  const bool is_near = tree.size_bytes() <= kNearBytes;
  if (x.col_stride != 1)
    return walk_with(may_miss, is_near, TableOfTree{tree.data(), x}, sets, walks, leaves);
  walk_with(may_miss, is_near, RowsOfTree{tree.data(), x.data, x.row_stride}, sets, walks, leaves);
}

void walk_trees(std::span<const ForestNode> nodes, const std::uint64_t* begins, const CategorySets& sets,
                std::span<const float> row, bool may_miss, Paths& walks, std::uint32_t* leaves) noexcept {
  const TreesOfRow job = {nodes.data(), begins, row.data()};
  walk_with(may_miss, nodes.size_bytes() <= kNearForestBytes, job, sets, walks, leaves);
}

}  // namespace archmlp::model
