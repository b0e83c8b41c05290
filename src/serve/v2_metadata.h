#pragma once

#include <string>

#include "archmlp/serve/model_set.h"

namespace archmlp::serve {

/// GET /v2/models/NAME: what tensors the model takes, of records in that form, and gives. One input for each
/// column that must be there, in the order that one tensor for all of them has.
std::string v2_model_metadata(const NamedModel& named, const ServedModel& model, predict::RecordForm form);

}  // namespace archmlp::serve
