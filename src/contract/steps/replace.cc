#include <fmt/format.h>

#include "archmlp/base/try.h"
#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {
namespace {

using base::Error;
using base::Status;
using Json = nlohmann::ordered_json;

Status set_map(ReplaceStep& step, const Json& value) {
  if (!value.is_object()) return expected("a map from old to new values, as in {old: new}", value);
  step.map.clear();
  for (const auto& [old_value, new_value] : value.items()) {
    step.map.emplace_back(old_value, TRY(value_from_json(new_value)));
  }
  return {};
}

Field map_field() {
  return {.name = "map",
          .type = "{old: new}",
          .range = "",
          .help = "Values that become others, all at once; null makes missing",
          .set = setter<ReplaceStep>(set_map),
          .get = getter<ReplaceStep>([](const ReplaceStep& step) {
            Json json = Json::object();
            for (const auto& [old_value, new_value] : step.map) json[old_value] = to_json(new_value);
            return json;
          }),
          .schema = [] {
            return map_schema(Json{{"type", {"number", "string", "boolean", "null"}}});
          }};
}

Status check_replace(const ReplaceStep& step, const std::string& path) {
  const int given = (step.where ? 1 : 0) + (step.regex ? 1 : 0) + (step.map.empty() ? 0 : 1);
  if (given != 1) {
    return Error{.message = given == 0 ? "it does not say what is replaced"
                                       : "it says in more than one way what is replaced",
                 .where = path,
                 .hint = "use one of `where: CONDITION`, `map: {old: new}` and `regex: PATTERN`"};
  }
  const bool has_text = std::holds_alternative<std::string>(step.with);
  const bool has_with = !std::holds_alternative<std::monostate>(step.with);
  if (!step.map.empty() && has_with) {
    return Error{.message = "`with` has no meaning beside a map", .where = path + ".with"};
  }
  if (step.regex && has_with && !has_text) {
    return expected_at(path + ".with", "text or null", to_json(step.with), "quote it");
  }
  return require_columns(step.columns, path);
}

StepKind with_new_value(StepKind kind) {
  kind.parse = [parse = kind.parse](const Json& value, const std::string& path) -> base::Result<StepConfig> {
    StepConfig step = TRY(parse(value, path));
    // null makes missing: that must be said, not forgotten.
    if (std::get<ReplaceStep>(step).map.empty()) TRY(require_keys(value, {"with"}, path));
    return step;
  };
  return kind;
}

}  // namespace

const StepKind& ReplaceStep::kind() {
  static const StepKind kind = with_new_value(with_parameters<ReplaceStep>(
      {.name = "replace",
       .help = "Change values: where a condition is true, by a map, or by a regular expression",
       .flag_value = "{columns: […], where: EXPR, with: VALUE}",
       .flag_help = "Replace values under a condition, by a map or a regular expression"},
      {.fields = {columns_field(&ReplaceStep::columns, "Columns whose values are replaced"),
                  optional_text_field("where", &ReplaceStep::where, "condition or null",
                                      "Which rows; evaluated once, before any column changes"),
                  map_field(),
                  optional_text_field(
                      "regex", &ReplaceStep::regex, "text or null",
                      "What is replaced in texts, as RE2 takes it; \\1 in `with` is its first group"),
                  value_field("with", &ReplaceStep::with, "The new value; null makes it missing")},
       .required = {"columns"},
       .check = check_replace}));
  return kind;
}

}  // namespace archmlp::contract
