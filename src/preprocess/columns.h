#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/table/table.h"

namespace archmlp::preprocess {

/// Errors: kInvalidInput that names the nearest columns.
base::Result<const table::Column*> find_column(const table::Table& rows, std::string_view name);
base::Result<std::vector<const table::Column*>> find_columns(const table::Table& rows,
                                                             const std::vector<std::string>& names);

/// The Error where a step has nothing to learn from.
base::Error no_training_value(std::string_view column);

/// The rows of `first`, then those of `second`. Precondition: the same column names and kinds in the same
/// order.
base::Result<table::Table> append_rows(const table::Table& first, const table::Table& second);

}  // namespace archmlp::preprocess
