#pragma once

#include <span>

#include "archmlp/base/result.h"
#include "archmlp/table/table.h"

namespace archmlp::table {

/// The cells of all pieces, one behind the other, under the first one's name; the levels of text in order of
/// first appearance. Precondition: there is a piece, and all have the same kind.
/// Errors: kResourceLimit beyond 2^31 - 1 distinct texts.
base::Result<Column> concatenated(std::span<const Column> pieces);

/// The rows of all tables that have any. Precondition: one has, and those that have agree in their columns.
/// Errors: as above.
base::Result<Table> concatenated(std::span<const Table> tables);

}  // namespace archmlp::table
