#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "archmlp/serve/model_set.h"

namespace archmlp::serve {

/// The description of every address for clients, as OpenAPI 3.0.3 has it, with the records that these models
/// take and what they answer. An empty set: any server, as contracts/openapi.json describes it; then a token
/// may be asked for or not.
std::string openapi_document(const ModelSet& models, bool asks_for_token);

/// Its schemas, which the addresses refer to: those of each model, and `record` and `prediction` for any of
/// them.
nlohmann::ordered_json openapi_components(const ModelSet& models);

}  // namespace archmlp::serve
