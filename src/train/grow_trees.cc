#include "archmlp/train/grow_trees.h"

#include <memory>
#include <mutex>

#include "archmlp/base/cancel.h"
#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"
#include "archmlp/train/criteria.h"
#include "archmlp/train/label_scale.h"
#include "archmlp/train/multiclass_search.h"

namespace archmlp::train {
namespace {

using base::Result;
using base::Status;

/// Growers that wait for a tree: each holds the buffers of one thread, which are large.
template <typename Grower>
class GrowerPool {
 public:
  template <typename Make>
  std::unique_ptr<Grower> take(const Make& make) {
    {
      const std::scoped_lock lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<Grower> grower = std::move(idle_.back());
        idle_.pop_back();
        return grower;
      }
    }
    return std::make_unique<Grower>(make());
  }
  void give_back(std::unique_ptr<Grower> grower) {
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(grower));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Grower>> idle_;
};

class TreeCounter {
 public:
  TreeCounter(base::Progress& progress, std::size_t total) : progress_(progress), total_(total) {}
  void add_one() {
    const std::scoped_lock lock(mutex_);
    progress_.update("training", ++done_, total_, "trees");
  }

 private:
  std::mutex mutex_;
  base::Progress& progress_;
  std::uint64_t done_ = 0;
  std::uint64_t total_;
};

/// The rows that a tree drew, as what they add to a node. Rows of classes with weight 0 do not take part; if
/// that leaves none, every row does that does at all.
template <typename Grower, typename MakeRow>
void fill_rows(const ForestPlan& plan, const Labels& labels, std::span<const std::uint8_t> multiplicities,
               const MakeRow& make_row, Grower& grower) {
  const auto takes_part = [&](std::size_t row) {
    return plan.class_weights.empty() || plan.class_weights[labels.class_indices[row]] > 0;
  };
  grower.ids().clear();
  grower.rows().clear();
  for (std::size_t row = 0; row < multiplicities.size(); ++row) {
    if (multiplicities[row] == 0 || !takes_part(row)) continue;
    grower.ids().push_back(static_cast<std::uint32_t>(row));
    grower.rows().push_back(make_row(row, multiplicities[row]));
  }
  if (!grower.ids().empty()) return;
  for (std::size_t row = 0; row < multiplicities.size(); ++row) {
    if (!takes_part(row)) continue;
    grower.ids().push_back(static_cast<std::uint32_t>(row));
    grower.rows().push_back(make_row(row, std::uint8_t{1}));
  }
}

struct GrowJob {
  const ForestPlan& plan;
  const BinnedMatrix& matrix;
  const Labels& labels;
  DrawnRows* drawn;
  int thread_count;
  base::Progress& progress;
};

template <typename Search, typename MakeRow>
Result<std::vector<GrownTree>> grow_with(const GrowJob& job, const Search& search, const MakeRow& make_row) {
  using Grower = TreeGrower<Search>;
  const std::size_t outputs = job.plan.task == contract::Task::kClassification ? job.plan.class_count : 1;
  GrowerPool<Grower> growers;
  TreeCounter counter(job.progress, job.plan.tree_count);
  std::vector<GrownTree> trees(job.plan.tree_count);
  const auto grow_one = [&](std::size_t tree) -> Status {
    TRY(base::check_cancelled());
    auto grower = growers.take([&] { return Grower(job.plan, job.matrix, search, outputs); });
    std::vector<std::uint8_t> multiplicities;
    draw_rows(job.plan, tree, multiplicities);
    if (job.drawn != nullptr) job.drawn->set(tree, multiplicities);
    fill_rows(job.plan, job.labels, multiplicities, make_row, *grower);
    TRY(grower->grow(tree, trees[tree]));
    growers.give_back(std::move(grower));
    counter.add_one();
    return {};
  };
  TRY(base::parallel_for(trees.size(), job.thread_count, grow_one));
  return trees;
}

template <typename Cell>
Result<std::vector<GrownTree>> grow_pairs(const GrowJob& job) {
  const auto make_row = [&](std::size_t row, std::uint8_t draws) {
    return Cell::of(job.labels.class_indices[row], draws);
  };
  const std::size_t min_rows = job.plan.min_samples_leaf;
  if (job.plan.criterion == Criterion::kGini) {
    return grow_with(job, CellSearch<Cell, PairGini>(PairGini(job.plan.class_weights), min_rows), make_row);
  }
  return grow_with(job, CellSearch<Cell, PairEntropy>(PairEntropy(job.plan.class_weights), min_rows),
                   make_row);
}

template <typename Criterion>
Result<std::vector<GrownTree>> grow_multiclass(const GrowJob& job) {
  const auto make_row = [&](std::size_t row, std::uint8_t draws) {
    return ClassRow{job.labels.class_indices[row], draws};
  };
  return grow_with(job, MulticlassSearch<Criterion>(job.plan.class_weights, job.plan.min_samples_leaf),
                   make_row);
}

Result<std::vector<GrownTree>> grow_regression(const GrowJob& job) {
  const LabelScale scale(job.labels.values);
  const auto make_row = [&](std::size_t row, std::uint8_t draws) {
    return MomentCell::of(scale.encode(job.labels.values[row]), draws);
  };
  return grow_with(job, CellSearch<MomentCell, SquaredError>(SquaredError(scale), job.plan.min_samples_leaf),
                   make_row);
}

}  // namespace

Result<std::vector<GrownTree>> grow_trees(const ForestPlan& plan, const BinnedMatrix& matrix,
                                          const Labels& labels, DrawnRows* drawn, int thread_count,
                                          base::Progress& progress) {
  const GrowJob job{plan, matrix, labels, drawn, thread_count, progress};
  if (plan.task == contract::Task::kRegression) return grow_regression(job);
  if (plan.class_count == 2) {
    const bool draws_are_rows = !plan.bootstrap || plan.min_samples_leaf == 1;
    return draws_are_rows ? grow_pairs<PairCell>(job) : grow_pairs<CountedPairCell>(job);
  }
  return plan.criterion == Criterion::kGini ? grow_multiclass<MulticlassGini>(job)
                                            : grow_multiclass<MulticlassEntropy>(job);
}

}  // namespace archmlp::train
