#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "archmlp/train/binning.h"
#include "archmlp/train/criteria.h"
#include "archmlp/train/row_stats.h"

namespace archmlp::train {

/// A way to cut a node: rows with bins <= left_bin go left.
struct SplitCandidate {
  static constexpr std::uint8_t kNoBin = 255;

  double score = -std::numeric_limits<double>::infinity();
  double decrease = 0;  // of the weighted impurity; set for the best
  std::uint32_t feature = 0;
  std::uint8_t left_bin = 0;
  std::uint8_t right_bin = 0;  // the next bin that occurs; kNoBin where only missing values go right
  bool missing_left = false;
  bool has_missing = false;  // the node has missing values of the feature

  bool found() const noexcept { return score > -std::numeric_limits<double>::infinity(); }
  /// Higher score, then lower feature, bin, missing right: a total order, so that the order of trials never
  /// matters.
  bool is_better_than(const SplitCandidate& other) const noexcept {
    if (score != other.score) return score > other.score;
    if (feature != other.feature) return feature < other.feature;
    if (left_bin != other.left_bin) return left_bin < other.left_bin;
    return !missing_left && other.missing_left;
  }
};

/// The rows of a node, seen through one feature: bin of row i is column[ids[i]].
template <typename Row>
struct NodeView {
  const std::uint8_t* column = nullptr;
  std::span<const std::uint32_t> ids;
  std::span<const Row> rows;
};

/// Below this many rows a histogram is mostly empty: the bins that occur are then kept in a bit set, which
/// also puts them in order, so that a node costs time by its rows and not by the number of bins.
inline constexpr std::size_t kSparseRows = 192;

/// The bins that occur in a node.
class BinSet {
 public:
  void insert(std::uint8_t bin) noexcept { words_[bin / 64U] |= std::uint64_t{1} << (bin % 64U); }
  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (std::size_t word = 0; word < words_.size(); ++word) {
      for (std::uint64_t bits = words_[word]; bits != 0; bits &= bits - 1) {
        visit(static_cast<std::uint8_t>(word * 64U + static_cast<unsigned>(std::countr_zero(bits))));
      }
    }
  }

 private:
  std::array<std::uint64_t, 4> words_ = {};
};

/// Best split of a node over the features given to evaluate(), for cells of fixed size.
template <typename CellType, typename Criterion>
class CellSearch {
 public:
  using Cell = CellType;
  using Row = Cell;

  CellSearch(Criterion criterion, std::size_t min_samples_leaf)
      : criterion_(std::move(criterion)), min_rows_(min_samples_leaf) {}

  void begin(std::span<const Row> rows) noexcept {
    total_ = {};
    for (const Row& row : rows) total_.add(row);
    criterion_.begin(total_);
    best_ = {};
    is_pure_ = Criterion::is_pure(rows, total_);
  }
  bool is_pure() const noexcept { return is_pure_; }
  double weight() const noexcept { return criterion_.weight(); }
  void leaf(std::vector<double>& out) const { criterion_.leaf(total_, out); }

  /// False if the feature is constant in the node.
  bool evaluate(std::uint32_t feature, const NodeView<Row>& node) noexcept {
    feature_ = feature;
    return node.ids.size() < kSparseRows ? evaluate_sparse(node) : evaluate_dense(node);
  }

  SplitCandidate best() const noexcept {
    SplitCandidate best = best_;
    if (best.found()) best.decrease = criterion_.decrease(best.score);
    return best;
  }

 private:
  struct Scan {
    Cell left;
    Cell missing;
    int previous = -1;
    int bin_count = 0;  // that occur, missing not counted
  };

  bool evaluate_sparse(const NodeView<Row>& node) noexcept {
    BinSet bins;
    for (std::size_t i = 0; i < node.ids.size(); ++i) {
      const std::uint8_t bin = node.column[node.ids[i]];
      cells_[bin].add(node.rows[i]);
      bins.insert(bin);
    }
    Scan scan;
    scan.missing = cells_[kMissingBin];
    bins.for_each([&](std::uint8_t bin) {
      if (bin != kMissingBin) visit(scan, bin, cells_[bin]);
      cells_[bin] = {};
    });
    return finish(scan);
  }

  bool evaluate_dense(const NodeView<Row>& node) noexcept {
    for (std::size_t i = 0; i < node.ids.size(); ++i) cells_[node.column[node.ids[i]]].add(node.rows[i]);
    Scan scan;
    scan.missing = cells_[kMissingBin];
    for (std::size_t bin = 0; bin < kMissingBin; ++bin) {
      if (!cells_[bin].empty()) visit(scan, static_cast<std::uint8_t>(bin), cells_[bin]);
    }
    cells_.fill({});
    return finish(scan);
  }

  void visit(Scan& scan, std::uint8_t bin, const Cell& cell) noexcept {
    if (scan.previous >= 0) {
      const auto left_bin = static_cast<std::uint8_t>(scan.previous);
      const bool has_missing = !scan.missing.empty();
      consider(scan.left, left_bin, bin, false, has_missing);
      if (has_missing) {
        Cell left = scan.left;
        left.add(scan.missing);
        consider(left, left_bin, bin, true, true);
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
    consider(scan.left, static_cast<std::uint8_t>(scan.previous), SplitCandidate::kNoBin, false, true);
    return true;
  }

  void consider(const Cell& left, std::uint8_t left_bin, std::uint8_t right_bin, bool missing_left,
                bool has_missing) noexcept {
    Cell right = total_;
    right.remove(left);
    if (left.row_count() < min_rows_ || right.row_count() < min_rows_) return;
    const double score = criterion_.score(left, right);
    if (score < best_.score) return;
    const SplitCandidate candidate = {.score = score,
                                      .feature = feature_,
                                      .left_bin = left_bin,
                                      .right_bin = right_bin,
                                      .missing_left = missing_left,
                                      .has_missing = has_missing};
    if (candidate.is_better_than(best_)) best_ = candidate;
  }

  Criterion criterion_;
  std::size_t min_rows_;
  Cell total_;
  SplitCandidate best_;
  bool is_pure_ = false;
  std::uint32_t feature_ = 0;
  std::array<Cell, 256> cells_ = {};  // all empty between calls
};

}  // namespace archmlp::train
