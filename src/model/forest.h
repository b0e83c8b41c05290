#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "archmlp/model/model.h"

namespace archmlp::model {

/// A test, 16 bytes, used in place from the mapped file. Leaves are not nodes: `left` and `right` hold either
/// the place of a node in its tree or, with kLeaf, a row of the leaf table. A tree is its nodes in preorder:
/// a left child that is a node stands at i + 1, the right one behind the whole left subtree, so that no byte
/// string makes a cycle. A tree that is one leaf is a node with that leaf on both sides.
struct ForestNode {
  static constexpr std::uint32_t kLeaf = 0x80000000;
  static constexpr std::uint32_t kIndex = 0x7FFFFFFF;  // of a child, without the flag
  static constexpr std::uint32_t kMissingLeft = 0x80000000;
  static constexpr std::uint32_t kCategories = 0x40000000;  // tests for being in a set
  static constexpr std::uint32_t kFeature = 0x3FFFFFFF;     // the feature without its flags

  float threshold = 0;  // finite; goes left if x <= threshold. Of a test of categories: the bits of set()
  std::uint32_t feature = 0;  // index | kMissingLeft where a missing value goes left | kCategories
  std::uint32_t left = kLeaf;
  std::uint32_t right = kLeaf;

  /// Of a test of categories: where its set begins among the words of sets. Goes left if the row's category
  /// is in it.
  std::uint32_t set() const noexcept { return std::bit_cast<std::uint32_t>(threshold); }
  void test_set(std::uint32_t first_word) noexcept {
    threshold = std::bit_cast<float>(first_word);
    feature |= kCategories;
  }
};
static_assert(sizeof(ForestNode) == 16);

/// Categories of one feature, at most: their numbers are exact as float32.
inline constexpr std::uint32_t kMaxCategories = 1U << 24U;

/// Words of a set of categories: category c is in it if bit c % 32 of word c / 32 is set; bits beyond the
/// last category are not set.
inline constexpr std::size_t set_word_count(std::uint32_t category_count) noexcept {
  return (std::size_t{category_count} + 31) / 32;
}

/// What tests of categories look up.
struct CategorySets {
  const std::uint32_t* category_counts = nullptr;  // [p]; null if no node tests for a set
  const std::uint32_t* words = nullptr;            // not null if category_counts is not
};

/// Of the encoded form: what precedes the nodes.
inline constexpr std::size_t kForestHeaderBytes = 64;

/// What a trainer hands over. Trees stand one behind the other.
struct ForestParts {
  contract::Task task = contract::Task::kClassification;
  std::uint32_t feature_count = 0;
  std::uint32_t output_count = 0;
  std::vector<std::uint64_t> tree_begins;  // [trees + 1], into nodes
  std::vector<ForestNode> nodes;
  std::vector<double> leaf_values;  // [leaves, k], equal rows stored once where the trainer can
  // Of categorical features; both empty where there are none. A row holds the category's number; what is no
  // number of a category (NaN, unknown) is missing.
  std::vector<std::uint32_t> category_counts;  // [p]; 0 where the feature is a number
  std::vector<std::uint32_t> set_words;  // sets of categories, one behind the other; nodes may share one
};

class PackedTrees;

/// The mean over trees of the leaf's class shares or values, added up in tree order.
class Forest final : public Model {
 public:
  static constexpr std::string_view kKind = "random_forest";
  ~Forest() override;

  /// Errors: kInvalidInput if a value is not what from_bytes would accept.
  static base::Result<std::unique_ptr<const Forest>> from_parts(ForestParts parts);
  /// Byte layout: contracts/model-format-forest.md. `bytes` must outlive the forest.
  /// Errors: kInvalidInput for the first value that is not as documented.
  static base::Result<std::unique_ptr<const Forest>> from_bytes(std::span<const std::byte> bytes);

  std::string_view kind() const noexcept override { return kKind; }
  contract::Task task() const noexcept override { return task_; }
  std::size_t feature_count() const noexcept override { return feature_count_; }
  std::size_t class_count() const noexcept override { return outputs().probabilities; }
  OutputLayout outputs() const noexcept override {
    if (task_ == contract::Task::kRegression) return {.values = 1};
    return {.probabilities = output_count_};
  }
  bool takes_missing() const noexcept override { return true; }
  std::size_t class_of(std::span<const double> outputs) const noexcept override { return arg_max(outputs); }
  void predict_row(std::span<const float> row, std::span<double> out) const noexcept override;
  std::uint32_t category_count(std::size_t feature) const noexcept override {
    return category_counts_.empty() ? 0 : category_counts_[feature];
  }
  /// Keys: trees, nodes, leaves, max_depth, bytes.
  nlohmann::ordered_json summary() const override;
  std::vector<std::byte> to_bytes() const override;

  std::size_t tree_count() const noexcept { return tree_begins_.size() - 1; }
  std::span<const ForestNode> tree(std::size_t index) const noexcept {
    return nodes_.subspan(tree_begins_[index], tree_begins_[index + 1] - tree_begins_[index]);
  }
  /// Shape: [k]. Precondition: `row` has feature_count() values.
  std::span<const double> leaf_of(std::size_t tree_index, std::span<const float> row) const noexcept;
  std::span<const double> leaf_values() const noexcept { return leaf_values_; }
  std::span<const std::uint32_t> set_words() const noexcept { return set_words_; }

 private:
  Forest();
  CategorySets sets() const noexcept;
  void predict_rows(MatrixView x, std::span<double> out) const noexcept override;
  /// All trees of a row; all rows, tree by tree. Both add to `sums` in the order of the trees.
  void add_trees(std::span<const float> row, bool may_miss, double* sums) const noexcept;
  void add_rows(MatrixView x, bool may_miss, double* sums) const noexcept;
  base::Status check();
  base::Status check_shape() const;
  base::Status check_categories() const;
  base::Status check_leaf_values() const;
  bool tests_number(const ForestNode& node) const noexcept;
  base::Status check_test(const ForestNode& node, std::size_t tree_index, std::size_t place) const;
  base::Status check_tree(std::size_t index, std::vector<std::uint64_t>& pending);

  contract::Task task_ = contract::Task::kClassification;
  std::uint32_t feature_count_ = 0;
  std::uint32_t output_count_ = 0;
  std::span<const std::uint64_t> tree_begins_;
  std::span<const ForestNode> nodes_;
  std::span<const double> leaf_values_;
  std::span<const std::uint32_t> category_counts_;  // [p], or empty
  std::span<const std::uint32_t> set_words_;
  std::uint64_t leaf_count_ = 0;  // over all trees, shared rows counted each time
  std::uint32_t max_depth_ = 0;
  ForestParts owned_;                          // what the spans show, unless they show a mapped file
  std::unique_ptr<const PackedTrees> packed_;  // null where the trees do not fit
};

}  // namespace archmlp::model
