#pragma once

#include <cstdint>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/recipe.h"
#include "archmlp/table/table.h"

namespace archmlp::preprocess {

/// The columns that a split may look at, one cell a row that is split; null where the split does not use it.
struct SplitColumns {
  const table::Column* label = nullptr;
  const table::Column* time = nullptr;
  const table::Column* group = nullptr;
};

/// 1 for every test row, 0 for every training row. Depends on the positions of the rows, the columns above
/// and the seed alone. `config.test_file` plays no part.
///   plain        test rows: ceil(n · test_size), drawn without replacement
///   stratified   the same number, shared among the classes by largest remainder (ties: the first class in
///   order) time         the cut between two distinct times whose share is nearest (ties: more training rows)
///   group        whole groups in a drawn order while there is room, then one more if that is nearer to the
///   share
/// Errors: kInvalidInput if a side would be empty; a class has one row only, or a side has fewer rows than
/// there are classes; a time or group is missing; times cannot be ordered (rank_times: `where` = `row N`).
/// Source: the sizes are those of scikit-learn's ShuffleSplit and StratifiedShuffleSplit.
base::Result<std::vector<std::uint8_t>> assign_test_rows(const contract::SplitConfig& config,
                                                         std::size_t row_count, const SplitColumns& columns);

}  // namespace archmlp::preprocess
