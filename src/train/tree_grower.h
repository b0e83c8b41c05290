#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "archmlp/base/cancel.h"
#include "archmlp/base/result.h"
#include "archmlp/model/forest.h"
#include "archmlp/train/binning.h"
#include "archmlp/train/forest_plan.h"
#include "archmlp/train/grown_tree.h"
#include "archmlp/train/leaf_pool.h"
#include "archmlp/train/row_block.h"
#include "archmlp/train/sampling.h"
#include "archmlp/train/split_search.h"

namespace archmlp::train {

/// Grows one tree after another on one thread. `Search` finds the best split of a node: CellSearch,
/// MulticlassSearch, AbsoluteErrorSearch.
template <typename Search>
class TreeGrower {
 public:
  using Row = typename Search::Row;
  using Bin = typename Search::Bin;

  TreeGrower(const ForestPlan& plan, const BinnedMatrix<Bin>& matrix, Search search, std::size_t output_count)
      : plan_(plan),
        matrix_(matrix),
        search_(std::move(search)),
        output_count_(output_count),
        sampler_(matrix.feature_count()),
        blocks_(matrix),
        is_constant_(matrix.feature_count(), 1) {
    for (const std::uint32_t feature : matrix.varying_features()) is_constant_[feature] = 0;
  }

  /// Where the caller puts the rows of the next tree: ids ascending, rows alongside.
  std::vector<std::uint32_t>& ids() noexcept { return ids_; }
  std::vector<Row>& rows() noexcept { return rows_; }

  /// class_weights: of this tree; [classes], or empty for a regression. Errors: kCancelled. Precondition: at
  /// least one row.
  base::Status grow(std::size_t tree, std::span<const double> class_weights, GrownTree& out) {
    begin_tree(class_weights);
    const Node root = {.end = static_cast<std::uint32_t>(ids_.size()), .key = root_key(plan_, tree)};
    base::Status status = plan_.is_best_first() ? grow_best_first(root) : grow_depth_first(root);
    if (!status.ok()) return status;
    if (plan_.ccp_alpha > 0) {
      for (double& decrease : worths_.decreases) decrease /= total_weight_;
      out = prune_tree();
      return {};
    }
    out.nodes = plan_.is_best_first() ? in_preorder(nodes_) : std::vector<model::ForestNode>(nodes_);
    out.leaf_values = std::move(leaves_).take_values();
    return {};
  }

 private:
  static constexpr std::uint32_t kNoParent = 0xFFFFFFFF;
  static constexpr std::size_t kCancelRows = 1U << 18U;  // after so many rows it is asked whether to stop

  struct Node {
    std::uint32_t begin = 0;  // into ids_ and rows_
    std::uint32_t end = 0;
    std::uint64_t key = 0;
    std::uint32_t depth = 0;
    std::uint32_t parent = kNoParent;
    bool is_right = false;
    std::uint8_t level = 0;             // of blocks_
    std::uint32_t known_constants = 0;  // how many of constants_ hold here
    ValueBounds bounds;
    std::size_t size() const noexcept { return end - begin; }
  };
  struct OpenNode {
    Node node;
    SplitCandidate split;
    std::uint64_t sequence;
    std::vector<double> value;  // of the node as a leaf, where pruning may ask for it
    bool operator<(const OpenNode& other) const noexcept {
      if (split.decrease != other.split.decrease) return split.decrease < other.split.decrease;
      return sequence > other.sequence;
    }
  };

  void begin_tree(std::span<const double> class_weights) {
    nodes_.clear();
    worths_ = {};
    leaves_ = LeafPool(output_count_);
    scratch_ids_.resize(ids_.size());
    scratch_rows_.resize(rows_.size());
    search_.set_class_weights(class_weights);
    search_.begin(rows_, {});
    total_weight_ = search_.weight();
    min_weight_ = plan_.min_weight_fraction_leaf * total_weight_;
    search_.set_min_weight(min_weight_);
  }

  GrownTree prune_tree() {
    const bool is_leaf = nodes_.size() == 1 && nodes_[0].left == nodes_[0].right;
    if (is_leaf) return {.nodes = nodes_, .leaf_values = std::move(leaves_).take_values()};
    return prune(nodes_, leaves_.values(), worths_, output_count_, plan_.ccp_alpha);
  }

  /// Asks whether to stop, now and then.
  base::Status count_work(std::size_t rows) {
    work_ += rows;
    if (work_ < kCancelRows) return {};
    work_ = 0;
    return base::check_cancelled();
  }

