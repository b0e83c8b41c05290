#pragma once

#include <memory>
#include <string_view>

#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"
#include "archmlp/expression/program.h"

namespace archmlp::expression {

/// Parses, checks types and emits in one pass. Errors and limits: as Expression::compile.
base::Result<std::unique_ptr<Expression::Program>> compile_program(std::string_view text,
                                                                   const contract::Schema& schema);

}  // namespace archmlp::expression
