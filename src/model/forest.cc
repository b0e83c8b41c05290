#include "archmlp/model/forest.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <nlohmann/json.hpp>

#include "archmlp/model/forest_traversal.h"
#include "archmlp/model/packed_trees.h"

namespace archmlp::model {
namespace {

bool has_missing(const float* row, std::size_t count) noexcept {
  std::uint32_t missing = 0;  // of the width of a float, so that several are compared at once
  for (std::size_t i = 0; i < count; ++i) missing |= row[i] != row[i] ? 1U : 0U;
  return missing != 0;
}

void add_leaf(std::span<const double> leaf_values, std::uint32_t leaf, std::size_t outputs,
              double* sums) noexcept {
  const double* values = leaf_values.data() + std::size_t{leaf & ForestNode::kIndex} * outputs;
  for (std::size_t k = 0; k < outputs; ++k) sums[k] += values[k];
}

/// The same of many leaves, in order.
template <std::size_t kOutputs>
void add_leaves(std::span<const double> leaf_values, std::span<const std::uint32_t> leaves,
                double* sums) noexcept {
  std::array<double, kOutputs> local;
  for (std::size_t k = 0; k < kOutputs; ++k) local[k] = sums[k];
  for (const std::uint32_t leaf : leaves) {
    const double* values = leaf_values.data() + std::size_t{leaf & ForestNode::kIndex} * kOutputs;
    for (std::size_t k = 0; k < kOutputs; ++k) local[k] += values[k];
  }
  for (std::size_t k = 0; k < kOutputs; ++k) sums[k] = local[k];
}

void add_leaves(std::span<const double> leaf_values, std::span<const std::uint32_t> leaves,
                std::size_t outputs, double* sums) noexcept {
  if (outputs == 1) return add_leaves<1>(leaf_values, leaves, sums);
  if (outputs == 2) return add_leaves<2>(leaf_values, leaves, sums);
  for (const std::uint32_t leaf : leaves) add_leaf(leaf_values, leaf, outputs, sums);
}

}  // namespace

static_assert(PackedTrees::kCapacity == Paths::kCapacity);

Forest::Forest() = default;
Forest::~Forest() = default;

CategorySets Forest::sets() const noexcept {
  if (set_words_.empty()) return {};
  return {category_counts_.data(), set_words_.data()};
}

void Forest::add_trees(std::span<const float> row, bool may_miss, double* sums) const noexcept {
  Paths paths;
  std::array<std::uint32_t, Paths::kCapacity> leaves;
  const std::uint64_t* const keys = packed_ && !may_miss ? PackedTrees::keys_of(row) : nullptr;
  for (std::size_t first = 0; first < tree_count(); first += Paths::kCapacity) {
    const auto some = std::span(leaves).first(std::min(Paths::kCapacity, tree_count() - first));
    if (keys != nullptr) {
      packed_->walk(keys, first, some);
    } else {
      for (std::uint32_t i = 0; i < some.size(); ++i) paths.add(i);
      walk_trees(nodes_, tree_begins_.data() + first, sets(), row, may_miss, paths, leaves.data());
    }
    add_leaves(leaf_values_, some, output_count_, sums);
  }
}

void Forest::predict_row(std::span<const float> row, std::span<double> out) const noexcept {
  assert(row.size() == feature_count_ && out.size() == output_count_);
  std::fill(out.begin(), out.end(), 0.0);
  add_trees(row, has_missing(row.data(), row.size()), out.data());
  for (double& value : out) value /= static_cast<double>(tree_count());
}

void Forest::predict_rows(MatrixView x, std::span<double> out) const noexcept {
  assert(x.col_stride == 1 && x.cols == feature_count_ && out.size() == x.rows * output_count_);
  std::fill(out.begin(), out.end(), 0.0);
  bool may_miss = false;
  for (std::size_t row = 0; row < x.rows; ++row) may_miss |= has_missing(x.data + row * x.row_stride, x.cols);
  constexpr std::size_t kManyRows = 16;
  const bool by_rows = packed_ && !may_miss && (packed_->is_near() || x.rows < kManyRows);
  if (by_rows) {
    for (std::size_t i = 0; i < x.rows; ++i)
      add_trees({x.data + i * x.row_stride, x.cols}, false, out.data() + i * output_count_);
  } else {
    add_rows(x, may_miss, out.data());
  }
  for (double& value : out) value /= static_cast<double>(tree_count());
}

void Forest::add_rows(MatrixView x, bool may_miss, double* sums) const noexcept {
  Paths paths;
  std::array<std::uint32_t, Paths::kCapacity> leaves;
  for (std::size_t tree_index = 0; tree_index < tree_count(); ++tree_index) {
    for (std::size_t first = 0; first < x.rows; first += Paths::kCapacity) {
      MatrixView rows = x;
      rows.data += first * x.row_stride;
      rows.rows = std::min(Paths::kCapacity, x.rows - first);
      for (std::uint32_t i = 0; i < rows.rows; ++i) paths.add(i);
      walk_rows(tree(tree_index), sets(), rows, may_miss, paths, leaves.data());
      for (std::size_t i = 0; i < rows.rows; ++i)
        add_leaf(leaf_values_, leaves[i], output_count_, sums + (first + i) * output_count_);
    }
  }
}

std::span<const double> Forest::leaf_of(std::size_t tree_index, std::span<const float> row) const noexcept {
  assert(row.size() == feature_count_);
  Paths path;
  path.add(0);
  std::uint32_t leaf = 0;
  walk_trees(nodes_, tree_begins_.data() + tree_index, sets(), row, true, path, &leaf);
  return leaf_values_.subspan(std::size_t{leaf & ForestNode::kIndex} * output_count_, output_count_);
}

nlohmann::ordered_json Forest::summary() const {
  const std::uint64_t bytes = kForestHeaderBytes + nodes_.size_bytes() + leaf_values_.size_bytes() +
                              tree_begins_.size_bytes() + category_counts_.size_bytes() +
                              set_words_.size_bytes();
  nlohmann::ordered_json json;
  json["trees"] = tree_count();
  json["nodes"] = 2 * leaf_count_ - tree_count();  // a binary tree has one test fewer than leaves
  json["leaves"] = leaf_count_;
  json["max_depth"] = max_depth_;
  json["bytes"] = bytes;
  return json;
}

}  // namespace archmlp::model
