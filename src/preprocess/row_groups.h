#pragma once

#include <cstdint>
#include <vector>

#include "archmlp/table/table.h"

namespace archmlp::preprocess {

/// For every row the first row with equal cells in all the columns; missing values are equal to each other,
/// and so are 0.0 and -0.0.
std::vector<std::uint32_t> first_equal_rows(const std::vector<const table::Column*>& columns,
                                            std::size_t row_count);

}  // namespace archmlp::preprocess
