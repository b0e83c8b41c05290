#pragma once

#include <cstddef>

#include "archmlp/table/record.h"
#include "archmlp/table/table.h"

namespace archmlp::table {

/// Row `row` as a record, cell i of column i. Its text lives as long as the table. Precondition: the row is
/// there.
void read_row(const Table& table, std::size_t row, Record& record);

}  // namespace archmlp::table
