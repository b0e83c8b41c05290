#pragma once

#include <span>

#include "archmlp/base/result.h"
#include "archmlp/table/table.h"

namespace archmlp::table {

/// The cells of all pieces, one behind the other, under the first one's name; the levels of text in order of
/// first appearance. Precondition: there is a piece, and all have the same kind.
/// Errors: kResourceLimit beyond 2^31 - 1 distinct texts.
base::Result<Column> concatenated(std::span<const Column> pieces);

}  // namespace archmlp::table
