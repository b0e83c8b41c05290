#include "archmlp/train/absolute_error_search.h"

#include <algorithm>
#include <numeric>

namespace archmlp::train {

template <typename Bin>
AbsoluteErrorSearch<Bin>::AbsoluteErrorSearch(const LabelScale& scale, SplitLimits limits)
    : scale_(scale), limits_(limits), ends_(kMissing + std::size_t{1}) {}

template <typename Bin>
void AbsoluteErrorSearch<Bin>::begin(std::span<const Row> rows, const ValueBounds& bounds) {
  bounds_ = bounds;
  best_ = {};
  order_.resize(rows.size());
  std::iota(order_.begin(), order_.end(), 0U);
  std::sort(order_.begin(), order_.end(),
            [&](std::uint32_t a, std::uint32_t b) { return rows[a].label < rows[b].label; });
  labels_.clear();
  ranks_.resize(rows.size());
  for (const std::uint32_t row : order_) {
    if (labels_.empty() || labels_.back() != rows[row].label) labels_.push_back(rows[row].label);
    ranks_[row] = static_cast<std::uint32_t>(labels_.size() - 1);
  }
  costs_.set_labels(labels_);
  for (std::size_t row = 0; row < rows.size(); ++row) costs_.add(ranks_[row], rows[row].weight);
  weight_ = costs_.weight();
  median_ = costs_.median();
  own_cost_ = costs_.cost();
}

template <typename Bin>
void AbsoluteErrorSearch<Bin>::group_rows(const NodeView<Row, Bin>& node) {
  for (const std::uint32_t id : node.ids) {
    ++ends_[node.column[id]];
    occurring_.insert(node.column[id]);
  }
  groups_.clear();
  missing_ = {};
  std::size_t begin = 0;
  occurring_.for_each([&](std::uint32_t bin) {
    const Group group = {bin, begin, begin + ends_[bin]};
    if (bin == kMissing) missing_ = group;
    if (bin != kMissing) groups_.push_back(group);
    ends_[bin] = begin;
    begin = group.end;
  });
  sequence_.resize(node.ids.size());
  for (std::uint32_t i = 0; i < node.ids.size(); ++i) sequence_[ends_[node.column[node.ids[i]]]++] = i;
  occurring_.for_each([&](std::uint32_t bin) { ends_[bin] = 0; });
  occurring_.clear();
}

/// By their mean labels: for medians no order is known that always holds the best subset.
template <typename Bin>
void AbsoluteErrorSearch<Bin>::order_categories(const NodeView<Row, Bin>& node) {
  const auto mean = [&](const Group& group) {
    WeightedMomentCell cell;
    for (std::size_t i = group.begin; i < group.end; ++i) {
      const Row& row = node.rows[sequence_[i]];
      cell.add(WeightedMomentCell::of(row.label, row.weight));
    }
    return cell.total() / cell.weight();
  };
  std::vector<std::pair<double, Group>> ranked;
  ranked.reserve(groups_.size());
  for (const Group& group : groups_) ranked.emplace_back(mean(group), group);
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 0; i < ranked.size(); ++i) groups_[i] = ranked[i].second;
}

template <typename Bin>
void AbsoluteErrorSearch<Bin>::add_group(const NodeView<Row, Bin>& node, const Group& group) {
  for (std::size_t i = group.begin; i < group.end; ++i) {
    costs_.add(ranks_[sequence_[i]], node.rows[sequence_[i]].weight);
  }
}

template <typename Bin>
typename AbsoluteErrorSearch<Bin>::Side AbsoluteErrorSearch<Bin>::side_so_far(std::size_t rows) const {
  Side side{.cost = costs_.cost(), .rows = rows, .weight = static_cast<double>(costs_.weight())};
  if (!limits_.monotonic.empty() && rows > 0) side.value = scale_.decode(costs_.median());
  return side;
}

