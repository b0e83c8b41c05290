#pragma once

// For the .cc files of the steps: reading and binding what they have in common.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/json_reader.h"
#include "archmlp/contract/schema.h"
#include "archmlp/transform/step.h"

namespace archmlp::transform {

/// More items than this in one list of a step are refused: a file cannot make binding take for ever.
inline constexpr std::size_t kMostItems = 100'000;

/// The member as a value. Errors: kInvalidInput with the key.
base::Result<contract::Value> value_member(const contract::JsonObject& object, std::string_view key);
base::Result<std::vector<contract::Value>> values_member(const contract::JsonObject& object,
                                                         std::string_view key);
/// The member as a list of objects with exactly `keys`. Errors: kInvalidInput with the key.
base::Result<std::vector<contract::JsonObject>> objects_member(const contract::JsonObject& object,
                                                               std::string_view key,
                                                               std::initializer_list<std::string_view> keys);
nlohmann::ordered_json values_to_json(const std::vector<contract::Value>& values);

/// Errors: kInvalidInput if there is no such column (names the nearest).
base::Result<std::size_t> find_column(const contract::Schema& schema, std::string_view name);
/// As find_column for each. Errors: also a name that occurs twice.
base::Result<std::vector<std::size_t>> find_columns(const contract::Schema& schema,
                                                    const std::vector<std::string>& names);

}  // namespace archmlp::transform
