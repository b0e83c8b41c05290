#pragma once

#include <string>
#include <utility>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"
#include "archmlp/table/table.h"

// What binding and applying a step need again and again.

namespace archmlp::transform {

/// The index of the column. Errors: kInvalidInput that names the nearest ones.
base::Result<std::size_t> require_column(const contract::Schema& schema, const std::string& name);
/// The indices of the columns, in the order of the names; a name may stand only once.
base::Result<std::vector<std::size_t>> require_columns(const contract::Schema& schema,
                                                       const std::vector<std::string>& names);
/// Errors: kInvalidInput if a name is empty or repeats.
base::Status require_distinct_names(const contract::Schema& schema);

/// A column that a step makes; in a CSV an empty cell means missing.
contract::ColumnSchema made_column(std::string name, contract::ColumnKind kind, bool nullable);

/// The columns as a table that has `row_count` rows even if there is no column. Precondition: names are
/// distinct.
base::Result<table::Table> make_table(std::vector<table::Column> columns, std::size_t row_count);

}  // namespace archmlp::transform
