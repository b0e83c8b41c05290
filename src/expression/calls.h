#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/expression/emitter.h"
#include "archmlp/expression/functions.h"

namespace archmlp::expression {

/// Checks the arguments' types and emits the call; their registers become free. Those of a fold are folded
/// already, into one. Precondition: there are as many as the function takes.
base::Result<Value> emit_call(Emitter& emit, const Function& function, std::vector<Value>& arguments);

/// "`clip` takes 3 arguments, found 2".
std::string describe_wrong_count(const Function& function, const std::string& spelling, std::size_t count);

}  // namespace archmlp::expression
