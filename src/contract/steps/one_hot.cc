#include <fmt/format.h>

#include "archmlp/base/text.h"
#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {
namespace {

using Json = nlohmann::ordered_json;

const std::vector<std::string>& policies() {
  static const std::vector<std::string> words = {"ignore", "error", "infrequent_if_exist"};
  return words;
}

Field column_policy_field() {
  const auto read = [](const Json& value) -> base::Result<std::map<std::string, std::string>> {
    if (!value.is_object())
      return expected("a map from column to ignore, error or infrequent_if_exist", value);
    const std::vector<std::string>& words = policies();
    std::map<std::string, std::string> found;
    for (const auto& [column, policy] : value.items()) {
      if (std::find(words.begin(), words.end(), policy) == words.end()) {
        return expected(
            fmt::format("ignore, error or infrequent_if_exist for column {}", base::quoted(column)), policy);
      }
      found[column] = policy.get<std::string>();
    }
    return found;
  };
  return stored_field("column_handle_unknown", &OneHotStep::column_handle_unknown,
                      "{column: ignore, error or infrequent_if_exist}", "", "The same for single columns",
                      read, [] {
                        return map_schema(Json{{"enum", policies()}});
                      });
}

/// A count of rows, or a share of them below 1.
Field min_frequency_field() {
  const auto read = [](const Json& value) -> base::Result<double> {
    const bool is_count = value.is_number_integer() && value.get<double>() >= 1.0;
    const bool is_share = value.is_number() && value.get<double>() > 0.0 && value.get<double>() < 1.0;
    if (!is_count && !is_share) return expected("a number of rows >= 1, or a share of them in (0, 1)", value);
    return value.get<double>();
  };
  return optional_field(
      "min_frequency", &OneHotStep::min_frequency, "int, float or null", ">= 1, or in (0, 1)",
      "Values of fewer training rows, or a smaller share of them, count as infrequent", read, [] {
        return Json{{"type", "number"}, {"exclusiveMinimum", 0}};
      });
}

Field drop_field() {
  const auto read = [](const Json& value) -> base::Result<std::string> {
    if (value == "first" || value == "if_binary") return value.get<std::string>();
    return expected_word("first, if_binary or null", value, {"first", "if_binary"});
  };
  return optional_field("drop", &OneHotStep::drop, "first, if_binary or null", "",
                        "Leave out the column of the first value, or that of a column with two values", read,
                        [] {
                          return Json{{"enum", {"first", "if_binary"}}};
                        });
}

base::Status check_one_hot(const OneHotStep& step, const std::string& path) {
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
                  word_field(
                      "handle_unknown", &OneHotStep::handle_unknown, policies(),
                      "ignore, error or infrequent_if_exist",
                      "A value that no training row has: all zeros, an error, or the infrequent column"),
                  column_policy_field(), min_frequency_field(),
                  optional_integer_field("max_categories", &OneHotStep::max_categories,
                                         {.least = 1, .text = ">= 1"},
                                         "Columns made of one; the rarest values share the infrequent one"),
                  drop_field()},
       .short_forms = columns_short_form(),
       .check = check_one_hot});
  return kind;
}

}  // namespace archmlp::contract
