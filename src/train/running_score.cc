#include "archmlp/train/running_score.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "archmlp/metrics/regression.h"
#include "archmlp/model/forest_traversal.h"

namespace archmlp::train {
namespace {

constexpr std::uint32_t kNoLeaf = 0;         // of a row: it has drawn the tree; leaves have a flag
constexpr double kShareUnits = 0x1p40;       // of a class share; 2^23 trees fit 63 bits
constexpr double kLabelUnits = 1.0 / 0x1p8;  // of an encoded label, of 50 bits

bool is_classification(const Labels& labels) { return labels.task == contract::Task::kClassification; }

}  // namespace

RunningScore::RunningScore(model::MatrixView x, const Labels& labels, const Labels& trained_on,
                           std::span<const std::uint32_t> category_counts)
    : x_(x),
      labels_(labels),
      category_counts_(category_counts),
      output_count_(is_classification(labels) ? labels.classes.size() : 1),
      sums_(x.rows * output_count_),
      counts_(x.rows) {
  if (!is_classification(labels)) scale_.emplace(trained_on.values);
}

std::vector<std::uint32_t> RunningScore::find_leaves(const TreeView& tree,
                                                     std::span<const std::uint8_t> drawn) const {
  std::vector<std::uint32_t> leaves(x_.rows, kNoLeaf);
  model::CategorySets sets;
  if (!tree.set_words.empty()) sets = {category_counts_.data(), tree.set_words.data()};
  model::Paths paths;
  for (std::size_t row = 0; row < x_.rows; ++row) {
    if (drawn.empty() || drawn[row] == 0) paths.add(static_cast<std::uint32_t>(row));
    if (!paths.full() && row + 1 < x_.rows) continue;
    model::walk_rows(tree.nodes, sets, x_, true, paths, leaves.data());
  }
  return leaves;
}

std::int64_t RunningScore::encode(double value) const noexcept {
  const double units =
      scale_ ? static_cast<double>(scale_->encode(value)) * kLabelUnits : value * kShareUnits;
  return static_cast<std::int64_t>(std::nearbyint(units));
}

void RunningScore::add(const TreeView& tree, std::span<const std::uint8_t> drawn) {
  const std::vector<std::uint32_t> leaves = find_leaves(tree, drawn);
  const std::scoped_lock lock(mutex_);
  for (std::size_t row = 0; row < leaves.size(); ++row) {
    if (leaves[row] == kNoLeaf) continue;
    ++counts_[row];
    for (std::size_t k = 0; k < output_count_; ++k) {
      sums_[row * output_count_ + k] +=
          encode(tree.leaf_values[std::size_t{leaves[row] & model::ForestNode::kIndex} * output_count_ + k]);
    }
  }
}

double RunningScore::mean(std::size_t row, std::size_t output) const noexcept {
  const double mean = static_cast<double>(sums_[row * output_count_ + output]) / counts_[row];
  return scale_ ? scale_->decode(mean / kLabelUnits) : mean / kShareUnits;
}

std::optional<double> RunningScore::score() const {
  const std::scoped_lock lock(mutex_);
  std::vector<double> actual;
  std::vector<double> predicted;
  std::size_t known = 0;
  std::size_t right = 0;
  for (std::size_t row = 0; row < counts_.size(); ++row) {
    if (counts_[row] == 0) continue;
    ++known;
    if (scale_) {
      actual.push_back(labels_.values[row]);
      predicted.push_back(mean(row, 0));
      continue;
    }
    const auto begin = sums_.begin() + static_cast<std::ptrdiff_t>(row * output_count_);
    const auto end = begin + static_cast<std::ptrdiff_t>(output_count_);
    right += std::max_element(begin, end) - begin == labels_.class_indices[row] ? 1 : 0;
  }
  if (scale_) return metrics::r2(actual, predicted);
  if (known == 0) return std::nullopt;
  return static_cast<double>(right) / static_cast<double>(known);
}

std::vector<double> RunningScore::means() const {
  const std::scoped_lock lock(mutex_);
  std::vector<double> means(sums_.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t row = 0; row < counts_.size(); ++row) {
    for (std::size_t k = 0; k < output_count_ && counts_[row] > 0; ++k) {
      means[row * output_count_ + k] = mean(row, k);
    }
  }
  return means;
}

}  // namespace archmlp::train
