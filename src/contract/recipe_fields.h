#pragma once

#include <nlohmann/json.hpp>

#include "archmlp/contract/field_table.h"
#include "archmlp/contract/recipe.h"

// The parameters of a recipe's parts, described once.

namespace archmlp::contract {

const FieldTable& read_fields();     // CsvOptions, `read:`
const FieldTable& split_fields();    // SplitConfig, `split:`
const FieldTable& train_fields();    // TrainConfig without the forest's, `train:`
const FieldTable& replace_fields();  // ReplaceStep
const FieldTable& impute_fields();   // ImputeStep
const FieldTable& one_hot_fields();  // OneHotStep

/// Names of columns: a list of text without repeats, or one text. Errors: kInvalidInput; `where` as `[2]`.
base::Result<std::vector<std::string>> column_names_from(const nlohmann::ordered_json& json);
nlohmann::ordered_json column_names_schema();

}  // namespace archmlp::contract