  base::Status grow_depth_first(const Node& root) {
    std::vector<Node> pending = {root};
    while (!pending.empty()) {
      Node node = pending.back();
      pending.pop_back();
      if (base::Status status = count_work(node.size()); !status.ok()) return status;
      forget_constants(node.known_constants);
      const SplitCandidate split = find_split(node);
      if (!split.found()) {
        add_leaf(node);
        continue;
      }
      node.known_constants = static_cast<std::uint32_t>(constants_.size());
      if (plan_.ccp_alpha > 0) search_.leaf(leaf_);
      const auto [left, right] = cut(node, split, leaf_);
      pending.push_back(right);
      pending.push_back(left);
    }
    forget_constants(0);
    return {};
  }

  /// The open node whose split helps most is cut next, until the leaves are as many as allowed.
  base::Status grow_best_first(const Node& root) {
    std::vector<OpenNode> open;
    std::uint64_t sequence = 0;
    const auto examine = [&](Node node) {
      const SplitCandidate split = find_split(node);
      forget_constants(0);
      if (!split.found()) {
        add_leaf(node);
        return;
      }
      if (plan_.ccp_alpha > 0) search_.leaf(leaf_);
      open.push_back({node, split, sequence++, plan_.ccp_alpha > 0 ? leaf_ : std::vector<double>()});
      std::push_heap(open.begin(), open.end());
    };
    examine(root);
    for (std::size_t leaf_count = 1; leaf_count < plan_.max_leaf_nodes && !open.empty(); ++leaf_count) {
      if (base::Status status = count_work(open.front().node.size()); !status.ok()) return status;
      std::pop_heap(open.begin(), open.end());
      const OpenNode next = std::move(open.back());
      open.pop_back();
      const auto [left, right] = cut(next.node, next.split, next.value);
      examine(left);
      examine(right);
    }
    for (const OpenNode& rest : open) {
      search_.begin(rows_of(rest.node), rest.node.bounds);
      add_leaf(rest.node);
    }
    return {};
  }

  std::span<Row> rows_of(const Node& node) noexcept {
    return std::span(rows_).subspan(node.begin, node.size());
  }
  std::span<std::uint32_t> ids_of(const Node& node) noexcept {
    return std::span(ids_).subspan(node.begin, node.size());
  }

  /// Not found: the node is a leaf. Leaves the node's totals in search_.
  SplitCandidate find_split(Node& node) {
    search_.begin(rows_of(node), node.bounds);
    const std::size_t size = node.size();
    if (size < plan_.min_samples_split || size / 2 < plan_.min_samples_leaf ||
        node.depth >= plan_.max_depth || search_.is_pure() || search_.weight() < 2 * min_weight_) {
      return {};
    }
    if (!plan_.is_best_first()) descend(node);
    try_features(node);
    const SplitCandidate best = search_.best();
    constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
    // scikit-learn does not divide friedman_mse by the tree's weight, but takes the weight as it is given.
    const double decrease = plan_.criterion == Criterion::kFriedmanMse ? best.decrease * plan_.weight_unit
                                                                       : best.decrease / total_weight_;
    if (best.found() && decrease + kEpsilon < plan_.min_impurity_decrease) return {};
    return best;
  }

  /// Moves a small enough node into a cache. Depth first, a node's rows are asked for by nobody else until it
  /// is done.
  void descend(Node& node) {
    const std::uint8_t level = blocks_.level_for(node.size(), node.level);
    if (level == node.level) return;
    blocks_.gather(ids_of(node), node.level, level);
    node.level = level;
  }

  /// As scikit-learn does: constant features count as drawn, but drawing goes on until one that varies is
  /// found.
  void try_features(const Node& node) {
    if (plan_.max_features >= matrix_.feature_count()) {
      for (const std::uint32_t feature : matrix_.varying_features()) try_feature(node, feature);
      return;
    }
    sampler_.begin(node.key);
    bool one_varies = false;
    for (std::size_t drawn = 0; (drawn < plan_.max_features || !one_varies) && !sampler_.exhausted();
         ++drawn) {
      one_varies |= try_feature(node, sampler_.next());
    }
    sampler_.end();
  }

  bool try_feature(const Node& node, std::uint32_t feature) {
    if (is_constant_[feature] != 0) return false;
    NodeView<Row, Bin> view{.column = blocks_.column(feature, node.level),
                            .ids = ids_of(node),
                            .rows = rows_of(node),
                            .categorical = matrix_.is_categorical(feature)};
    if (plan_.random_splits) {
      view.drawn_from = &matrix_.bins(feature);
      view.draw = drawn_share(node.key, feature);
    }
    const bool varies = search_.evaluate(feature, view);
    if (!varies) {
      is_constant_[feature] = 1;
      constants_.push_back(feature);
    }
    return varies;
  }

  void forget_constants(std::size_t keep) noexcept {
    for (; constants_.size() > keep; constants_.pop_back()) is_constant_[constants_.back()] = 0;
  }

  struct Children {
    Node left;
    Node right;
  };