template <typename Bin>
void AbsoluteErrorSearch<Bin>::cost_sides(const NodeView<Row, Bin>& node, bool from_right, bool with_missing,
                                          std::vector<Side>& out) {
  costs_.clear();
  std::size_t rows = 0;
  if (with_missing) {
    add_group(node, missing_);
    rows = missing_.end - missing_.begin;
  }
  out.resize(groups_.size() + 1);
  out[from_right ? groups_.size() : 0] = side_so_far(rows);
  for (std::size_t taken = 1; taken <= groups_.size(); ++taken) {
    const Group& group = groups_[from_right ? groups_.size() - taken : taken - 1];
    add_group(node, group);
    rows += group.end - group.begin;
    out[from_right ? groups_.size() - taken : taken] = side_so_far(rows);
  }
}

template <typename Bin>
bool AbsoluteErrorSearch<Bin>::evaluate(std::uint32_t feature, const NodeView<Row, Bin>& node) {
  feature_ = feature;
  group_rows(node);
  const bool has_missing = missing_.end > missing_.begin;
  if (groups_.size() + (has_missing ? 1 : 0) < 2) return false;
  if (node.categorical) order_categories(node);
  consider_cuts(node, false);
  if (has_missing) consider_cuts(node, true);
  return true;
}

/// Cut c: the first c groups go left.
template <typename Bin>
void AbsoluteErrorSearch<Bin>::consider_cuts(const NodeView<Row, Bin>& node, bool missing_left) {
  const bool has_missing = missing_.end > missing_.begin;
  cost_sides(node, false, has_missing && missing_left, left_);
  cost_sides(node, true, has_missing && !missing_left, right_);
  const DrawnCut drawn = node.categorical || groups_.empty()
                             ? DrawnCut(NodeView<Row, Bin>{}, 0, 0)
                             : DrawnCut(node, groups_.front().bin, groups_.back().bin);
  const std::size_t drawn_category =
      node.categorical && node.drawn_from != nullptr && groups_.size() > 1
          ? 1 + static_cast<std::size_t>(node.draw * static_cast<double>(groups_.size() - 1))
          : 0;
  for (std::size_t cut = 1; cut < groups_.size(); ++cut) {
    if (!drawn.takes(groups_[cut - 1].bin, groups_[cut].bin)) continue;
    if (drawn_category != 0 && cut != drawn_category) continue;
    consider(left_[cut], right_[cut], cut, missing_left, node.categorical);
  }
  const std::size_t all = groups_.size();
  if (has_missing && !missing_left && all > 0)
    consider(left_[all], right_[all], all, false, node.categorical);
}

template <typename Bin>
void AbsoluteErrorSearch<Bin>::consider(const Side& left, const Side& right, std::size_t cut,
                                        bool missing_left, bool categorical) {
  if (left.rows < limits_.min_rows || right.rows < limits_.min_rows) return;
  if (left.weight < limits_.min_weight || right.weight < limits_.min_weight) return;
  SplitCandidate candidate = {
      .score = static_cast<double>(own_cost_ - left.cost - right.cost),
      .feature = feature_,
      .left_bin = categorical ? static_cast<std::uint32_t>(cut) : groups_[cut - 1].bin,
      .right_bin = cut < groups_.size() ? groups_[cut].bin : SplitCandidate::kNoBin,
      .missing_left = missing_left,
      .has_missing = missing_.end > missing_.begin};
  if (!candidate.is_better_than(best_)) return;
  if (!limits_.monotonic.empty()) {
    candidate.middle = (left.value + right.value) / 2;
    if (!bounds_.allow(left.value, right.value, limits_.monotonic[feature_])) return;
  }
  if (categorical) {
    candidate.categorical = true;
    for (std::size_t i = 0; i < cut; ++i) candidate.left_categories.insert(groups_[i].bin);
    if (missing_left) candidate.left_categories.insert(kMissing);
  }
  best_ = candidate;
}

template class AbsoluteErrorSearch<std::uint8_t>;
template class AbsoluteErrorSearch<std::uint16_t>;

}  // namespace archmlp::train
