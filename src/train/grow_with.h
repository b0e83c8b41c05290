#pragma once

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "archmlp/base/cancel.h"
#include "archmlp/base/parallel.h"
#include "archmlp/train/grow_trees.h"
#include "archmlp/train/sampling.h"
#include "archmlp/train/tree_grower.h"

namespace archmlp::train {

/// What a row counts for each draw, in the units of WeightScale. Shape: [n]; 1 without sample weights.
inline std::vector<std::uint64_t> weight_units(const ForestPlan& plan, const Labels& labels) {
  std::vector<std::uint64_t> units(plan.row_count, 1);
  if (!plan.has_sample_weights) return units;
  const WeightScale scale(labels.weights, plan.draw_count);
  std::transform(labels.weights.begin(), labels.weights.end(), units.begin(),
                 [&](double weight) { return scale.encode(weight); });
  return units;
}

/// The rows that a tree drew, as what they add to a node. Rows of weight 0, or of classes with weight 0, do
/// not take part; if that leaves none, every row does that does at all.
template <typename Grower, typename MakeRow>
void fill_rows(const ForestPlan& plan, const Labels& labels, std::span<const std::uint8_t> drawn,
               const MakeRow& make_row, Grower& grower) {
  const auto takes_part = [&](std::size_t row) {
    return (plan.class_weights.empty() || plan.class_weights[labels.class_indices[row]] > 0) &&
           (labels.weights.empty() || labels.weights[row] > 0);
  };
  grower.ids().reserve(drawn.size());  // not touched, hence not taken, where rows are not drawn
  grower.rows().reserve(drawn.size());
  grower.ids().clear();
  grower.rows().clear();
  for (std::size_t row = 0; row < drawn.size(); ++row) {
    if (drawn[row] == 0 || !takes_part(row)) continue;
    grower.ids().push_back(static_cast<std::uint32_t>(row));
    grower.rows().push_back(make_row(row, drawn[row]));
  }
  if (!grower.ids().empty()) return;
  for (std::size_t row = 0; row < drawn.size(); ++row) {
    if (!takes_part(row)) continue;
    grower.ids().push_back(static_cast<std::uint32_t>(row));
    grower.rows().push_back(make_row(row, std::uint8_t{1}));
  }
}

/// class_weight balanced_subsample: inverse to how often a tree drew the classes, those that it drew.
inline std::vector<double> class_weights_of_draws(const Labels& labels, std::span<const std::uint8_t> drawn) {
  std::vector<std::uint64_t> counts(labels.classes.size());
  std::uint64_t total = 0;
  for (std::size_t row = 0; row < drawn.size(); ++row) {
    counts[labels.class_indices[row]] += drawn[row];
    total += drawn[row];
  }
  const auto present =
      std::count_if(counts.begin(), counts.end(), [](std::uint64_t count) { return count > 0; });
  std::vector<double> weights(counts.size(), 1.0);
  for (std::size_t k = 0; k < counts.size(); ++k) {
    if (counts[k] == 0) continue;
    weights[k] = static_cast<double>(total) / (static_cast<double>(present) * static_cast<double>(counts[k]));
  }
  return weights;
}

/// Hands out the trees one after the other, so that those that were grown are always the first ones.
class TreeQueue {
 public:
  TreeQueue(std::size_t first, std::size_t count,
            std::optional<std::chrono::steady_clock::time_point> deadline)
      : first_(first), count_(count), deadline_(deadline), next_(first) {}

  std::optional<std::size_t> take() noexcept {
    if (closed_.load(std::memory_order_relaxed)) return std::nullopt;
    const bool is_late = deadline_ && std::chrono::steady_clock::now() >= *deadline_;
    if (is_late && next_.load(std::memory_order_relaxed) > first_) return std::nullopt;
    const std::size_t tree = next_.fetch_add(1, std::memory_order_relaxed);
    return tree < count_ ? std::optional(tree) : std::nullopt;
  }
  void close() noexcept { closed_.store(true, std::memory_order_relaxed); }
  /// How many were handed out. For when nobody takes any more.
  std::size_t taken() const noexcept { return std::min(next_.load(), count_) - first_; }

 private:
  std::size_t first_, count_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  std::atomic<std::size_t> next_;
  std::atomic<bool> closed_ = false;
};

/// Grows trees of one kind. make_row(row, draws) gives what a row adds to its node.
template <typename Search, typename MakeRow>
class ForestGrowth {
 public:
  using Bin = typename Search::Bin;

  ForestGrowth(const GrowJob<Bin>& job, Search search, MakeRow make_row)
      : job_(job),
        search_(std::move(search)),
        make_row_(std::move(make_row)),
        queue_(job.first_tree, job.plan.tree_count, job.deadline),
        trees_(job.plan.tree_count - job.first_tree) {}

  base::Result<std::vector<GrownTree>> run() {
    const auto workers = std::min(static_cast<std::size_t>(base::resolve_thread_count(job_.thread_count)),
                                  std::max<std::size_t>(1, trees_.size()));
    const auto work = [this](std::size_t) {
      // Whoever cannot go on, for want of memory too, stops the others.
      Closer closer{&queue_};
      base::Status status = grow_until_empty();
      if (status.ok()) closer.queue = nullptr;
      return status;
    };
    base::Status status = base::parallel_for(workers, static_cast<int>(workers), work);
    if (!status.ok()) return std::move(status).error();
    trees_.resize(queue_.taken());
    return std::move(trees_);
  }

 private:
  struct Closer {
    TreeQueue* queue;
    ~Closer() {
      if (queue != nullptr) queue->close();
    }
  };

  base::Status grow_until_empty() {
    std::optional<TreeGrower<Search>> grower;  // its buffers are large
    std::vector<std::uint8_t> drawn;
    while (const std::optional<std::size_t> tree = queue_.take()) {
      if (base::Status status = base::check_cancelled(); !status.ok()) return status;
      if (!grower) grower.emplace(job_.plan, job_.matrix, search_, output_count(job_.plan));
      draw_rows(job_.plan, *tree, drawn);
      fill_rows(job_.plan, job_.labels, drawn, make_row_, *grower);
      GrownTree& grown = trees_[*tree - job_.first_tree];
      if (base::Status status = grower->grow(*tree, class_weights(drawn), grown); !status.ok()) return status;
      if (base::Status status = job_.listener.tree_grown(grown, drawn); !status.ok()) return status;
    }
    return {};
  }

  std::vector<double> class_weights(std::span<const std::uint8_t> drawn) const {
    return job_.plan.balanced_subsample ? class_weights_of_draws(job_.labels, drawn)
                                        : job_.plan.class_weights;
  }

  const GrowJob<Bin>& job_;
  Search search_;
  MakeRow make_row_;
  TreeQueue queue_;
  std::vector<GrownTree> trees_;
};

template <typename Search, typename MakeRow, typename Bin>
base::Result<std::vector<GrownTree>> grow_with(const GrowJob<Bin>& job, Search search, MakeRow make_row) {
  return ForestGrowth<Search, MakeRow>(job, std::move(search), std::move(make_row)).run();
}

inline SplitLimits split_limits(const ForestPlan& plan) {
  return {.min_rows = plan.min_samples_leaf, .monotonic = plan.monotonic};
}

}  // namespace archmlp::train
