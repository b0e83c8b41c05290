#include <fmt/format.h>

#include "archmlp/base/try.h"
#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {
namespace {

using base::Error;
using base::Status;
using Json = nlohmann::ordered_json;

Status set_placeholders(ImputeStep& step, const Json& value) {
  const Json list = value.is_array() ? value : Json::array({value});
  step.missing_values.clear();
  for (const Json& item : list) {
    Value placeholder = TRY(value_from_json(item));
    if (std::holds_alternative<std::monostate>(placeholder)) {
      return Error{.message = "null needs no placeholder: missing values are always imputed",
                   .hint = "quote it if the text null is meant"};
    }
    step.missing_values.push_back(std::move(placeholder));
  }
  return {};
}

Field placeholders_field() {
  return {.name = "missing_values",
          .type = "list of values",
          .range = "",
          .help = "Values that count as missing too, as in [-1, unknown]",
          .set = setter<ImputeStep>(set_placeholders),
          .get = getter<ImputeStep>([](const ImputeStep& step) {
            Json json = Json::array();
            for (const Value& value : step.missing_values) json.push_back(to_json(value));
            return json;
          }),
          .schema = [] {
            Json schema = schema_of_type("array");
            schema["items"] = {{"type", {"number", "string", "boolean"}}};
            return schema;
          }};
}

ShortForms strategy_short_form() {
  return {.expand =
              [](const Json& value) {
                if (value.is_null()) return Json::object();
                return value.is_string() ? Json{{"strategy", value}} : value;
              },
          .schemas = {Json{{"enum", {"mean", "median", "most_frequent"}}}}};
}

Status check_impute(const ImputeStep& step, const std::string& path) {
  const bool has_fill = !std::holds_alternative<std::monostate>(step.fill_value);
  if (step.strategy == "constant" && !has_fill) {
    return Error{.message = "the strategy constant needs a fill_value", .where = path};
  }
  if (step.strategy != "constant" && has_fill) {
    return Error{.message = fmt::format("fill_value has no meaning for the strategy {}", step.strategy),
                 .where = path + ".fill_value",
                 .hint = "set strategy: constant, or remove fill_value"};
  }
  if (step.strategy == "constant" && step.group_by) {
    return Error{.message = "group_by has no meaning for the strategy constant", .where = path + ".group_by"};
  }
  return {};
}

}  // namespace

const StepKind& ImputeStep::kind() {
  static const StepKind kind = with_parameters<ImputeStep>(
      {.name = "impute",
       .help = "Fill missing values",
       .flag_value = "{columns: […], strategy: median}",
       .flag_help = "Fill missing values; fitted on training rows",
       .learns = true},
      {.fields = {columns_field(&ImputeStep::columns,
                                "Columns; empty: every one that the strategy can treat"),
                  word_field("strategy", &ImputeStep::strategy,
                             {"mean", "median", "most_frequent", "constant"},
                             "mean, median, most_frequent or constant",
                             "What missing values become, learnt from training rows"),
                  value_field("fill_value", &ImputeStep::fill_value, "For the strategy constant"),
                  placeholders_field(),
                  flag_field("add_indicator", &ImputeStep::add_indicator,
                             "Add a 0/1 column NAME_missing for each column with missing training values"),
                  optional_text_field(
                      "group_by", &ImputeStep::group_by, "column or null",
                      "Learn a fill for each value of this column; a new value gets that of all rows")},
       .short_forms = strategy_short_form(),
       .check = check_impute});
  return kind;
}

}  // namespace archmlp::contract
