#include <fmt/format.h>

#include "archmlp/base/text.h"
#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {
namespace {

using Json = nlohmann::ordered_json;

Field column_policy_field() {
  const auto read = [](const Json& value) -> base::Result<std::map<std::string, std::string>> {
    if (!value.is_object()) return expected("a map from column to ignore or error", value);
    std::map<std::string, std::string> policies;
    for (const auto& [column, policy] : value.items()) {
      if (policy != "ignore" && policy != "error") {
        return expected(fmt::format("ignore or error for column {}", base::quoted(column)), policy);
      }
      policies[column] = policy.get<std::string>();
    }
    return policies;
  };
  return stored_field("column_handle_unknown", &OneHotStep::column_handle_unknown,
                      "{column: ignore or error}", "", "The same for single columns", read, [] {
                        return map_schema(Json{{"enum", Json::array({"ignore", "error"})}});
                      });
}

base::Status check(const OneHotStep& step, const std::string& path) {
  for (const auto& [column, policy] : step.column_handle_unknown) {
    if (step.columns.empty() ||
        std::find(step.columns.begin(), step.columns.end(), column) != step.columns.end())
      continue;
    return base::Error{
        .message = fmt::format("column {} is not among the columns of this step", base::quoted(column)),
        .where = fmt::format("{}.column_handle_unknown.{}", path, column),
        .hint = base::suggest_names(column, step.columns)};
  }
  return {};
}

}  // namespace

const StepKind& OneHotStep::kind() {
  static const StepKind kind = with_parameters<OneHotStep>(
      {.name = "one_hot",
       .help = "Turn each category of a column into a 0/1 column",
       .flag_value = "A,B,…",
       .flag_help = "Encode categories as 0/1 columns; `all` is every text column",
       .learns = true,
       .from_flag = names_or_all_from_flag},
      {.fields = {columns_field(&OneHotStep::columns, "Columns; empty: every text column"),
                  word_field("handle_unknown", &OneHotStep::handle_unknown, {"ignore", "error"},
                             "ignore or error",
                             "A value that no training row has: all zeros and counted, or an error"),
                  column_policy_field()},
       .short_forms = columns_short_form(),
       .check = check});
  return kind;
}

}  // namespace archmlp::contract
