#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "archmlp/train/split_search.h"

namespace archmlp::train {

/// CellSearch for any number of classes: a bin holds a count for each.
template <typename Criterion>
class MulticlassSearch {
 public:
  using Row = ClassRow;

  MulticlassSearch(std::span<const double> class_weights, std::size_t min_samples_leaf)
      : class_weights_(class_weights.begin(), class_weights.end()),
        class_count_(class_weights.size()),
        min_rows_(min_samples_leaf),
        total_(class_count_),
        left_(class_count_),
        right_(class_count_),
        counts_(256 * class_count_),
        rows_(256) {}

  void begin(std::span<const Row> rows) noexcept {
    std::fill(total_.begin(), total_.end(), 0);
    for (const Row& row : rows) total_[row.class_index] += row.draws;
    total_rows_ = rows.size();
    best_ = {};
    weight_ = 0;
    for (std::size_t k = 0; k < class_count_; ++k) weight_ += class_weights_[k] * total_[k];
    own_side_ = Criterion::side(total_, class_weights_);
  }
  bool is_pure() const noexcept {
    return std::count_if(total_.begin(), total_.end(), [](std::uint32_t count) { return count > 0; }) < 2;
  }
  double weight() const noexcept { return weight_; }
  void leaf(std::vector<double>& out) const {
    out.resize(class_count_);
    for (std::size_t k = 0; k < class_count_; ++k) out[k] = class_weights_[k] * total_[k] / weight_;
  }

  /// False if the feature is constant in the node.
  bool evaluate(std::uint32_t feature, const NodeView<Row>& node) noexcept {
    BinSet bins;
    for (std::size_t i = 0; i < node.ids.size(); ++i) {
      const std::uint8_t bin = node.column[node.ids[i]];
      counts_[bin * class_count_ + node.rows[i].class_index] += node.rows[i].draws;
      ++rows_[bin];
      bins.insert(bin);
    }
    feature_ = feature;
    std::fill(left_.begin(), left_.end(), 0);
    left_rows_ = 0;
    const bool has_missing = rows_[kMissingBin] != 0;
    int previous = -1;
    int bin_count = 0;
    bins.for_each([&](std::uint8_t bin) {
      if (bin == kMissingBin) return;
      if (previous >= 0) consider_both(static_cast<std::uint8_t>(previous), bin, has_missing);
      move_left(bin);
      previous = bin;
      ++bin_count;
    });
    if (has_missing && bin_count > 0) {
      consider(static_cast<std::uint8_t>(previous), SplitCandidate::kNoBin, false, true);
    }
    bins.for_each([&](std::uint8_t bin) {
      std::fill_n(counts_.begin() + static_cast<std::ptrdiff_t>(bin * class_count_), class_count_, 0);
      rows_[bin] = 0;
    });
    return bin_count + (has_missing ? 1 : 0) > 1;
  }

  SplitCandidate best() const noexcept {
    SplitCandidate best = best_;
    if (best.found()) best.decrease = std::max(0.0, best.score - own_side_);
    return best;
  }

 private:
  void move_left(std::uint8_t bin) noexcept {
    for (std::size_t k = 0; k < class_count_; ++k) left_[k] += counts_[bin * class_count_ + k];
    left_rows_ += rows_[bin];
  }
  void move_back(std::uint8_t bin) noexcept {
    for (std::size_t k = 0; k < class_count_; ++k) left_[k] -= counts_[bin * class_count_ + k];
    left_rows_ -= rows_[bin];
  }

  void consider_both(std::uint8_t left_bin, std::uint8_t right_bin, bool has_missing) noexcept {
    consider(left_bin, right_bin, false, has_missing);
    if (!has_missing) return;
    move_left(kMissingBin);
    consider(left_bin, right_bin, true, true);
    move_back(kMissingBin);
  }

  void consider(std::uint8_t left_bin, std::uint8_t right_bin, bool missing_left, bool has_missing) noexcept {
    if (left_rows_ < min_rows_ || total_rows_ - left_rows_ < min_rows_) return;
    for (std::size_t k = 0; k < class_count_; ++k) right_[k] = total_[k] - left_[k];
    const double score = Criterion::side(left_, class_weights_) + Criterion::side(right_, class_weights_);
    const SplitCandidate candidate = {.score = score,
                                      .feature = feature_,
                                      .left_bin = left_bin,
                                      .right_bin = right_bin,
                                      .missing_left = missing_left,
                                      .has_missing = has_missing};
    if (candidate.is_better_than(best_)) best_ = candidate;
  }

  std::vector<double> class_weights_;
  std::size_t class_count_;
  std::size_t min_rows_;
  std::vector<std::uint32_t> total_, left_, right_;  // [classes], draws
  std::size_t total_rows_ = 0, left_rows_ = 0;
  double weight_ = 0, own_side_ = 0;
  std::uint32_t feature_ = 0;
  SplitCandidate best_;
  std::vector<std::uint32_t> counts_;  // [256, classes]; zero between calls
  std::vector<std::uint32_t> rows_;    // [256]; zero between calls
};

}  // namespace archmlp::train
