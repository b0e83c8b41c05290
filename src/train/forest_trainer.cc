#include "archmlp/train/forest_trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>

#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"
#include "archmlp/train/binning.h"
#include "archmlp/train/fit_memory.h"
#include "archmlp/train/forest_assembly.h"
#include "archmlp/train/forest_plan.h"
#include "archmlp/train/grow_trees.h"
#include "archmlp/train/running_score.h"
#include "archmlp/train/sampling.h"

namespace archmlp::train {
namespace {

using base::Result;
using base::Status;

TreeView view_of(const GrownTree& tree) { return {tree.nodes, tree.leaf_values, tree.set_words}; }

/// Follows the trees as they are made: scores, progress, memory.
class FitMonitor final : public TreeListener {
 public:
  FitMonitor(const ForestPlan& plan, model::MatrixView x, const Labels& labels, const FitOptions& options,
             MemoryBudget& memory)
      : options_(options), memory_(memory), total_(plan.tree_count) {
    if (plan.oob_score) out_of_bag_.emplace(x, labels, labels, plan.category_counts);
    if (options.validation)
      validation_.emplace(options.validation->x, *options.validation->labels, labels, plan.category_counts);
    options.progress->set_note(memory.note());
    options.progress->update("training", 0, total_, "trees");
    if (options.first_trees != nullptr) take_over(plan);
  }

  Status tree_grown(const GrownTree& tree, std::span<const std::uint8_t> drawn) override {
    TRY(memory_.add_tree(tree.byte_count()));
    if (out_of_bag_) out_of_bag_->add(view_of(tree), drawn);
    if (validation_) validation_->add(view_of(tree));
    const std::scoped_lock lock(mutex_);
    count_trees(1);
    return {};
  }

  std::optional<OutOfBag> out_of_bag() const {
    if (!out_of_bag_) return std::nullopt;
    return OutOfBag{.score = out_of_bag_->score(), .means = out_of_bag_->means()};
  }
  std::optional<double> validation_score() const { return validation_ ? validation_->score() : std::nullopt; }

 private:
  void take_over(const ForestPlan& plan) {
    const model::Forest& forest = *options_.first_trees;
    std::vector<std::uint8_t> drawn;
    for (std::size_t tree = 0; tree < forest.tree_count(); ++tree) {
      const TreeView view = {forest.tree(tree), forest.leaf_values(), forest.set_words()};
      if (out_of_bag_ && options_.first_trees_drew_these_rows) {
        draw_rows(plan, tree, drawn);
        out_of_bag_->add(view, drawn);
      }
      if (validation_) validation_->add(view);
    }
    count_trees(forest.tree_count());
  }

  void count_trees(std::size_t count) {
    done_ += count;
    // A score takes a pass over the rows: some fifty of them in a fit.
    const std::size_t step = std::max<std::size_t>(1, total_ / 50);
    if (done_ % step == 0 || done_ == total_) note_ = scores();
    options_.progress->set_note(note_);
    options_.progress->update("training", done_, total_, "trees");
  }

  std::string scores() const {
    std::string note;
    const auto append = [&](std::string_view name, const std::optional<RunningScore>& rows) {
      const std::optional<double> score = rows ? rows->score() : std::nullopt;
      if (score) note += fmt::format("{}{} {:.4f}", note.empty() ? "" : ", ", name, *score);
    };
    append("OOB", out_of_bag_);
    append("validation", validation_);
    return note;
  }

  const FitOptions& options_;
  MemoryBudget& memory_;
  std::optional<RunningScore> out_of_bag_, validation_;
  std::mutex mutex_;
  std::size_t done_ = 0, total_;
  std::string note_;
};

template <typename Bin>
Result<std::vector<GrownTree>> bin_and_grow(const ForestPlan& plan, model::MatrixView x, const Labels& labels,
                                            const FitOptions& options, int thread_count,
                                            FitMonitor& monitor) {
  const BinnedMatrix<Bin> matrix =
      TRY(BinnedMatrix<Bin>::from(x, plan.category_counts, plan.max_bins, thread_count));
  return grow_trees(
      GrowJob<Bin>{.plan = plan,
                   .matrix = matrix,
                   .labels = labels,
                   .first_tree = options.first_trees == nullptr ? 0 : options.first_trees->tree_count(),
                   .thread_count = thread_count,
                   .deadline = options.deadline,
                   .listener = monitor});
}

Status check_first_trees(const ForestPlan& plan, std::size_t feature_count, const model::Forest& first) {
  if (first.task() != plan.task || first.feature_count() != feature_count ||
      first.output_count() != output_count(plan)) {
    return base::Error{.message = "the trees to go on from are of other features or classes"};
  }
  for (std::size_t feature = 0; feature < feature_count; ++feature) {
    const std::uint32_t count = plan.category_counts.empty() ? 0 : plan.category_counts[feature];
    if (first.category_count(feature) == count) continue;
    return base::Error{.message = "the trees to go on from know other categories"};
  }
  if (first.tree_count() > plan.tree_count) {
    return base::Error{
        .message = fmt::format("n_estimators is {}, but there are {} trees already: it counts all of them",
                               plan.tree_count, first.tree_count()),
        .where = "n_estimators"};
  }
  return {};
}

}  // namespace

Result<MemoryNeed> memory_need(std::size_t row_count, std::size_t feature_count, const Labels& labels,
                               const contract::ForestParams& params) {
  const ForestPlan plan = TRY(make_forest_plan(row_count, feature_count, labels, params));
  return memory_need(plan, feature_count);
}

Result<FittedForest> fit_forest(model::MatrixView x, const Labels& labels,
                                const contract::ForestParams& params, const FitOptions& options) {
  const ForestPlan plan =
      TRY(make_forest_plan(x.rows, x.cols, labels, params,
                           {.monotonic = options.monotonic, .category_counts = options.category_counts}));
  if (options.first_trees != nullptr) TRY(check_first_trees(plan, x.cols, *options.first_trees));
  MemoryBudget memory(memory_need(plan, x.cols), options.memory_limit);
  const int threads = TRY(memory.affordable_threads(base::resolve_thread_count(options.thread_count)));
  FitMonitor monitor(plan, x, labels, options, memory);
  std::vector<GrownTree> trees =
      plan.max_bins <= kMaxValueBins<std::uint8_t>
          ? TRY(bin_and_grow<std::uint8_t>(plan, x, labels, options, threads, monitor))
          : TRY(bin_and_grow<std::uint16_t>(plan, x, labels, options, threads, monitor));
  FittedForest fitted;
  fitted.forest = TRY(assemble_forest(plan, x.cols, options.first_trees, std::move(trees)));
  fitted.out_of_bag = monitor.out_of_bag();
  fitted.validation_score = monitor.validation_score();
  fitted.met_deadline = fitted.forest->tree_count() == plan.tree_count;
  return fitted;
}

}  // namespace archmlp::train