  /// `value`: of the node as a leaf, where pruning may ask for it.
  Children cut(const Node& node, const SplitCandidate& split, std::span<const double> value) {
    const std::uint32_t middle = node.begin + partition(node, split);
    const auto place = static_cast<std::uint32_t>(nodes_.size());
    set_child(node, place);
    if (plan_.ccp_alpha > 0) {
      worths_.decreases.push_back(split.decrease);
      worths_.values.insert(worths_.values.end(), value.begin(), value.end());
    }
    // Where training saw no missing values, they go with the majority.
    const bool missing_left =
        split.has_missing ? split.missing_left : middle - node.begin >= node.end - middle;
    nodes_.push_back({.threshold = threshold_of(split),
                      .feature = split.feature | (missing_left ? model::ForestNode::kMissingLeft : 0U)});
    Node left = node;
    left.end = middle;
    left.key = child_key(node.key, false);
    left.depth = node.depth + 1;
    left.parent = place;
    left.is_right = false;
    Node right = left;
    right.begin = middle;
    right.end = node.end;
    right.key = child_key(node.key, true);
    right.is_right = true;
    if (!plan_.monotonic.empty()) share_bounds(split, left.bounds, right.bounds);
    return {left, right};
  }

  /// What lies left of a cut by a rising feature stays below what lies right of it, for good.
  void share_bounds(const SplitCandidate& split, ValueBounds& left, ValueBounds& right) const noexcept {
    const std::int8_t direction = plan_.monotonic[split.feature];
    if (direction > 0) left.high = right.low = split.middle;
    if (direction < 0) left.low = right.high = split.middle;
  }

  float threshold_of(const SplitCandidate& split) const noexcept {
    if (split.right_bin == SplitCandidate::kNoBin) return std::numeric_limits<float>::max();
    return matrix_.bins(split.feature).threshold_between(split.left_bin, split.right_bin);
  }

  /// Stable, so that ids stay ascending and reads go forward. Returns how many go left.
  std::uint32_t partition(const Node& node, const SplitCandidate& split) noexcept {
    if (split.categorical) {
      return partition_by(node, split, [&](Bin bin) { return split.left_categories.contains(bin); });
    }
    // The missing bin is the highest: one more wraps to 0, the lowest.
    const Bin shift = split.missing_left ? 1 : 0;
    const auto last = static_cast<Bin>(split.left_bin + shift);
    return partition_by(node, split, [=](Bin bin) { return static_cast<Bin>(bin + shift) <= last; });
  }

  template <typename GoesLeft>
  std::uint32_t partition_by(const Node& node, const SplitCandidate& split,
                             const GoesLeft& goes_left_at) noexcept {
    const Bin* column = blocks_.column(split.feature, node.level);
    std::uint32_t* ids = ids_.data() + node.begin;
    Row* rows = rows_.data() + node.begin;
    std::uint32_t left = 0;
    std::uint32_t right = 0;
    for (std::size_t i = 0; i < node.size(); ++i) {
      const std::uint32_t id = ids[i];
      const Row row = rows[i];
      const bool goes_left = goes_left_at(column[id]);
      ids[left] = id;
      rows[left] = row;
      scratch_ids_[right] = id;
      scratch_rows_[right] = row;
      left += goes_left ? 1 : 0;
      right += goes_left ? 0 : 1;
    }
    std::copy_n(scratch_ids_.begin(), right, ids + left);
    std::copy_n(scratch_rows_.begin(), right, rows + left);
    return left;
  }

  void set_child(const Node& node, std::uint32_t child) noexcept {
    if (node.parent == kNoParent) return;
    (node.is_right ? nodes_[node.parent].right : nodes_[node.parent].left) = child;
  }

  void add_leaf(const Node& node) {
    search_.leaf(leaf_);
    const std::uint32_t leaf = leaves_.add(leaf_) | model::ForestNode::kLeaf;
    if (node.parent == kNoParent) nodes_.push_back({.left = leaf, .right = leaf});
    set_child(node, leaf);
  }

  const ForestPlan& plan_;
  const BinnedMatrix<Bin>& matrix_;
  Search search_;
  std::size_t output_count_;
  FeatureSampler sampler_;
  RowBlocks<Bin> blocks_;
  std::vector<std::uint32_t> ids_, scratch_ids_;
  std::vector<Row> rows_, scratch_rows_;
  std::vector<std::uint8_t> is_constant_;  // [p], on the path to the current node
  std::vector<std::uint32_t> constants_;   // the same, in the order found
  std::vector<model::ForestNode> nodes_;
  LeafPool leaves_{1};
  std::vector<double> leaf_;
  CutWorths worths_;
  double total_weight_ = 0, min_weight_ = 0;
  std::size_t work_ = 0;
};

}  // namespace archmlp::train
