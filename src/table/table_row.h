#pragma once

#include <cstddef>

#include "archmlp/table/record.h"
#include "archmlp/table/table.h"

namespace archmlp::table {

/// One cell of a column. Its text lives as long as the column. Precondition: the row is there.
Cell cell_at(const Column& column, std::size_t row) noexcept;

}  // namespace archmlp::table
