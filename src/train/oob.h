#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/model/forest.h"
#include "archmlp/train/forest_plan.h"

namespace archmlp::train {

/// Which rows each tree drew: a bit a row.
class DrawnRows {
 public:
  DrawnRows(std::size_t tree_count, std::size_t row_count)
      : words_per_tree_((row_count + 63) / 64), words_(tree_count * words_per_tree_) {}

  /// From any thread, for different trees.
  void set(std::size_t tree, std::span<const std::uint8_t> multiplicities) noexcept;
  bool contains(std::size_t tree, std::size_t row) const noexcept {
    return ((words_[tree * words_per_tree_ + row / 64] >> (row % 64)) & 1U) != 0;
  }

 private:
  std::size_t words_per_tree_;
  std::vector<std::uint64_t> words_;
};

/// Accuracy or R² of each row's mean over the trees that did not draw it; rows that all trees drew are left
/// out. None where undefined. Errors: kCancelled. Source: Breiman 2001, section 3.1.
base::Result<std::optional<double>> out_of_bag_score(const model::Forest& forest, const DrawnRows& drawn,
                                                     model::MatrixView x, const Labels& labels,
                                                     int thread_count);

}  // namespace archmlp::train
