#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "archmlp/train/criteria.h"
#include "archmlp/train/row_stats.h"
#include "archmlp/train/split_candidate.h"
#include "archmlp/train/split_limits.h"

namespace archmlp::train {

/// Below this many rows a histogram is mostly empty: the bins that occur are then kept in a bit set, which
/// also puts them in order, so that a node costs time by its rows and not by the number of bins.
template <typename Bin>
inline constexpr std::size_t kSparseRows = sizeof(Bin) == 1 ? 192 : 16384;

/// Best split of a node over the features given to evaluate(), for cells of fixed size.
template <typename CellType, typename Criterion, typename BinType>
class CellSearch {
 public:
  using Cell = CellType;
  using Row = Cell;
  using Bin = BinType;

  CellSearch(Criterion criterion, SplitLimits limits)
      : criterion_(std::move(criterion)), limits_(limits), cells_(kMissingBin<Bin> + std::size_t{1}) {}

  void set_class_weights(std::span<const double> weights) noexcept { criterion_.set_class_weights(weights); }
  void set_min_weight(double weight) noexcept { limits_.min_weight = weight; }

  void begin(std::span<const Row> rows, const ValueBounds& bounds) noexcept {
    total_ = {};
    for (const Row& row : rows) total_.add(row);
    criterion_.begin(total_);
    bounds_ = bounds;
    best_ = {};
    is_pure_ = Criterion::is_pure(rows, total_);
  }
  bool is_pure() const noexcept { return is_pure_; }
  double weight() const noexcept { return criterion_.weight(); }
  void leaf(std::vector<double>& out) const { criterion_.leaf(total_, bounds_, out); }

  /// False if the feature is constant in the node.
  bool evaluate(std::uint32_t feature, const NodeView<Row, Bin>& node) noexcept {
    feature_ = feature;
    if (node.categorical) return evaluate_categories(node);
    return node.ids.size() < kSparseRows<Bin> ? evaluate_sparse(node) : evaluate_dense(node);
  }

  SplitCandidate best() const noexcept {
    SplitCandidate best = best_;
    if (best.found()) best.decrease = criterion_.decrease(best.score);
    return best;
  }

 private:
  static constexpr std::uint32_t kMissing = kMissingBin<Bin>;

  struct Scan {
    Cell left;
    Cell missing;
    std::uint32_t previous = SplitCandidate::kNoBin;
    std::uint32_t bin_count = 0;  // that occur, missing not counted
  };

  bool evaluate_sparse(const NodeView<Row, Bin>& node) noexcept {
    Cell* const cells = cells_.data();
    BinSet<Bin>& bins = occurring_;
    for (std::size_t i = 0; i < node.ids.size(); ++i) {
      const Bin bin = node.column[node.ids[i]];
      cells[bin].add(node.rows[i]);
      bins.insert(bin);
    }
    Scan scan;
    scan.missing = cells[kMissing];
    const DrawnCut cut = node.drawn_from == nullptr ? DrawnCut(node, 0, 0) : drawn_cut(node);
    bins.for_each([&](std::uint32_t bin) {
      if (bin != kMissing) visit(scan, bin, cells[bin], cut);
      cells[bin] = {};
    });
    bins.clear();
    return finish(scan);
  }

  bool evaluate_dense(const NodeView<Row, Bin>& node) noexcept {
    Cell* const cells = cells_.data();
    for (std::size_t i = 0; i < node.ids.size(); ++i) cells[node.column[node.ids[i]]].add(node.rows[i]);
    Scan scan;
    scan.missing = cells[kMissing];
    const DrawnCut cut = node.drawn_from == nullptr ? DrawnCut(node, 0, 0) : drawn_cut(node);
    for (std::uint32_t bin = 0; bin < kMissing; ++bin) {
      if (!cells[bin].empty()) visit(scan, bin, cells[bin], cut);
    }
    std::fill(cells_.begin(), cells_.end(), Cell{});
    return finish(scan);
  }

  DrawnCut drawn_cut(const NodeView<Row, Bin>& node) const noexcept {
    std::uint32_t first = 0;
    while (first < kMissing && cells_[first].empty()) ++first;
    if (first == kMissing) return DrawnCut(node, 0, 0);
    std::uint32_t last = kMissing - 1;
    while (cells_[last].empty()) --last;
    return DrawnCut(node, first, last);
  }

  void visit(Scan& scan, std::uint32_t bin, const Cell& cell, const DrawnCut& cut) noexcept {
    if (scan.previous != SplitCandidate::kNoBin && cut.takes(scan.previous, bin)) {
      const bool has_missing = !scan.missing.empty();
      consider(scan.left, scan.previous, bin, false, has_missing);
      if (has_missing) {
        Cell left = scan.left;
        left.add(scan.missing);
        consider(left, scan.previous, bin, true, true);
      }
    }
    scan.left.add(cell);
    scan.previous = bin;
    ++scan.bin_count;
  }

