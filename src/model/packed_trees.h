#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "archmlp/base/large_buffer.h"
#include "archmlp/model/forest.h"

namespace archmlp::model {

/// A number so that unsigned comparison orders it as a float; -0 as 0. Precondition: no NaN.
constexpr std::uint32_t order_of(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value + 0.0F);
  const auto negative =
      static_cast<std::uint32_t>(static_cast<std::int32_t>(bits) >> 31);  // all bits, or none
  return bits ^ (negative | 0x80000000U);
}

/// A value of a row as nodes are compared with it.
constexpr std::uint64_t key_of(float value) noexcept { return std::uint64_t{order_of(value)} << 32U; }

/// A node, loaded at once: the order of its threshold in the upper half, so that a row goes right if and only
/// if the whole node is below the row's key; the feature and the distance to its children below. They stand
/// side by side, the left one first. Of a leaf the upper half is its place in the leaf table, below the order
/// of every number, and the distance is -1: its "right child" is the leaf itself.
template <unsigned kFeatureBits, unsigned kDistanceBits>
struct PackedNode {
  static_assert(kFeatureBits + kDistanceBits == 32);
  static constexpr std::size_t kMaxFeature = (std::size_t{1} << kFeatureBits) - 1;
  static constexpr std::ptrdiff_t kMaxDistance = (std::ptrdiff_t{1} << (kDistanceBits - 1)) - 1;

  std::uint64_t bits;

  static PackedNode test(float threshold, std::size_t feature, std::ptrdiff_t children) noexcept {
    const auto distance = static_cast<std::uint32_t>(children) & ((std::uint64_t{1} << kDistanceBits) - 1);
    return {key_of(threshold) | feature << kDistanceBits | distance};
  }
  static PackedNode leaf(std::uint32_t place) noexcept {
    return {std::uint64_t{place} << 32U | ((std::uint64_t{1} << kDistanceBits) - 1)};
  }
  std::size_t feature() const noexcept { return static_cast<std::uint32_t>(bits) >> kDistanceBits; }
  std::ptrdiff_t children() const noexcept {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(bits) << kFeatureBits) >> kFeatureBits;
  }
  bool is_leaf() const noexcept { return children() < 0; }
  std::uint32_t leaf_place() const noexcept { return static_cast<std::uint32_t>(bits >> 32U); }
};

using NearNode = PackedNode<16, 16>;
using FarNode = PackedNode<12, 20>;  // for trees in which children stand farther away

/// The trees of a forest once more, for rows without missing values, in small nodes, leaves among them. A
/// step needs no test for the end, as a leaf leads to itself.
class PackedTrees {
 public:
  /// Forests beyond it would take too much memory twice.
  static constexpr std::size_t kMaxNodes = std::size_t{1} << 20U;

  /// Nothing for a forest that does not fit: too many nodes, features or leaves. Precondition: checked nodes
  /// that test numbers alone.
  static std::optional<PackedTrees> make(std::span<const ForestNode> nodes,
                                         std::span<const std::uint64_t> tree_begins,
                                         std::uint32_t feature_count);

  /// Does a row find most of the trees near, when others have just been there?
  bool is_near() const noexcept { return is_near_; }

  /// What walk() needs of a row, until this thread asks for the next one's; null if there is no memory for
  /// it. Precondition: no NaN in it.
  static const std::uint64_t* keys_of(std::span<const float> row) noexcept;

  static constexpr std::size_t kCapacity = 256;  // of one walk: what it touches stays in the first cache
  /// leaves[i]: the leaf where a row ends in tree first + i. Preconditions: the keys of a row of all
  /// features; leaves.size() <= kCapacity.
  void walk(const std::uint64_t* keys, std::size_t first, std::span<std::uint32_t> leaves) const noexcept;

 private:
  template <typename Node>
  struct Trees {
    base::LargeBuffer memory;
    std::vector<std::uint32_t> roots;

    Node* nodes() noexcept { return reinterpret_cast<Node*>(memory.bytes().data()); }
    const Node* nodes() const noexcept { return reinterpret_cast<const Node*>(memory.bytes().data()); }
  };

  template <typename Node>
  static std::optional<Trees<Node>> pack(std::span<const ForestNode> nodes,
                                         std::span<const std::uint64_t> tree_begins,
                                         std::uint32_t feature_count);
  template <typename Node>
  static bool append_tree(std::span<const ForestNode> tree, Node* nodes, std::size_t& count);

  std::variant<Trees<NearNode>, Trees<FarNode>> trees_;
  bool is_near_ = true;
  int full_rounds_ = 1;  // of steps in which no path is expected to end
};

}  // namespace archmlp::model
