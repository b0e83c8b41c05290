// What predicting relies on, checked once for every value, whoever made it.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "archmlp/base/try.h"
#include "archmlp/model/forest.h"
#include "archmlp/model/packed_trees.h"

namespace archmlp::model {
namespace {

using base::Error;
using base::Status;

constexpr double kShareTolerance = 1e-6;  // of a row of class shares, to 1

Error wrong(std::string message, std::string where) {
  return Error{.message = std::move(message),
               .where = std::move(where),
               .hint = "the model is damaged: train again or copy the file again"};
}

}  // namespace

Status Forest::check_shape() const {
  if (feature_count_ == 0 || feature_count_ > ForestNode::kFeature) {
    return wrong("a forest needs 1 to 2^30 - 1 features", "forest");
  }
  if (output_count_ == 0 || (task_ == contract::Task::kRegression && output_count_ != 1)) {
    return wrong("a forest needs a class, or exactly one output for regression", "forest");
  }
  if (leaf_values_.empty() || leaf_values_.size() % output_count_ != 0 ||
      leaf_values_.size() / output_count_ > std::size_t{ForestNode::kIndex} + 1) {
    return wrong("the leaf table has no rows, a part of a row, or more than 2^31", "forest");
  }
  if (tree_begins_.size() < 2 || tree_begins_.front() != 0 || tree_begins_.back() != nodes_.size()) {
    return wrong("the trees do not cover the nodes", "forest");
  }
  for (std::size_t i = 0; i + 1 < tree_begins_.size(); ++i) {
    if (tree_begins_[i] >= tree_begins_[i + 1] || tree_begins_[i + 1] > nodes_.size() ||
        tree_begins_[i + 1] - tree_begins_[i] > ForestNode::kIndex) {
      return wrong("a tree is empty, too large, or ends outside the nodes", fmt::format("tree {}", i));
    }
  }
  return {};
}

Status Forest::check_categories() const {
  if (category_counts_.empty() && !set_words_.empty()) {
    return wrong("there are sets of categories but no feature has categories", "forest");
  }
  if (!category_counts_.empty() && category_counts_.size() != feature_count_) {
    return wrong("category counts are not one a feature", "forest");
  }
  for (std::size_t feature = 0; feature < category_counts_.size(); ++feature) {
    if (category_counts_[feature] <= kMaxCategories) continue;
    return wrong("a feature has more than 2^24 categories", fmt::format("feature {}", feature));
  }
  return {};
}

Status Forest::check_leaf_values() const {
  for (std::size_t begin = 0; begin < leaf_values_.size(); begin += output_count_) {
    const auto row = leaf_values_.subspan(begin, output_count_);
    const auto where = [&] { return fmt::format("leaf row {}", begin / output_count_); };
    double sum = 0;
    for (const double value : row) {
      if (!std::isfinite(value)) return wrong("a leaf value is not finite", where());
      sum += value;
    }
    if (task_ == contract::Task::kRegression) continue;
    const bool shares = std::all_of(row.begin(), row.end(), [](double v) { return v >= 0.0 && v <= 1.0; });
    if (!shares) return wrong("a class share is not in [0, 1]", where());
    if (!(std::abs(sum - 1.0) <= kShareTolerance)) return wrong("class shares do not add up to 1", where());
  }
  return {};
}

/// What a node compares: a feature that exists with a number, or with a set of categories.
Status Forest::check_test(const ForestNode& node, std::size_t tree_index, std::size_t place) const {
  const auto where = [&] { return fmt::format("tree {}, node {}", tree_index, place); };
  const std::uint32_t feature = node.feature & ForestNode::kFeature;
  if (feature >= feature_count_) return wrong("a node tests a feature that does not exist", where());
  const std::uint32_t categories = category_count(feature);
  if ((node.feature & ForestNode::kCategories) == 0) {
    const bool compares = node.left != node.right;  // not where a node stands for a tree of one leaf
    if (categories > 0 && compares) return wrong("a node compares a category with a number", where());
    if (!std::isfinite(node.threshold)) return wrong("a threshold is not finite", where());
    return {};
  }
  if (categories == 0) return wrong("a node looks for a number in a set of categories", where());
  const std::size_t words = set_word_count(categories);
  if (words > set_words_.size() || node.set() > set_words_.size() - words) {
    return wrong("a set lies outside the sets", where());
  }
  const std::uint32_t beyond = categories % 32;
  if (beyond != 0 && (set_words_[node.set() + words - 1] >> beyond) != 0) {
    return wrong("a set holds a category that does not exist", where());
  }
  return {};
}

/// check_test() of almost every node that is sound, without what an error needs.
bool Forest::tests_number(const ForestNode& node) const noexcept {
  constexpr std::uint32_t kExponent = 0x7F800000;  // all ones: not finite
  const bool is_number = (node.feature & ForestNode::kCategories) == 0;
  const bool is_feature = (node.feature & ForestNode::kFeature) < feature_count_;
  const bool is_finite = (node.set() & kExponent) != kExponent;
  return category_counts_.empty() && (unsigned{is_number} & unsigned{is_feature} & unsigned{is_finite}) != 0;
}

/// One pass in preorder. `pending` holds, innermost last, the children that are still to come, each with its
/// depth: (depth << 32) | place. Every node is then a child exactly once, and no place lies outside the tree.
/// Which children are nodes cannot be foreseen, so it decides no branch.
Status Forest::check_tree(std::size_t index, std::vector<std::uint64_t>& pending) {
  const std::span<const ForestNode> nodes = tree(index);
  const std::uint64_t leaf_rows = leaf_values_.size() / output_count_;
  const auto where = [&](std::size_t node) { return fmt::format("tree {}, node {}", index, node); };
  const auto is_inside = [&](std::uint32_t child) {
    const bool is_leaf = (child & ForestNode::kLeaf) != 0;
    return (child & ForestNode::kIndex) < (is_leaf ? leaf_rows : nodes.size());
  };
  std::size_t count = 0;
  std::uint64_t depth = 0;
  std::uint64_t deepest = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const ForestNode& node = nodes[i];
    if (i > 0) {
      if (count == 0) return wrong("a node belongs to no parent", where(i));
      const std::uint64_t expected = pending[--count];
      if ((expected & 0xFFFFFFFFU) != i) {
        const bool after_left = (nodes[i - 1].left & ForestNode::kLeaf) == 0;
        return wrong(after_left ? "a left child does not follow its parent" : "the nodes are not in preorder",
                     where(i - 1));
      }
      depth = expected >> 32U;
    }
    if (!tests_number(node)) TRY(check_test(node, index, i));
    for (const std::uint32_t child : {node.left, node.right}) {
      if (is_inside(child)) continue;
      const bool is_leaf = (child & ForestNode::kLeaf) != 0;
      return wrong(is_leaf ? "a leaf points outside the leaf table" : "a child lies outside its tree",
                   where(i));
    }
    deepest = std::max(deepest, depth + 1);
    if (count + 2 > pending.size()) pending.resize(2 * pending.size() + 64);
    for (const std::uint32_t child : {node.right, node.left}) {
      pending[count] = ((depth + 1) << 32U) | child;
      const std::uint32_t is_leaf = child >> 31U;
      count += is_leaf ^ 1U;
      leaf_count_ += is_leaf;
    }
  }
  if (count > 0) return wrong("a right child is never reached", where(nodes.size() - 1));
  if (nodes.size() == 1 && nodes[0].left == nodes[0].right) {
    --leaf_count_;  // the tree is that leaf
  } else {
    max_depth_ = std::max(max_depth_, static_cast<std::uint32_t>(deepest));
  }
  return {};
}

Status Forest::check() {
  TRY(check_shape());
  TRY(check_categories());
  TRY(check_leaf_values());
  std::vector<std::uint64_t> pending;
  for (std::size_t i = 0; i < tree_count(); ++i) TRY(check_tree(i, pending));
  if (!category_counts_.empty()) return {};
  if (auto packed = PackedTrees::make(nodes_, tree_begins_, feature_count_)) {
    packed_ = std::make_unique<const PackedTrees>(*std::move(packed));
  }
  return {};
}

}  // namespace archmlp::model
