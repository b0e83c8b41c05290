#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/model/forest.h"
#include "archmlp/train/forest_plan.h"
#include "archmlp/train/tree_grower.h"

namespace archmlp::train {

/// The trees behind each other, with one leaf table. Takes the trees apart to save memory.
/// Errors: kResourceLimit if the leaf table would have more than 2^31 rows.
base::Result<std::unique_ptr<const model::Forest>> assemble_forest(const ForestPlan& plan,
                                                                   std::size_t feature_count,
                                                                   std::vector<GrownTree> trees);

}  // namespace archmlp::train
