#include <fmt/format.h>

#include <algorithm>

#include "archmlp/base/text.h"
#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {
namespace {

using base::Error;
using base::Status;
using Json = nlohmann::ordered_json;

const std::vector<std::string> kTypes = {"integer", "real", "boolean", "text", "date"};

Field thousands_field() {
  const auto read = [](const Json& value) -> base::Result<std::string> {
    if (value.is_string()) return value.get<std::string>();
    return expected("a sign, or \"\" for none", value, quote_hint(value));
  };
  return optional_field(
      "thousands", &CastStep::thousands, "text or null", "",
      "Between groups of digits; null: a comma, a point if decimal is a comma; \"\": nothing", read,
      [] { return schema_of_type("string"); });
}

base::Result<std::vector<std::string>> words_from(const Json& value) {
  if (!value.is_array()) return expected("a list of words", value);
  std::vector<std::string> words;
  for (const Json& word : value) {
    // 1, 0, true and false need no quotes.
    if (!word.is_string() && !word.is_boolean() && !word.is_number_integer()) return expected("a word", word);
    std::string text = word.is_string() ? word.get<std::string>() : word.dump();
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    words.push_back(std::move(text));
  }
  return words;
}

Json words_schema() { return {{"type", "array"}, {"items", {{"type", {"string", "boolean", "integer"}}}}}; }

Field words_field(std::string_view name, std::vector<std::string> CastStep::*member, std::string_view help) {
  return stored_field(name, member, "list of words", "", help, words_from, words_schema);
}

Status check_cast(const CastStep& step, const std::string& path) {
  const CastStep defaults;
  const bool is_number = step.type == "integer" || step.type == "real";
  const bool is_date = step.type == "date";
  const bool is_boolean = step.type == "boolean";
  const struct {
    std::string_view key;
    bool is_given, has_meaning;
  } parameters[] = {{"format", step.format != defaults.format, is_date},
                    {"unit", step.unit != defaults.unit, is_date},
                    {"decimal", step.decimal != defaults.decimal, is_number},
                    {"thousands", step.thousands.has_value(), is_number},
                    {"currency", step.currency.has_value(), is_number},
                    {"true_values", step.true_values != defaults.true_values, is_boolean},
                    {"false_values", step.false_values != defaults.false_values, is_boolean}};
  for (const auto& parameter : parameters) {
    if (!parameter.is_given || parameter.has_meaning) continue;
    return Error{.message = fmt::format("{} has no meaning for the type {}", parameter.key, step.type),
                 .where = fmt::format("{}.{}", path, parameter.key)};
  }
  if (step.thousands == step.decimal) {
    return Error{.message = "the decimal sign cannot be between thousands too", .where = path + ".thousands"};
  }
  for (const std::string& word : step.true_values) {
    if (std::find(step.false_values.begin(), step.false_values.end(), word) == step.false_values.end())
      continue;
    return Error{.message = fmt::format("{} would be both true and false", base::quoted(word)),
                 .where = path + ".true_values"};
  }
  return require_columns(step.columns, path);
}

}  // namespace

const StepKind& CastStep::kind() {
  static const StepKind kind = with_parameters<CastStep>(
      {.name = "cast",
       .help = "Read columns as another type: numbers with currency and separators, dates, booleans",
       .flag_value = "{columns: […], type: date, format: \"%d.%m.%Y\"}",
       .flag_help = "Make columns integer, real, boolean, text or date"},
      {.fields = {columns_field(&CastStep::columns, "Columns that change their type"),
                  word_field("type", &CastStep::type, kTypes, "integer, real, boolean, text or date",
                             "What they become; a date becomes the integer count of `unit` since 1970"),
                  text_field("format", &CastStep::format,
                             "How dates are written, as in %d.%m.%Y %H:%M, or ISO8601"),
                  word_field("unit", &CastStep::unit, {"D", "s", "ms", "us"}, "D, s, ms or us",
                             "Days, seconds, milliseconds or microseconds since 1970-01-01T00:00:00Z"),
                  word_field("decimal", &CastStep::decimal, {".", ","}, "a point or a comma",
                             "What stands before the decimals"),
                  thousands_field(),
                  optional_text_field("currency", &CastStep::currency, "text or null",
                                      "The only sign that may stand beside a number; null: every one"),
                  words_field("true_values", &CastStep::true_values, "What is true, in either case"),
                  words_field("false_values", &CastStep::false_values, "What is false, in either case"),
                  word_field("errors", &CastStep::errors, {"raise", "missing"}, "raise or missing",
                             "What cannot be read: an error, or a missing value")},
       .required = {"columns", "type"},
       .check = check_cast});
  return kind;
}

}  // namespace archmlp::contract
