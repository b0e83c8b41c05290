#include "archmlp/train/fit_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "archmlp/train/binning.h"
#include "archmlp/train/row_stats.h"
#include "archmlp/train/running_score.h"

namespace archmlp::train {
namespace {

std::size_t row_bytes(const ForestPlan& plan) {
  if (plan.criterion == Criterion::kAbsoluteError) return sizeof(LabelRow);
  if (plan.task == contract::Task::kRegression) {
    return plan.has_sample_weights ? sizeof(WeightedMomentCell) : sizeof(MomentCell);
  }
  if (plan.class_count > 2) return sizeof(ClassRow<std::uint64_t>);
  return plan.has_sample_weights ? sizeof(WeightedPairCell) : sizeof(CountedPairCell);
}

/// A node and its leaf, at most one a leaf.
std::size_t leaf_bytes(const ForestPlan& plan) {
  return sizeof(model::ForestNode) + output_count(plan) * sizeof(double);
}

}  // namespace

MemoryNeed memory_need(const ForestPlan& plan, std::size_t feature_count) {
  const std::size_t rows = plan.row_count;
  const bool small_bins = plan.max_bins <= kMaxValueBins<std::uint8_t>;
  const std::size_t bins = small_bins ? 256 : 65536;
  // A bootstrap sample holds 63 % of the rows, and hardly ever 66 %.
  const std::size_t drawn = plan.bootstrap ? std::min(plan.draw_count, rows * 2 / 3 + 1) : rows;
  MemoryNeed need;
  need.shared = 2 * rows * feature_count * (small_bins ? sizeof(std::uint8_t) : sizeof(std::uint16_t)) +
                rows * sizeof(std::uint64_t);
  if (plan.oob_score) need.shared += RunningScore::byte_count(rows, output_count(plan));
  constexpr std::size_t kBlocks = std::size_t{544} << 10U;
  need.per_thread = rows + 2 * drawn * (sizeof(std::uint32_t) + row_bytes(plan)) + kBlocks +
                    bins * (plan.class_count > 2 ? plan.class_count : 4) * sizeof(std::uint64_t);
  const std::size_t leaves =
      std::max<std::size_t>(1, std::min({plan.max_leaf_nodes, drawn / plan.min_samples_leaf,
                                         plan.max_depth < 40 ? std::size_t{1} << plan.max_depth : drawn}));
  need.trees = plan.tree_count * leaves * leaf_bytes(plan);
  return need;
}

base::Result<int> MemoryBudget::affordable_threads(int wanted) {
  threads_ = static_cast<std::size_t>(std::max(1, wanted));
  if (limit_ == 0) return wanted;
  while (threads_ > 1 && need_.shared + threads_ * need_.per_thread > limit_) --threads_;
  const std::size_t least = need_.shared + need_.per_thread;
  if (least > limit_) {
    return base::Error{.code = base::ErrorCode::kResourceLimit,
                       .message = fmt::format(
                           "training needs {} for the features and for one tree at a time, and {} is allowed",
                           bytes_text(least), bytes_text(limit_)),
                       .where = "memory",
                       .hint = "allow more, or train on fewer rows or features"};
  }
  return static_cast<int>(threads_);
}

base::Status MemoryBudget::add_tree(std::size_t bytes) {
  const std::size_t trees = tree_bytes_.fetch_add(bytes) + bytes;
  const std::size_t count = trees_.fetch_add(1) + 1;
  if (limit_ == 0 || need_.shared + threads_ * need_.per_thread + trees <= limit_) return {};
  return base::Error{
      .code = base::ErrorCode::kResourceLimit,
      .message = fmt::format("the memory allowed, {}, was used up after {} trees of {} each",
                             bytes_text(limit_), count, bytes_text(trees / count)),
      .where = "memory",
      .hint = "allow more, use fewer trees, or smaller ones: min_samples_leaf, max_leaf_nodes"};
}

std::string MemoryBudget::note() const {
  return fmt::format("needs {} and the trees, at most {}",
                     bytes_text(need_.shared + threads_ * need_.per_thread), bytes_text(need_.trees));
}

std::string bytes_text(std::size_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {"bytes", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < kUnits.size(); ++unit) value /= 1000;
  return value < 9.95 && unit > 0 ? fmt::format("{:.1f} {}", value, kUnits[unit])
                                  : fmt::format("{:.0f} {}", value, kUnits[unit]);
}

}  // namespace archmlp::train
