#pragma once

#include <nlohmann/json_fwd.hpp>

namespace archmlp::transform {

/// Fitted steps as people and clients are shown them: without the rows of joined tables, which may be many
/// and private. `steps` is as to_json gives it.
nlohmann::ordered_json summary_of(const nlohmann::ordered_json& steps);

}  // namespace archmlp::transform
