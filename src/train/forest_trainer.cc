#include "archmlp/train/forest_trainer.h"

#include "archmlp/base/try.h"
#include "archmlp/train/binning.h"
#include "archmlp/train/forest_assembly.h"
#include "archmlp/train/forest_plan.h"
#include "archmlp/train/grow_trees.h"
#include "archmlp/train/oob.h"

namespace archmlp::train {

base::Result<FittedForest> fit_forest(model::MatrixView x, const Labels& labels,
                                      const contract::ForestParams& params, int thread_count,
                                      base::Progress& progress) {
  const ForestPlan plan = TRY(make_forest_plan(x.rows, x.cols, labels, params));
  progress.update("training", 0, plan.tree_count, "trees");
  std::optional<DrawnRows> drawn;
  if (plan.oob_score) drawn.emplace(plan.tree_count, plan.row_count);
  std::vector<GrownTree> trees;
  {
    const BinnedMatrix matrix = TRY(BinnedMatrix::from(x, plan.max_bins, thread_count));
    trees = TRY(grow_trees(plan, matrix, labels, drawn ? &*drawn : nullptr, thread_count, progress));
  }
  FittedForest fitted;
  fitted.forest = TRY(assemble_forest(plan, x.cols, std::move(trees)));
  if (drawn) fitted.oob_score = TRY(out_of_bag_score(*fitted.forest, *drawn, x, labels, thread_count));
  return fitted;
}

}  // namespace archmlp::train
