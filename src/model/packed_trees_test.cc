#include "archmlp/model/packed_trees.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "archmlp/base/rng.h"

namespace archmlp::model {
namespace {

std::uint64_t draw(std::uint64_t& state) { return base::mix64(++state); }

/// A tree of at most `depth` levels over `features`, its leaves numbered as they come.
std::uint32_t grow(std::vector<ForestNode>& nodes, std::uint64_t& state, int depth, std::uint32_t features,
                   std::uint32_t& leaves) {
  if (depth == 0 || draw(state) % 8 == 0) return ForestNode::kLeaf | leaves++;
  const std::size_t place = nodes.size();
  nodes.emplace_back();
  nodes[place].feature = static_cast<std::uint32_t>(draw(state) % features);
  nodes[place].threshold = static_cast<float>(static_cast<int>(draw(state) % 7) - 3);
  const std::uint32_t left = grow(nodes, state, depth - 1, features, leaves);
  nodes[place].left = left;
  const std::uint32_t right = grow(nodes, state, depth - 1, features, leaves);
  nodes[place].right = right;
  return static_cast<std::uint32_t>(place);
}

struct Trees {
  std::vector<ForestNode> nodes;
  std::vector<std::uint64_t> begins = {0};
};

Trees random_trees(std::size_t count, int depth, std::uint32_t features, std::uint64_t state) {
  Trees trees;
  std::uint32_t leaves = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<ForestNode> tree;
    while (tree.empty()) grow(tree, state, depth, features, leaves);
    trees.nodes.insert(trees.nodes.end(), tree.begin(), tree.end());
    trees.begins.push_back(trees.nodes.size());
  }
  return trees;
}

std::uint32_t walk_plainly(const Trees& trees, std::size_t tree, const float* row) {
  std::uint32_t at = 0;
  while ((at & ForestNode::kLeaf) == 0) {
    const ForestNode& node = trees.nodes[trees.begins[tree] + at];
    at = row[node.feature] <= node.threshold ? node.left : node.right;
  }
  return at & ForestNode::kIndex;
}

TEST(PackedTrees, EndWhereThePlainWalkEnds) {
  constexpr std::uint32_t kFeatures = 9;
  constexpr std::size_t kRows = 200;
  constexpr float kSpecial[] = {0.0F, -0.0F, std::numeric_limits<float>::infinity(),
                                -std::numeric_limits<float>::infinity(),
                                std::numeric_limits<float>::denorm_min()};
  std::uint64_t state = 5;
  for (const int depth : {1, 2, 5, 14}) {
    const Trees trees = random_trees(100, depth, kFeatures, draw(state));
    const auto packed = PackedTrees::make(trees.nodes, trees.begins, kFeatures);
    ASSERT_TRUE(packed);
    std::vector<float> rows(kRows * kFeatures);
    for (float& value : rows) {
      const std::uint64_t random = draw(state);
      value =
          random % 10 == 0 ? kSpecial[random / 10 % 5] : static_cast<float>(static_cast<int>(random % 9) - 4);
    }
    for (std::size_t row = 0; row < kRows; ++row) {
      const float* values = rows.data() + row * kFeatures;
      for (const auto& [first, count] :
           std::vector<std::pair<std::size_t, std::size_t>>{{0, 100}, {93, 5}, {7, 10}, {99, 1}}) {
        std::vector<std::uint32_t> leaves(count);
        packed->walk(PackedTrees::keys_of({values, kFeatures}), first, leaves);
        for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(leaves[i], walk_plainly(trees, first + i, values));
      }
    }
  }
}

/// Preorder of a balanced tree whose tests tell the numbers from 0 to 2^depth - 1 apart.
std::uint32_t grow_balanced(std::vector<ForestNode>& nodes, int depth, std::uint32_t begin) {
  if (depth == 0) return ForestNode::kLeaf | begin;
  const std::size_t place = nodes.size();
  const std::uint32_t half = 1U << static_cast<unsigned>(depth - 1);
  nodes.emplace_back();
  nodes[place].threshold = static_cast<float>(begin + half) - 0.5F;
  const std::uint32_t left = grow_balanced(nodes, depth - 1, begin);
  nodes[place].left = left;
  const std::uint32_t right = grow_balanced(nodes, depth - 1, begin + half);
  nodes[place].right = right;
  return static_cast<std::uint32_t>(place);
}

TEST(PackedTrees, ChildrenFarAwayTakeTheOtherKindOfNode) {
  Trees trees;
  grow_balanced(trees.nodes, 17, 0);
  trees.begins.push_back(trees.nodes.size());
  constexpr std::uint32_t kMost = FarNode::kMaxFeature + 1;
  const auto packed = PackedTrees::make(trees.nodes, trees.begins, kMost);
  ASSERT_TRUE(packed);
  EXPECT_FALSE(PackedTrees::make(trees.nodes, trees.begins, kMost + 1))
      << "has fewer features than the near one";
  std::vector<std::uint32_t> leaves(1);
  for (std::uint32_t value = 0; value < 1U << 17U; value += 97) {
    const auto x = static_cast<float>(value);
    packed->walk(PackedTrees::keys_of({&x, 1}), 0, leaves);
    ASSERT_EQ(leaves[0], value);
  }
}

TEST(PackedTrees, KeysAreOrderedAsTheNumbersAre) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<float> ascending = {-kInfinity,
                                        std::numeric_limits<float>::lowest(),
                                        -1.5F,
                                        -1.0F,
                                        -std::numeric_limits<float>::denorm_min(),
                                        0.0F,
                                        std::numeric_limits<float>::denorm_min(),
                                        1.0F,
                                        1.5F,
                                        std::numeric_limits<float>::max(),
                                        kInfinity};
  for (std::size_t i = 1; i < ascending.size(); ++i)
    EXPECT_LT(key_of(ascending[i - 1]), key_of(ascending[i])) << ascending[i];
  EXPECT_EQ(key_of(-0.0F), key_of(0.0F));
}

