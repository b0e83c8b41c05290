#pragma once

#include <cstdint>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/preprocess/learning_rows.h"

namespace archmlp::preprocess {

/// For every row of the data (not those of a given test file) the first row with equal cells in the columns
/// at `columns` and, if asked for, the label; missing values are equal to each other, and so are 0.0 and
/// -0.0. Rows are compared by hashes of 128 bits: two different ones are taken for equal with a chance below
/// 1e-20 in a billion rows. Memory: 4 bytes a row and the budget of `rows`. Errors: kIo.
base::Result<std::vector<std::uint32_t>> first_equal_rows(const LearningRows& rows,
                                                          const std::vector<std::size_t>& columns,
                                                          bool with_label);

}  // namespace archmlp::preprocess
