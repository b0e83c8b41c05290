#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/model/forest.h"
#include "archmlp/train/forest_plan.h"
#include "archmlp/train/grown_tree.h"

namespace archmlp::train {

/// `first_trees`, if not null, and then `trees`, behind each other, with one leaf table. Takes the trees
/// apart to save memory. Errors: kResourceLimit if the leaf table would have more than 2^31 rows.
base::Result<std::unique_ptr<const model::Forest>> assemble_forest(const ForestPlan& plan,
                                                                   std::size_t feature_count,
                                                                   const model::Forest* first_trees,
                                                                   std::vector<GrownTree> trees);

}  // namespace archmlp::train
