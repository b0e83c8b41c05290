#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/train/binning.h"
#include "archmlp/train/forest_plan.h"
#include "archmlp/train/grown_tree.h"

namespace archmlp::train {

/// Is told of every tree, from the thread that grew it.
class TreeListener {
 public:
  virtual ~TreeListener() = default;
  /// `drawn`: how often the tree drew each row, [n]. Errors: any; the growing then ends with it.
  virtual base::Status tree_grown(const GrownTree& tree, std::span<const std::uint8_t> drawn) = 0;
};

template <typename Bin>
struct GrowJob {
  const ForestPlan& plan;
  const BinnedMatrix<Bin>& matrix;
  const Labels& labels;
  std::size_t first_tree = 0;  // the trees before it are there already
  int thread_count = 1;        // at most
  std::optional<std::chrono::steady_clock::time_point> deadline;
  TreeListener& listener;
};

/// The trees of the plan from the first one on, in order, grown in parallel; fewer if the deadline passes,
/// but one at least. Errors: kCancelled; the listener's. One function for each kind of label.
template <typename Bin>
base::Result<std::vector<GrownTree>> grow_binary(const GrowJob<Bin>& job);
template <typename Bin>
base::Result<std::vector<GrownTree>> grow_multiclass(const GrowJob<Bin>& job);
template <typename Bin>
base::Result<std::vector<GrownTree>> grow_regression(const GrowJob<Bin>& job);

template <typename Bin>
base::Result<std::vector<GrownTree>> grow_trees(const GrowJob<Bin>& job) {
  if (job.plan.task == contract::Task::kRegression) return grow_regression(job);
  return job.plan.class_count == 2 ? grow_binary(job) : grow_multiclass(job);
}

}  // namespace archmlp::train
