#pragma once

#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/json_reader.h"
#include "archmlp/transform/step.h"

// What step_from_json calls, one reader a kind, each beside its step. Errors: kInvalidInput with the key.

namespace archmlp::transform {

/// Every kind that step_from_json reads.
std::vector<std::string_view> step_kinds();

base::Result<StepPointer> read_filter(const contract::JsonObject& json);
base::Result<StepPointer> read_remove(const contract::JsonObject& json);
base::Result<StepPointer> read_rename(const contract::JsonObject& json);
base::Result<StepPointer> read_replace(const contract::JsonObject& json);
base::Result<StepPointer> read_add_features(const contract::JsonObject& json);
base::Result<StepPointer> read_impute(const contract::JsonObject& json);
base::Result<StepPointer> read_one_hot(const contract::JsonObject& json);
base::Result<StepPointer> read_scale(const contract::JsonObject& json);
base::Result<StepPointer> read_log(const contract::JsonObject& json);
base::Result<StepPointer> read_log1p(const contract::JsonObject& json);
base::Result<StepPointer> read_power(const contract::JsonObject& json);
base::Result<StepPointer> read_clip(const contract::JsonObject& json);
base::Result<StepPointer> read_bin(const contract::JsonObject& json);
base::Result<StepPointer> read_ordinal(const contract::JsonObject& json);
base::Result<StepPointer> read_drop_missing(const contract::JsonObject& json);
base::Result<StepPointer> read_target_encode(const contract::JsonObject& json);
base::Result<StepPointer> read_pca(const contract::JsonObject& json);
base::Result<StepPointer> read_text_hash(const contract::JsonObject& json);
base::Result<StepPointer> read_cast(const contract::JsonObject& json);
base::Result<StepPointer> read_date_parts(const contract::JsonObject& json);
base::Result<StepPointer> read_join(const contract::JsonObject& json);

// What read_replace calls where there is no `where`.
base::Result<StepPointer> read_replace_values(const contract::JsonObject& json);
base::Result<StepPointer> read_replace_regex(const contract::JsonObject& json);

}  // namespace archmlp::transform
