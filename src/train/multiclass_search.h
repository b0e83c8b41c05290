#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "archmlp/train/split_search.h"

namespace archmlp::train {

/// CellSearch for any number of classes: a bin holds a count for each.
template <typename Criterion, typename Count, typename BinType>
class MulticlassSearch {
 public:
  using Row = ClassRow<Count>;
  using Bin = BinType;

  MulticlassSearch(std::size_t class_count, SplitLimits limits)
      : class_weights_(class_count, 1.0),
        class_count_(class_count),
        limits_(limits),
        total_(class_count_),
        left_(class_count_),
        right_(class_count_),
        counts_((kMissing + std::size_t{1}) * class_count_),
        rows_(kMissing + std::size_t{1}) {}

  void set_class_weights(std::span<const double> weights) {
    class_weights_.assign(weights.begin(), weights.end());
  }
  void set_min_weight(double weight) noexcept { limits_.min_weight = weight; }

  void begin(std::span<const Row> rows, const ValueBounds&) noexcept {
    std::fill(total_.begin(), total_.end(), 0);
    for (const Row& row : rows) total_[row.class_index] += row.weight;
    total_rows_ = rows.size();
    best_ = {};
    weight_ = weight_of(total_);
    own_side_ = side(total_);
  }
  bool is_pure() const noexcept {
    return std::count_if(total_.begin(), total_.end(), [](Count count) { return count > 0; }) < 2;
  }
  double weight() const noexcept { return weight_; }
  void leaf(std::vector<double>& out) const {
    out.resize(class_count_);
    for (std::size_t k = 0; k < class_count_; ++k) {
      out[k] = class_weights_[k] * static_cast<double>(total_[k]) / weight_;
    }
  }

  /// False if the feature is constant in the node.
  bool evaluate(std::uint32_t feature, const NodeView<Row, Bin>& node) noexcept {
    for (std::size_t i = 0; i < node.ids.size(); ++i) {
      const std::uint32_t bin = node.column[node.ids[i]];
      counts_[bin * class_count_ + node.rows[i].class_index] += node.rows[i].weight;
      ++rows_[bin];
      occurring_.insert(bin);
    }
    feature_ = feature;
    has_missing_ = rows_[kMissing] != 0;
    const bool varies = node.categorical ? scan_categories(node) : scan_values(node);
    occurring_.for_each([&](std::uint32_t bin) {
      std::fill_n(counts_.begin() + static_cast<std::ptrdiff_t>(bin * class_count_), class_count_, 0);
      rows_[bin] = 0;
    });
    occurring_.clear();
    return varies;
  }

  SplitCandidate best() const noexcept {
    SplitCandidate best = best_;
    if (best.found()) best.decrease = std::max(0.0, best.score - own_side_);
    return best;
  }

 private:
  static constexpr std::uint32_t kMissing = kMissingBin<Bin>;

  double side(std::span<const Count> counts) const noexcept {
    return Criterion::template side<Count>(counts, class_weights_);
  }
  double weight_of(std::span<const Count> counts) const noexcept {
    double weight = 0;
    for (std::size_t k = 0; k < class_count_; ++k) {
      weight += class_weights_[k] * static_cast<double>(counts[k]);
    }
    return weight;
  }

  void begin_scan() noexcept {
    std::fill(left_.begin(), left_.end(), 0);
    left_rows_ = 0;
  }
  void move_left(std::uint32_t bin) noexcept {
    for (std::size_t k = 0; k < class_count_; ++k) left_[k] += counts_[bin * class_count_ + k];
    left_rows_ += rows_[bin];
  }
  void move_back(std::uint32_t bin) noexcept {
    for (std::size_t k = 0; k < class_count_; ++k) left_[k] -= counts_[bin * class_count_ + k];
    left_rows_ -= rows_[bin];
  }

  bool scan_values(const NodeView<Row, Bin>& node) noexcept {
    begin_scan();
    const DrawnCut cut = drawn_cut(node);
    std::uint32_t previous = SplitCandidate::kNoBin;
    std::uint32_t bin_count = 0;
    occurring_.for_each([&](std::uint32_t bin) {
      if (bin == kMissing) return;
      if (previous != SplitCandidate::kNoBin && cut.takes(previous, bin)) consider_both(previous, bin);
      move_left(bin);
      previous = bin;
      ++bin_count;
    });
    if (has_missing_ && bin_count > 0) consider(previous, SplitCandidate::kNoBin, false);
    return bin_count + (has_missing_ ? 1U : 0U) > 1;
  }

