#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "archmlp/model/model.h"

namespace archmlp::model {

/// One node, 12 bytes, used in place from the mapped file. A tree is its nodes in preorder: the left child of node i is
/// i + 1, the right one stands at a higher index, so that no byte string makes a cycle.
struct ForestNode {
  static constexpr std::uint32_t kLeaf = 0xFFFFFFFF;
  static constexpr std::uint32_t kMissingLeft = 0x80000000;

  float threshold;             // goes left if x <= threshold
  std::uint32_t feature;       // index | kMissingLeft where NaN goes left; kLeaf for a leaf
  std::uint32_t right_or_leaf; // index in the tree of the right child; in a leaf, row of the leaf table
};
static_assert(sizeof(ForestNode) == 12);

/// What a trainer hands over. Trees stand one behind the other.
struct ForestParts {
  contract::Task task = contract::Task::kClassification;
  std::uint32_t feature_count = 0;
  std::uint32_t output_count = 0;
  std::vector<std::uint64_t> tree_begins;  // [trees + 1], into nodes
  std::vector<ForestNode> nodes;
  std::vector<double> leaf_values;         // [leaves, k], equal rows stored once
};

/// The mean over trees of the leaf's class shares or values, added up in tree order.
class Forest final : public Model {
 public:
  /// Errors: kInvalidInput if a value is not what from_bytes would accept.
  static base::Result<std::unique_ptr<const Forest>> from_parts(ForestParts parts);
  /// Byte layout: contracts/model-format.md, section "forest".
  static base::Result<std::unique_ptr<const Forest>> from_bytes(std::span<const std::byte> bytes);

  std::string_view kind() const noexcept override { return "random_forest"; }
  contract::Task task() const noexcept override { return task_; }
  std::size_t feature_count() const noexcept override { return feature_count_; }
  std::size_t output_count() const noexcept override { return output_count_; }
  void predict_row(std::span<const float> row, std::span<double> out) const noexcept override;
  nlohmann::ordered_json summary() const override;
  std::vector<std::byte> to_bytes() const override;

  std::size_t tree_count() const noexcept { return tree_begins_.empty() ? 0 : tree_begins_.size() - 1; }

 private:
  void predict_rows(MatrixView x, std::span<double> out) const noexcept override;

  contract::Task task_ = contract::Task::kClassification;
  std::uint32_t feature_count_ = 0;
  std::uint32_t output_count_ = 0;
  std::span<const std::uint64_t> tree_begins_;
  std::span<const ForestNode> nodes_;
  std::span<const double> leaf_values_;
  ForestParts owned_;  // what the spans show, unless they show a mapped file
};

}  // namespace archmlp::model
