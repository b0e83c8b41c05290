#pragma once

#include <vector>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/train/binning.h"
#include "archmlp/train/forest_plan.h"
#include "archmlp/train/oob.h"
#include "archmlp/train/tree_grower.h"

namespace archmlp::train {

/// All trees of the plan, in order, grown in parallel. `drawn` is filled if not null. Errors: kCancelled.
base::Result<std::vector<GrownTree>> grow_trees(const ForestPlan& plan, const BinnedMatrix& matrix,
                                                const Labels& labels, DrawnRows* drawn, int thread_count,
                                                base::Progress& progress);

}  // namespace archmlp::train
