#pragma once

#include "archmlp/base/result.h"
#include "archmlp/contract/json_reader.h"
#include "archmlp/transform/step.h"

// Each fitted step's reader, the inverse of its to_json; step_from_json chooses by kind.

namespace archmlp::transform {

base::Result<StepPointer> read_filter(const contract::JsonObject& object);
base::Result<StepPointer> read_remove(const contract::JsonObject& object);
base::Result<StepPointer> read_rename(const contract::JsonObject& object);
base::Result<StepPointer> read_replace(const contract::JsonObject& object);
base::Result<StepPointer> read_add_features(const contract::JsonObject& object);
base::Result<StepPointer> read_impute(const contract::JsonObject& object);
base::Result<StepPointer> read_one_hot(const contract::JsonObject& object);

/// `[["a", "b"], …]`: pairs of texts. Errors: kInvalidInput with the key.
base::Result<std::vector<std::pair<std::string, std::string>>> read_text_pairs(
    const contract::JsonObject& object, std::string_view key);
/// `[1, "x", …]`, without null. Errors: kInvalidInput with the key.
base::Result<std::vector<contract::Value>> read_values(const contract::JsonObject& object,
                                                       std::string_view key);

}  // namespace archmlp::transform