TEST(PackedTrees, NodesKeepWhatTheyAreMadeOf) {
  const auto check = []<typename Node>(Node) {
    for (const std::size_t feature : {std::size_t{0}, std::size_t{1}, Node::kMaxFeature}) {
      for (const std::ptrdiff_t distance : {std::ptrdiff_t{1}, Node::kMaxDistance}) {
        const Node node = Node::test(-2.5F, feature, distance);
        EXPECT_EQ(node.feature(), feature);
        EXPECT_EQ(node.children(), distance);
        EXPECT_FALSE(node.is_leaf());
        EXPECT_GE(node.bits, key_of(-2.5F)) << "a row with the threshold itself goes left";
        EXPECT_LT(node.bits, key_of(std::nextafter(-2.5F, 0.0F)));
      }
    }
    const Node leaf = Node::leaf(0x003FFFFF);
    EXPECT_TRUE(leaf.is_leaf());
    EXPECT_EQ(leaf.leaf_place(), 0x003FFFFFU);
    EXPECT_LT(leaf.bits, key_of(-std::numeric_limits<float>::infinity()));
  };
  check(NearNode{});
  check(FarNode{});
}

TEST(PackedTrees, WhatDoesNotFitIsLeftAlone) {
  const Trees trees = random_trees(3, 4, 5, 1);
  EXPECT_TRUE(PackedTrees::make(trees.nodes, trees.begins, NearNode::kMaxFeature + 1));
  EXPECT_FALSE(PackedTrees::make(trees.nodes, trees.begins, NearNode::kMaxFeature + 2))
      << "too many features";
  ForestNode leaf_far_out{
      .threshold = 0, .feature = 0, .left = ForestNode::kLeaf | 0x003FFFFF, .right = ForestNode::kLeaf};
  const std::vector<std::uint64_t> one = {0, 1};
  EXPECT_TRUE(PackedTrees::make(std::span(&leaf_far_out, 1), one, 1));
  ++leaf_far_out.left;
  EXPECT_FALSE(PackedTrees::make(std::span(&leaf_far_out, 1), one, 1)) << "too many leaves";
  const std::vector<ForestNode> many(PackedTrees::kMaxNodes + 1);
  const std::vector<std::uint64_t> all = {0, many.size()};
  EXPECT_FALSE(PackedTrees::make(many, all, 1)) << "too many nodes";
}

}  // namespace
}  // namespace archmlp::model
