#include "archmlp/model/forest.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <nlohmann/json.hpp>

#include "archmlp/model/forest_traversal.h"

namespace archmlp::model {
namespace {

bool has_missing(const float* row, std::size_t count) noexcept {
  bool missing = false;
  for (std::size_t i = 0; i < count; ++i) missing |= row[i] != row[i];
  return missing;
}

void add_leaf(std::span<const double> leaf_values, std::uint32_t leaf, std::size_t outputs,
              double* sums) noexcept {
  const double* values = leaf_values.data() + std::size_t{leaf} * outputs;
  for (std::size_t k = 0; k < outputs; ++k) sums[k] += values[k];
}

}  // namespace

void Forest::predict_row(std::span<const float> row, std::span<double> out) const noexcept {
  assert(row.size() == feature_count_ && out.size() == output_count_);
  const WalkLanes walk = walk_for(has_missing(row.data(), row.size()), !set_words_.empty());
  const CategorySets sets{category_counts_.data(), set_words_.data()};
  std::fill(out.begin(), out.end(), 0.0);
  std::array<const float*, kLanes> rows;
  rows.fill(row.data());
  std::array<const ForestNode*, kLanes> trees;
  std::array<std::uint32_t, kLanes> leaves;
  for (std::size_t first = 0; first < tree_count(); first += kLanes) {
    const std::size_t lanes = std::min(kLanes, tree_count() - first);
    for (std::size_t i = 0; i < lanes; ++i) trees[i] = nodes_.data() + tree_begins_[first + i];
    walk(trees.data(), rows.data(), lanes, sets, leaves.data());
    for (std::size_t i = 0; i < lanes; ++i) add_leaf(leaf_values_, leaves[i], output_count_, out.data());
  }
  for (double& value : out) value /= static_cast<double>(tree_count());
}

void Forest::predict_rows(MatrixView x, std::span<double> out) const noexcept {
  assert(x.col_stride == 1 && x.cols == feature_count_ && out.size() == x.rows * output_count_);
  std::fill(out.begin(), out.end(), 0.0);
  bool missing = false;
  for (std::size_t row = 0; row < x.rows; ++row) missing |= has_missing(x.data + row * x.row_stride, x.cols);
  const WalkLanes walk = walk_for(missing, !set_words_.empty());
  const CategorySets sets{category_counts_.data(), set_words_.data()};
  std::array<const float*, kLanes> rows;
  std::array<const ForestNode*, kLanes> trees;
  std::array<std::uint32_t, kLanes> leaves;
  for (std::size_t tree_index = 0; tree_index < tree_count(); ++tree_index) {
    trees.fill(nodes_.data() + tree_begins_[tree_index]);
    for (std::size_t first = 0; first < x.rows; first += kLanes) {
      const std::size_t lanes = std::min(kLanes, x.rows - first);
      for (std::size_t i = 0; i < lanes; ++i) rows[i] = x.data + (first + i) * x.row_stride;
      walk(trees.data(), rows.data(), lanes, sets, leaves.data());
      for (std::size_t i = 0; i < lanes; ++i)
        add_leaf(leaf_values_, leaves[i], output_count_, out.data() + (first + i) * output_count_);
    }
  }
  for (double& value : out) value /= static_cast<double>(tree_count());
}

std::span<const double> Forest::leaf_of(std::size_t tree_index, std::span<const float> row) const noexcept {
  assert(row.size() == feature_count_);
  const ForestNode* nodes = nodes_.data() + tree_begins_[tree_index];
  std::uint32_t at = 0;
  const CategorySets sets{category_counts_.data(), set_words_.data()};
  while ((at & ForestNode::kLeaf) == 0) at = next_of<true, true>(nodes[at], row.data(), sets);
  return leaf_values_.subspan(std::size_t{at & ForestNode::kIndex} * output_count_, output_count_);
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
