#include "archmlp/contract/class_weight.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/json_reader.h"
#include "archmlp/contract/parameter_fields.h"

namespace archmlp::contract {
namespace {

using base::Error;
using Json = nlohmann::ordered_json;

base::Status add_class_weight(ClassWeightList& weights, Value name, const Json& weight) {
  if (!weight.is_number() || !std::isfinite(weight.get<double>()) || weight.get<double>() < 0.0) {
    return Error{.message = fmt::format("the weight of class {}: expected a number >= 0, found {}",
                                        base::quoted(to_text(name)), describe(weight))};
  }
  const bool repeats = std::any_of(weights.begin(), weights.end(), [&](const auto& entry) {
    return !value_less(entry.first, name) && !value_less(name, entry.first);
  });
  if (repeats) return Error{.message = fmt::format("class {} occurs twice", base::quoted(to_text(name)))};
  weights.emplace_back(std::move(name), weight.get<double>());
  return {};
}

base::Result<ClassWeightList> weights_from(const Json& json) {
  ClassWeightList weights;
  if (json.is_object()) {
    for (const auto& [name, weight] : json.items()) {
      const Json typed = name.empty() ? Json(name) : TRY(json_from_scalar(name));
      Value value = TRY(value_from_json(typed));
      TRY(add_class_weight(weights, std::move(value), weight));
    }
    return weights;
  }
  for (const Json& pair : json) {
    if (!pair.is_array() || pair.size() != 2) return expected("a pair [class, weight]", pair);
    Value name = TRY(value_from_json(pair[0]));
    TRY(add_class_weight(weights, std::move(name), pair[1]));
  }
  return weights;
}

}  // namespace

base::Result<ClassWeights> class_weight_from(const Json& json, BalancedSubsample subsample) {
  const bool allowed = subsample == BalancedSubsample::kAllowed;
  if (json.is_null()) return ClassWeights(ClassWeight::kNone);
  if (json == "balanced") return ClassWeights(ClassWeight::kBalanced);
  if (json == "balanced_subsample" && allowed) return ClassWeights(ClassWeight::kBalancedSubsample);
  if (json.is_structured() && !json.empty()) return ClassWeights(TRY(weights_from(json)));
  return expected(fmt::format("null, 'balanced'{} or a weight for each class, as in {{0: 1, 1: 5}}",
                              allowed ? ", 'balanced_subsample'" : ""),
                  json);
}

Json class_weight_to_json(const ClassWeights& weights) {
  if (const auto* rule = std::get_if<ClassWeight>(&weights)) {
    if (*rule == ClassWeight::kNone) return nullptr;
    return *rule == ClassWeight::kBalanced ? "balanced" : "balanced_subsample";
  }
  Json pairs = Json::array();
  for (const auto& [name, weight] : std::get<ClassWeightList>(weights))
    pairs.push_back(Json::array({to_json(name), weight}));
  return pairs;
}

Json class_weight_schema(BalancedSubsample subsample) {
  constexpr NumberRange kNotNegative = {.least = 0, .text = ">= 0"};
  Json rules = Json::array({"balanced"});
  if (subsample == BalancedSubsample::kAllowed) rules.push_back("balanced_subsample");
  return any_of(
      {schema_of_type("null"), Json{{"enum", rules}},
       Json{{"type", "object"}, {"minProperties", 1}, {"additionalProperties", kNotNegative.schema()}},
       Json{{"type", "array"},
            {"minItems", 1},
            {"items", {{"type", "array"}, {"minItems", 2}, {"maxItems", 2}}}}});
}

}  // namespace archmlp::contract
