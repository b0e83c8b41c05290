#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace archmlp::contract {

/// A flag's text as the JSON value it means: `5` -> 5, `0.5`, `true`, `null`/`none` -> null, `[..]` and
/// `{..}` parsed as YAML (`{no: 1, yes: 5}`, JSON too), everything else a string. `sqrt` -> "sqrt".
nlohmann::ordered_json json_from_flag(std::string_view text);

}  // namespace archmlp::contract
