#pragma once

#include <string>

#include "archmlp/serve/served_model.h"

namespace archmlp::serve {

/// What GET /v1/model tells: everything a client needs to know in order to send records, and where the model
/// is from. JSON.
std::string describe_model(const ServedModel& model);

}  // namespace archmlp::serve