  DrawnCut drawn_cut(const NodeView<Row, Bin>& node) const noexcept {
    std::uint32_t first = kMissing;
    std::uint32_t last = 0;
    if (node.drawn_from != nullptr) {
      occurring_.for_each([&](std::uint32_t bin) {
        if (bin == kMissing) return;
        first = std::min(first, bin);
        last = bin;
      });
    }
    return first == kMissing ? DrawnCut(node, 0, 0) : DrawnCut(node, first, last);
  }

  void consider_both(std::uint32_t left_bin, std::uint32_t right_bin) noexcept {
    consider(left_bin, right_bin, false);
    if (!has_missing_) return;
    move_left(kMissing);
    consider(left_bin, right_bin, true);
    move_back(kMissing);
  }

  /// With more than two classes the best subset takes exponential time. Tried are the orders by the share of
  /// each class, which hold the best split between that class and the others.
  bool scan_categories(const NodeView<Row, Bin>& node) noexcept {
    std::uint32_t count = 0;
    occurring_.for_each([&](std::uint32_t bin) { count += bin == kMissing ? 0U : 1U; });
    for (std::uint32_t k = 0; k < class_count_; ++k) {
      if (total_[k] == 0) continue;
      rank_categories(k);
      scan_ranked(k, count, node.drawn_from == nullptr ? -1.0 : node.draw);
    }
    return count + (has_missing_ ? 1U : 0U) > 1;
  }

  void rank_categories(std::uint32_t class_index) noexcept {
    std::size_t count = 0;
    occurring_.for_each([&](std::uint32_t bin) {
      if (bin == kMissing) return;
      const auto counts = std::span<const Count>(counts_).subspan(bin * class_count_, class_count_);
      const double weight = weight_of(counts);
      const double own = class_weights_[class_index] * static_cast<double>(counts[class_index]);
      ranked_[count++] = {weight > 0 ? own / weight : 0.0, bin};
    });
    std::sort(ranked_.begin(), ranked_.begin() + static_cast<std::ptrdiff_t>(count));
  }

  void scan_ranked(std::uint32_t order, std::uint32_t count, double draw) noexcept {
    const std::uint32_t drawn =
        draw < 0 || count < 2 ? count : 1 + static_cast<std::uint32_t>(draw * (count - 1));
    begin_scan();
    for (std::uint32_t taken = 1; taken <= count; ++taken) {
      move_left(ranked_[taken - 1].second);
      if (taken == count && !has_missing_) break;
      if (drawn < count && taken != drawn) continue;
      consider_categories(order, taken, false);
      if (!has_missing_ || taken == count) continue;
      move_left(kMissing);
      consider_categories(order, taken, true);
      move_back(kMissing);
    }
  }

  void consider_categories(std::uint32_t order, std::uint32_t taken, bool missing_left) noexcept {
    if (!consider(order * 256 + taken, 0, missing_left)) return;
    best_.categorical = true;
    for (std::uint32_t i = 0; i < taken; ++i) best_.left_categories.insert(ranked_[i].second);
    if (missing_left) best_.left_categories.insert(kMissing);
  }

  /// True if that is the best so far.
  bool consider(std::uint32_t left_bin, std::uint32_t right_bin, bool missing_left) noexcept {
    if (left_rows_ < limits_.min_rows || total_rows_ - left_rows_ < limits_.min_rows) return false;
    for (std::size_t k = 0; k < class_count_; ++k) right_[k] = total_[k] - left_[k];
    const SplitCandidate candidate = {.score = side(left_) + side(right_),
                                      .feature = feature_,
                                      .left_bin = left_bin,
                                      .right_bin = right_bin,
                                      .missing_left = missing_left,
                                      .has_missing = has_missing_};
    if (!candidate.is_better_than(best_)) return false;
    if (limits_.min_weight > 0 &&
        (weight_of(left_) < limits_.min_weight || weight_of(right_) < limits_.min_weight)) {
      return false;
    }
    best_ = candidate;
    return true;
  }

  std::vector<double> class_weights_;
  std::size_t class_count_;
  SplitLimits limits_;
  std::vector<Count> total_, left_, right_;  // [classes], draws or weights
  std::size_t total_rows_ = 0, left_rows_ = 0;
  double weight_ = 0, own_side_ = 0;
  std::uint32_t feature_ = 0;
  bool has_missing_ = false;
  SplitCandidate best_;
  std::vector<Count> counts_;        // [bins, classes]; zero between calls
  std::vector<std::uint32_t> rows_;  // [bins]; zero between calls
  BinSet<Bin> occurring_;            // empty between calls
  std::array<std::pair<double, std::uint32_t>, 256> ranked_;
};

}  // namespace archmlp::train
