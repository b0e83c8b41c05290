#pragma once

#include "archmlp/base/result.h"
#include "archmlp/contract/json_reader.h"
#include "archmlp/transform/step.h"

// What step_from_json calls, one reader a kind, each beside its step. Errors: kInvalidInput with the key.

namespace archmlp::transform {

base::Result<StepPointer> read_filter(const contract::JsonObject& json);
base::Result<StepPointer> read_remove(const contract::JsonObject& json);
base::Result<StepPointer> read_rename(const contract::JsonObject& json);
base::Result<StepPointer> read_replace(const contract::JsonObject& json);
base::Result<StepPointer> read_add_features(const contract::JsonObject& json);
base::Result<StepPointer> read_impute(const contract::JsonObject& json);
base::Result<StepPointer> read_one_hot(const contract::JsonObject& json);

}  // namespace archmlp::transform
