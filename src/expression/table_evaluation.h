#pragma once

#include "archmlp/base/result.h"
#include "archmlp/expression/program.h"
#include "archmlp/table/table.h"

namespace archmlp::expression {

/// All rows, block by block; what depends on text alone is computed once a level. Errors: kResourceLimit.
base::Result<table::Cells> evaluate_table(const Expression::Program& program, const table::Table& rows);

}  // namespace archmlp::expression