  /// The last way to cut: values left, missing right.
  bool finish(const Scan& scan) noexcept {
    if (scan.missing.empty()) return scan.bin_count > 1;
    if (scan.bin_count == 0) return false;
    consider(scan.left, scan.previous, SplitCandidate::kNoBin, false, true);
    return true;
  }

  /// The best of all subsets is among those that take the categories in the order of their means.
  /// Source: Fisher 1958; Breiman et al. 1984, theorem 4.5.
  bool evaluate_categories(const NodeView<Row, Bin>& node) noexcept {
    for (std::size_t i = 0; i < node.ids.size(); ++i) {
      const Bin bin = node.column[node.ids[i]];
      cells_[bin].add(node.rows[i]);
      occurring_.insert(bin);
    }
    std::size_t count = 0;
    occurring_.for_each([&](std::uint32_t bin) {
      if (bin == kMissing) return;
      // A category of classes that weigh nothing has no share: it goes with the lowest.
      const double weight = criterion_.weight_of(cells_[bin]);
      ranked_[count++] = {weight > 0 ? criterion_.value_of(cells_[bin]) : 0.0, bin};
    });
    std::sort(ranked_.begin(), ranked_.begin() + static_cast<std::ptrdiff_t>(count));
    const bool varies = scan_categories(count, node.drawn_from == nullptr ? -1.0 : node.draw);
    occurring_.for_each([&](std::uint32_t bin) { cells_[bin] = {}; });
    occurring_.clear();
    return varies;
  }

  /// `draw` >= 0: only the cut that it falls on.
  bool scan_categories(std::size_t count, double draw) noexcept {
    const Cell missing = cells_[kMissing];
    const bool has_missing = !missing.empty();
    const auto drawn =
        draw < 0 || count < 2 ? count : 1 + static_cast<std::size_t>(draw * static_cast<double>(count - 1));
    Cell left;
    for (std::size_t taken = 1; taken <= count; ++taken) {
      left.add(cells_[ranked_[taken - 1].second]);
      if (taken == count && !has_missing) break;
      if (drawn < count && taken != drawn) continue;
      consider_categories(left, taken, false, has_missing);
      if (!has_missing || taken == count) continue;
      Cell with_missing = left;
      with_missing.add(missing);
      consider_categories(with_missing, taken, true, true);
    }
    return count + (has_missing ? 1U : 0U) > 1;
  }

  void consider_categories(const Cell& left, std::size_t taken, bool missing_left,
                           bool has_missing) noexcept {
    if (!consider(left, static_cast<std::uint32_t>(taken), 0, missing_left, has_missing)) return;
    best_.categorical = true;
    for (std::size_t i = 0; i < taken; ++i) best_.left_categories.insert(ranked_[i].second);
    if (missing_left) best_.left_categories.insert(kMissing);
  }

  /// True if that is the best so far.
  bool consider(const Cell& left, std::uint32_t left_bin, std::uint32_t right_bin, bool missing_left,
                bool has_missing) noexcept {
    Cell right = total_;
    right.remove(left);
    if (left.row_count() < limits_.min_rows || right.row_count() < limits_.min_rows) return false;
    const double score = criterion_.score(left, right);
    if (score < best_.score) return false;
    SplitCandidate candidate = {.score = score,
                                .feature = feature_,
                                .left_bin = left_bin,
                                .right_bin = right_bin,
                                .missing_left = missing_left,
                                .has_missing = has_missing};
    if (!candidate.is_better_than(best_)) return false;
    if (!limits_.only_rows() && !keeps_limits(left, right, candidate)) return false;
    best_ = candidate;
    return true;
  }

  bool keeps_limits(const Cell& left, const Cell& right, SplitCandidate& candidate) const noexcept {
    if (criterion_.weight_of(left) < limits_.min_weight) return false;
    if (criterion_.weight_of(right) < limits_.min_weight) return false;
    if (limits_.monotonic.empty()) return true;
    const double left_value = criterion_.value_of(left);
    const double right_value = criterion_.value_of(right);
    candidate.middle = (left_value + right_value) / 2;
    return bounds_.allow(left_value, right_value, limits_.monotonic[feature_]);
  }

  Criterion criterion_;
  SplitLimits limits_;
  ValueBounds bounds_;
  Cell total_;
  SplitCandidate best_;
  bool is_pure_ = false;
  std::uint32_t feature_ = 0;
  std::vector<Cell> cells_;                                   // [bins]; all empty between calls
  BinSet<Bin> occurring_;                                     // empty between calls
  std::array<std::pair<double, std::uint32_t>, 256> ranked_;  // categories by mean
};

}  // namespace archmlp::train
