#include "archmlp/base/try.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {
namespace {

using base::Result;
using Json = nlohmann::ordered_json;

Result<StepConfig> parse_add_features(const Json& value, const std::string& path) {
  auto features = TRY(text_pairs(value, path, "a map from name to expression, as in {ratio: debt / income}",
                                 "an expression"));
  return StepConfig(AddFeaturesStep{std::move(features)});
}

Json add_features_to_json(const StepConfig& step) {
  Json json = Json::object();
  for (const auto& [name, expression] : std::get<AddFeaturesStep>(step).features) json[name] = expression;
  return json;
}

std::vector<std::string> made_names(const StepConfig& step) {
  std::vector<std::string> names;
  for (const auto& [name, expression] : std::get<AddFeaturesStep>(step).features) names.push_back(name);
  return names;
}

}  // namespace

const StepKind& AddFeaturesStep::kind() {
  static const StepKind kind = {.name = "add_features",
                                .help = "Compute new columns: {name: expression}",
                                .flag_value = "{NAME: EXPR}",
                                .flag_help = "Add columns computed from others",
                                .parse = parse_add_features,
                                .to_json = add_features_to_json,
                                .schema = text_map_schema,
                                .touched = made_names,
                                .from_flag = pair_from_flag};
  return kind;
}

}  // namespace archmlp::contract
