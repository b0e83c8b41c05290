#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {
namespace {

using Json = nlohmann::ordered_json;

Field where_field() {
  const auto read = [](const Json& value) -> base::Result<std::string> {
    if (value.is_string() && !value.get<std::string>().empty()) return value.get<std::string>();
    return expected("a condition, as in `age < 0`", value);
  };
  return stored_field("where", &ReplaceStep::where, "condition", "",
                      "Which rows; evaluated once, before any column changes", read,
                      [] { return schema_of_type("string"); });
}

}  // namespace

const StepKind& ReplaceStep::kind() {
  static const StepKind kind = with_parameters<ReplaceStep>(
      {.name = "replace",
       .help = "Set columns to a value where a condition is true",
       .flag_value = "{columns: […], where: EXPR, with: VALUE}",
       .flag_help = "Replace values under a condition"},
      {.fields = {columns_field(&ReplaceStep::columns, "Columns whose values are replaced"), where_field(),
                  value_field("with", &ReplaceStep::with, "The new value; null makes it missing")},
       .required = {"columns", "where", "with"},
       .check = [](const ReplaceStep& step, const std::string& path) {
         return require_columns(step.columns, path);
       }});
  return kind;
}

}  // namespace archmlp::contract
