#include "archmlp/base/try.h"
#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {
namespace {

using Json = nlohmann::ordered_json;

Field categories_field() {
  return {
      .name = "categories",
      .type = "list of values",
      .range = "",
      .help =
          "The values in their order, as in [low, medium, high]; empty: those of the training rows, sorted",
      .set = setter<OrdinalStep>([](OrdinalStep& step, const Json& value) -> base::Status {
        if (!value.is_array()) return expected("a list of values", value);
        step.categories.clear();
        for (const Json& item : value) {
          Value category = TRY(value_from_json(item));
          if (std::holds_alternative<std::monostate>(category))
            return base::Error{.message = "null is no category: missing values stay missing"};
          step.categories.push_back(std::move(category));
        }
        return {};
      }),
      .get = getter<OrdinalStep>([](const OrdinalStep& step) {
        Json json = Json::array();
        for (const Value& category : step.categories) json.push_back(to_json(category));
        return json;
      }),
      .schema = [] {
        return Json{{"type", "array"}, {"items", {{"type", {"number", "string", "boolean"}}}}};
      }};
}

base::Status check_ordinal(const OrdinalStep& step, const std::string& path) {
  if (!step.categories.empty() && step.columns.empty()) {
    return base::Error{.message = "categories are for columns that are named", .where = path + ".columns"};
  }
  if (step.unknown_value.value_or(-1) < 0) return {};
  return base::Error{.message = "unknown_value would be the code of a known value",
                     .where = path + ".unknown_value",
                     .hint = "use a negative number, or null for a missing value"};
}

}  // namespace

const StepKind& OrdinalStep::kind() {
  static const StepKind kind = with_parameters<OrdinalStep>(
      {.name = "ordinal",
       .help = "Replace each category by its number, in sorted or in a given order",
       .flag_value = "A,B,…",
       .flag_help = "Number categories in sorted order; `all` is every text column",
       .learns_if = [](const StepConfig& step) { return std::get<OrdinalStep>(step).categories.empty(); },
       .from_flag = names_or_all_from_flag},
      {.fields = {columns_field(&OrdinalStep::columns, "Columns; empty: every text column"),
                  categories_field(),
                  word_field("handle_unknown", &OrdinalStep::handle_unknown, {"error", "use_encoded_value"},
                             "error or use_encoded_value",
                             "A value that no training row has: an error, or unknown_value"),
                  optional_integer_field("unknown_value", &OrdinalStep::unknown_value,
                                         {.least = std::numeric_limits<std::int64_t>::min(), .text = "< 0"},
                                         "For use_encoded_value; null: missing")},
       .short_forms = columns_short_form(),
       .check = check_ordinal});
  return kind;
}

}  // namespace archmlp::contract
