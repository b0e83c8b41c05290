#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "archmlp/train/label_scale.h"
#include "archmlp/train/median_costs.h"
#include "archmlp/train/row_stats.h"
#include "archmlp/train/split_candidate.h"
#include "archmlp/train/split_limits.h"

namespace archmlp::train {

/// Best split by the absolute differences from the median of either side, in O(n log n) for a node of n rows
/// and a feature: the rows come in the order of their bins, once from the left and once from the right.
template <typename BinType>
class AbsoluteErrorSearch {
 public:
  using Row = LabelRow;
  using Bin = BinType;

  AbsoluteErrorSearch(const LabelScale& scale, SplitLimits limits);

  static void set_class_weights(std::span<const double>) noexcept {}
  void set_min_weight(double weight) noexcept { limits_.min_weight = weight; }

  void begin(std::span<const Row> rows, const ValueBounds& bounds);
  bool is_pure() const noexcept { return labels_.size() < 2; }
  double weight() const noexcept { return static_cast<double>(weight_); }
  void leaf(std::vector<double>& out) const { out = {bounds_.clip(scale_.decode(median_))}; }
  /// False if the feature is constant in the node.
  bool evaluate(std::uint32_t feature, const NodeView<Row, Bin>& node);
  SplitCandidate best() const noexcept {
    SplitCandidate best = best_;
    if (best.found()) best.decrease = best.score > 0 ? best.score * scale_.unit() : 0;
    return best;
  }

 private:
  static constexpr std::uint32_t kMissing = kMissingBin<Bin>;
  using Wide = MedianCosts::Wide;

  struct Group {  // rows of a bin, in the order in which bins go left
    std::uint32_t bin;
    std::size_t begin, end;  // into sequence_
  };
  struct Side {
    Wide cost = 0;
    double value = 0;  // encoded
    std::size_t rows = 0;
    double weight = 0;
  };

  void group_rows(const NodeView<Row, Bin>& node);
  void order_categories(const NodeView<Row, Bin>& node);
  void add_group(const NodeView<Row, Bin>& node, const Group& group);
  Side side_so_far(std::size_t rows) const;
  /// What the first 1, 2, … groups cost, or the last; with the missing rows or without.
  void cost_sides(const NodeView<Row, Bin>& node, bool from_right, bool with_missing, std::vector<Side>& out);
  void consider_cuts(const NodeView<Row, Bin>& node, bool missing_left);
  void consider(const Side& left, const Side& right, std::size_t cut, bool missing_left, bool categorical);

  LabelScale scale_;
  SplitLimits limits_;
  ValueBounds bounds_;
  MedianCosts costs_;
  std::vector<std::int64_t> labels_;  // the node's, ascending and distinct
  std::vector<std::uint32_t> ranks_;  // [rows], of their labels
  std::vector<std::uint32_t> order_;
  double median_ = 0;
  Wide own_cost_ = 0;
  std::uint64_t weight_ = 0;
  std::uint32_t feature_ = 0;
  SplitCandidate best_;
  std::vector<std::size_t> ends_;  // [bins]; zero between calls
  BinSet<Bin> occurring_;          // empty between calls
  std::vector<Group> groups_;      // without the missing rows
  Group missing_ = {};
  std::vector<std::uint32_t> sequence_;  // rows by bin
  std::vector<Side> left_, right_;
};

}  // namespace archmlp::train
