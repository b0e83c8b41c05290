#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "archmlp/base/result.h"

namespace archmlp::contract {

/// A flag's text as the JSON value it means: `5` -> 5, `0.5`, `true`, `null`/`none` -> null, `[..]` and
/// `{..}` parsed as YAML (`{no: 1, yes: 5}`, JSON too), everything else a string. `sqrt` -> "sqrt".
nlohmann::ordered_json json_from_flag(std::string_view text);

/// "2GB", "500 MB", "256M", "16MiB", "1000000"; units in any case. Errors: kInvalidInput.
base::Result<std::size_t> bytes_from_text(const std::string& text);

}  // namespace archmlp::contract
