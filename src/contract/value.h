#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <variant>

#include "archmlp/base/result.h"

namespace archmlp::contract {

/// One typed value with the type that it has in JSON; std::monostate is missing (null).
using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

/// How a CSV cell or a bare-label answer shows it: `true`, `42`, `0.5`, `yes`; "" for missing.
std::string to_text(const Value& value);
nlohmann::ordered_json to_json(const Value& value);
/// Errors: kInvalidInput for an array, an object, or an integer beyond 64 bits.
base::Result<Value> value_from_json(const nlohmann::ordered_json& json);

/// Sorted order of labels and categories: false < true, numbers by value, text by bytes.
bool value_less(const Value& a, const Value& b) noexcept;

}  // namespace archmlp::contract
