#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "archmlp/train/forest_trainer.h"
#include "archmlp/train/label_scale.h"

namespace archmlp::train {

/// A tree, wherever it is kept.
struct TreeView {
  std::span<const model::ForestNode> nodes;
  std::span<const double> leaf_values;  // [leaves, k]
};

/// What the trees of a forest say of some rows, added up as they are made. The sums are integers, so that the
/// order in which trees come never changes them.
class RunningScore {
 public:
  /// `trained_on`: the labels whose means the leaves of a regression hold. Both outlive the object.
  RunningScore(model::MatrixView x, const Labels& labels, const Labels& trained_on);

  /// Lets the tree speak of the rows that it did not draw; of all, if `drawn` is empty. Safe from any thread.
  void add(const TreeView& tree, std::span<const std::uint8_t> drawn = {});
  /// Accuracy or R² of the means over trees; rows of which no tree has spoken are left out. None where
  /// undefined.
  std::optional<double> score() const;
  /// Shape: [n, k]; NaN for rows of which no tree has spoken.
  std::vector<double> means() const;

  static std::size_t byte_count(std::size_t row_count, std::size_t output_count) noexcept {
    return row_count * (output_count * sizeof(std::int64_t) + sizeof(std::uint32_t));
  }

 private:
  std::vector<std::uint32_t> find_leaves(const TreeView& tree, std::span<const std::uint8_t> drawn) const;
  std::int64_t encode(double value) const noexcept;
  double mean(std::size_t row, std::size_t output) const noexcept;

  model::MatrixView x_;
  const Labels& labels_;
  std::size_t output_count_;
  std::optional<LabelScale> scale_;  // of a regression
  mutable std::mutex mutex_;
  std::vector<std::int64_t> sums_;     // [n, k]
  std::vector<std::uint32_t> counts_;  // [n], trees
};

}  // namespace archmlp::train
