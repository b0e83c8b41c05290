#pragma once

#include <nlohmann/json_fwd.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/value.h"

namespace archmlp::contract {

enum class ClassWeight { kNone, kBalanced, kBalancedSubsample };
using ClassWeightList = std::vector<std::pair<Value, double>>;
/// The parameter class_weight: a rule, or a weight for each class.
using ClassWeights = std::variant<ClassWeight, ClassWeightList>;

enum class BalancedSubsample { kAllowed, kRefused };  // it is for models of many samples

/// null, "balanced", "balanced_subsample", an object of class names (typed like YAML scalars: "1" is the
/// number), or a list of [class, weight] pairs, which is also what class_weight_to_json gives.
/// Errors: kInvalidInput.
base::Result<ClassWeights> class_weight_from(const nlohmann::ordered_json& json, BalancedSubsample subsample);
nlohmann::ordered_json class_weight_to_json(const ClassWeights& weights);
nlohmann::ordered_json class_weight_schema(BalancedSubsample subsample);

}  // namespace archmlp::contract
