#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "archmlp/base/large_buffer.h"
#include "archmlp/model/forest.h"

namespace archmlp::model {

/// A node of 8 bytes; its children stand side by side, `children` places from it, the left one first. Of a
/// leaf the threshold is a NaN, which no value is below or equal to, with the leaf in its payload, and
/// children is -1: its "right child" is the leaf itself.
struct NearNode {
  static constexpr std::size_t kMaxFeature = 0xFFFF;
  static constexpr std::ptrdiff_t kMaxDistance = 0x7FFF;

  float threshold;
  std::uint16_t tested;
  std::int16_t distance;

  std::size_t feature() const noexcept { return tested; }
  std::ptrdiff_t children() const noexcept { return distance; }
  void set(std::size_t feature, std::ptrdiff_t children) noexcept {
    tested = static_cast<std::uint16_t>(feature);
    distance = static_cast<std::int16_t>(children);
  }
};

/// The same for trees in which children stand farther away.
struct FarNode {
  static constexpr unsigned kFeatureBits = 12;
  static constexpr std::size_t kMaxFeature = (std::size_t{1} << kFeatureBits) - 1;
  static constexpr std::ptrdiff_t kMaxDistance = (std::ptrdiff_t{1} << (31 - kFeatureBits)) - 1;

  float threshold;
  std::uint32_t bits;

  std::size_t feature() const noexcept { return bits & kMaxFeature; }
  std::ptrdiff_t children() const noexcept { return static_cast<std::int32_t>(bits) >> kFeatureBits; }
  void set(std::size_t feature, std::ptrdiff_t children) noexcept {
    bits = static_cast<std::uint32_t>(feature) | static_cast<std::uint32_t>(children) << kFeatureBits;
  }
};
static_assert(sizeof(NearNode) == 8 && sizeof(FarNode) == 8);

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

  static constexpr std::size_t kCapacity = 256;  // of one walk: what it touches stays in the first cache
  /// leaves[i]: the leaf where `row` ends in tree first + i. Precondition: leaves.size() <= kCapacity.
  void walk(std::span<const float> row, std::size_t first, std::span<std::uint32_t> leaves) const noexcept;

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
