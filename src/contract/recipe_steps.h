#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "archmlp/contract/recipe.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {

/// In the order of StepConfig.
std::span<const StepKind* const> step_kinds();
/// Null if there is none.
const StepKind* find_step_kind(std::string_view name);

/// A step from the value of its key. Errors: kInvalidInput, `where` = `path` and the keys below it.
base::Result<StepConfig> step_from_json(std::string_view name, const nlohmann::ordered_json& value,
                                        const std::string& path);
/// A recipe's list item: an object with one key.
base::Result<StepConfig> step_item_from_json(const nlohmann::ordered_json& item, const std::string& path);
/// JSON Schema of a list item.
nlohmann::ordered_json step_item_schema();

}  // namespace archmlp::contract
