#pragma once

#include <nlohmann/json.hpp>

#include "archmlp/contract/field_table.h"
#include "archmlp/contract/recipe.h"

// The parameters of a recipe's parts, described once; those of `train:` are in train_config.h.

namespace archmlp::contract {

const FieldTable& read_fields();   // CsvOptions, `read:`
const FieldTable& split_fields();  // SplitConfig, `split:`

}  // namespace archmlp::contract
