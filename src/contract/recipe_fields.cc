#include "archmlp/contract/recipe_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/json_reader.h"

namespace archmlp::contract {
namespace {

using base::Error;
using base::Result;
using base::Status;
using Json = nlohmann::ordered_json;

Error expected(std::string_view what, const Json& found, std::string hint = "") {
  return Error{.message = fmt::format("expected {}, found {}", what, describe(found)),
               .hint = std::move(hint)};
}

std::string quote_hint(const Json& found) { return found.is_primitive() ? "quote it if it is text" : ""; }

Json schema_of_type(std::string_view type) { return {{"type", type}}; }

Json texts_schema() {
  Json schema = schema_of_type("array");
  schema["items"] = schema_of_type("string");
  return schema;
}

Json map_schema(Json values) {
  Json schema = schema_of_type("object");
  schema["additionalProperties"] = std::move(values);
  return schema;
}

Json any_of(Json first, Json second) {
  Json schema = Json::object();
  schema["anyOf"] = Json::array({std::move(first), std::move(second)});
  return schema;
}

template <typename Config, typename Setter>
std::function<Status(void*, const Json&)> setter(Setter set) {
  return
      [set](void* config, const Json& value) -> Status { return set(*static_cast<Config*>(config), value); };
}

template <typename Config, typename Getter>
std::function<Json(const void*)> getter(Getter get) {
  return [get](const void* config) -> Json { return get(*static_cast<const Config*>(config)); };
}

template <typename Config>
Field flag_field(std::string_view name, bool Config::*member, std::string_view help) {
  return {.name = name,
          .type = "bool",
          .range = "",
          .help = help,
          .set = setter<Config>([member](Config& config, const Json& value) -> Status {
            if (!value.is_boolean()) return expected("true or false", value);
            config.*member = value.get<bool>();
            return {};
          }),
          .get = getter<Config>([member](const Config& config) { return Json(config.*member); }),
          .schema = [] { return schema_of_type("boolean"); }};
}

/// One text out of `words`.
template <typename Config>
Field word_field(std::string_view name, std::string Config::*member, const std::vector<std::string>& words,
                 std::string_view type, std::string_view help) {
  return {.name = name,
          .type = type,
          .range = "",
          .help = help,
          .set = setter<Config>([member, words, type](Config& config, const Json& value) -> Status {
            const bool known = value.is_string() &&
                               std::find(words.begin(), words.end(), value.get<std::string>()) != words.end();
            if (!known) {
              return expected(type, value,
                              value.is_string() ? base::suggest_names(value.get<std::string>(), words) : "");
            }
            config.*member = value.get<std::string>();
            return {};
          }),
          .get = getter<Config>([member](const Config& config) { return Json(config.*member); }),
          .schema = [words] {
            return Json{{"enum", Json(words)}};
          }};
}

template <typename Config>
Field optional_text_field(std::string_view name, std::optional<std::string> Config::*member,
                          std::string_view type, std::string_view help) {
  return {.name = name,
          .type = type,
          .range = "",
          .help = help,
          .set = setter<Config>([member](Config& config, const Json& value) -> Status {
            if (!value.is_null() && (!value.is_string() || value.get<std::string>().empty())) {
              return expected("text or null", value, quote_hint(value));
            }
            config.*member = value.is_null() ? std::nullopt : std::optional(value.get<std::string>());
            return {};
          }),
          .get = getter<Config>([member](const Config& config) {
            return config.*member ? Json(*(config.*member)) : Json(nullptr);
          }),
          .schema = [] { return any_of(schema_of_type("string"), schema_of_type("null")); }};
}

template <typename Config>
Field columns_field(std::vector<std::string> Config::*member, std::string_view help) {
  return {.name = "columns",
          .type = "list of names",
          .range = "",
          .help = help,
          .set = setter<Config>([member](Config& config, const Json& value) -> Status {
            config.*member = TRY(column_names_from(value));
            return {};
          }),
          .get = getter<Config>([member](const Config& config) { return Json(config.*member); }),
          .schema = column_names_schema};
}

// ---- read

Json missing_values_schema() {
  Json schema = schema_of_type("array");
  schema["items"] = {{"type", Json::array({"string", "integer"})}};
  return schema;
}

/// The cell texts that mean "missing": text, or an integer, whose digits in the cell can only be those in the
/// recipe.
Result<std::vector<std::string>> missing_values_from(const Json& json) {
  const Json list = json.is_array() ? json : Json::array({json});
  std::vector<std::string> values;
  for (const Json& item : list) {
    if (item.is_number_integer()) {
      values.push_back(item.dump());
    } else if (item.is_string()) {
      values.push_back(item.get<std::string>());
    } else {
      return expected("the text of a cell", item, "quote it, as in [\"null\", \"1.50\"]");
    }
  }
  return values;
}

Status set_delimiter(CsvOptions& options, const Json& value) {
  if (value.is_null()) {
    options.delimiter = std::nullopt;
    return {};
  }
  if (value == "tab") {
    options.delimiter = '\t';
    return {};
  }
  const std::string text = value.is_string() ? value.get<std::string>() : "";
  const bool usable = text.size() == 1 && text[0] != '"' && text[0] != '\n' && text[0] != '\r' &&
                      text[0] != '\0' && static_cast<unsigned char>(text[0]) < 0x80;
  if (!usable) return expected("one character, tab or null", value, quote_hint(value));
  options.delimiter = text[0];
  return {};
}

Field delimiter_field() {
  return {.name = "delimiter",
          .type = "one character, tab or null",
          .range = "",
          .help = "What separates the cells; null: detected among , ; tab |",
          .set = setter<CsvOptions>(set_delimiter),
          .get = getter<CsvOptions>([](const CsvOptions& options) {
            return options.delimiter ? Json(std::string(1, *options.delimiter)) : Json(nullptr);
          }),
          .schema = [] { return any_of(schema_of_type("string"), schema_of_type("null")); }};
}

Field missing_values_field() {
  return {.name = "missing_values",
          .type = "list of text",
          .range = "",
          .help = "What an unquoted cell says to mean that its value is missing",
          .set = setter<CsvOptions>([](CsvOptions& options, const Json& value) -> Status {
            options.missing_values = TRY(missing_values_from(value));
            return {};
          }),
          .get = getter<CsvOptions>([](const CsvOptions& options) { return Json(options.missing_values); }),
          .schema = missing_values_schema};
}

Field column_missing_values_field() {
  return {.name = "column_missing_values",
          .type = "{column: list of text}",
          .range = "",
          .help = "The same for single columns, instead of missing_values",
          .set = setter<CsvOptions>([](CsvOptions& options, const Json& value) -> Status {
            if (!value.is_object()) return expected("a map from column to list", value);
            options.column_missing_values.clear();
            for (const auto& [column, values] : value.items()) {
              options.column_missing_values[column] = TRY(missing_values_from(values));
            }
            return {};
          }),
          .get = getter<CsvOptions>([](const CsvOptions& options) {
            Json json = Json::object();
            for (const auto& [column, values] : options.column_missing_values) json[column] = values;
            return json;
          }),
          .schema = [] { return map_schema(missing_values_schema()); }};
}

Status set_types(CsvOptions& options, const Json& value) {
  if (!value.is_object()) return expected("a map from column to type", value);
  options.types.clear();
  for (const auto& [column, type] : value.items()) {
    const auto kind = type.is_string() ? column_kind_from(type.get<std::string>()) : std::nullopt;
    if (!kind) {
      return expected(fmt::format("integer, real, boolean or text for column {}", base::quoted(column)),
                      type);
    }
    options.types[column] = *kind;
  }
  return {};
}

Field types_field() {
  return {.name = "types",
          .type = "{column: integer, real, boolean or text}",
          .range = "",
          .help = "Types of single columns, instead of those guessed from their cells",
          .set = setter<CsvOptions>(set_types),
          .get = getter<CsvOptions>([](const CsvOptions& options) {
            Json json = Json::object();
            for (const auto& [column, kind] : options.types) json[column] = to_string(kind);
            return json;
          }),
          .schema = [] {
            return map_schema(Json{{"enum", {"integer", "real", "boolean", "text"}}});
          }};
}

// ---- split

Field test_size_field() {
  return {.name = "test_size",
          .type = "float",
          .range = "in (0, 1)",
          .help = "Share of the rows that are kept for testing",
          .set = setter<SplitConfig>([](SplitConfig& split, const Json& value) -> Status {
            if (!value.is_number() || !(value.get<double>() > 0.0) || !(value.get<double>() < 1.0)) {
              return expected(
                  "a share between 0 and 1, both excluded", value,
                  value.is_number() ? "give the share of the rows, as in 0.3, not their number" : "");
            }
            split.test_size = value.get<double>();
            return {};
          }),
          .get = getter<SplitConfig>([](const SplitConfig& split) { return Json(split.test_size); }),
          .schema = [] {
            return Json{{"type", "number"}, {"exclusiveMinimum", 0}, {"exclusiveMaximum", 1}};
          }};
}

Field seed_field() {
  return {.name = "seed",
          .type = "int",
          .range = "0 to 2^64 - 1",
          .help = "The same seed gives the same split",
          .set = setter<SplitConfig>([](SplitConfig& split, const Json& value) -> Status {
            const bool fits =
                value.is_number_unsigned() || (value.is_number_integer() && value.get<std::int64_t>() >= 0);
            if (!fits) return expected("an integer >= 0", value);
            split.seed = value.get<std::uint64_t>();
            return {};
          }),
          .get = getter<SplitConfig>([](const SplitConfig& split) { return Json(split.seed); }),
          .schema = [] {
            return Json{{"type", "integer"}, {"minimum", 0}};
          }};
}

// ---- train

Field task_field() {
  return {.name = "task",
          .type = "classification, regression or null",
          .range = "",
          .help = "What is predicted: a class or a number; null: guessed from the label",
          .set = setter<TrainConfig>([](TrainConfig& train, const Json& value) -> Status {
            const auto task = value.is_string() ? task_from(value.get<std::string>()) : std::nullopt;
            if (!task && !value.is_null()) return expected("classification, regression or null", value);
            train.task = task;
            return {};
          }),
          .get = getter<TrainConfig>([](const TrainConfig& train) {
            return train.task ? Json(to_string(*train.task)) : Json(nullptr);
          }),
          .schema = [] {
            return Json{{"enum", {"classification", "regression", nullptr}}};
          }};
}

// ---- steps

Field where_field() {
  return {.name = "where",
          .type = "condition",
          .range = "",
          .help = "Which rows; evaluated once, before any column changes",
          .set = setter<ReplaceStep>([](ReplaceStep& step, const Json& value) -> Status {
            if (!value.is_string() || value.get<std::string>().empty()) {
              return expected("a condition, as in `age < 0`", value);
            }
            step.where = value.get<std::string>();
            return {};
          }),
          .get = getter<ReplaceStep>([](const ReplaceStep& step) { return Json(step.where); }),
          .schema = [] { return schema_of_type("string"); }};
}

template <typename Config>
Field value_field(std::string_view name, Value Config::*member, std::string_view help) {
  return {.name = name,
          .type = "number, text, boolean or null",
          .range = "",
          .help = help,
          .set = setter<Config>([member](Config& config, const Json& value) -> Status {
            config.*member = TRY(value_from_json(value));
            return {};
          }),
          .get = getter<Config>([member](const Config& config) { return to_json(config.*member); }),
          .schema = [] {
            return Json{{"type", {"number", "string", "boolean", "null"}}};
          }};
}

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

bool is_unknown_policy(const Json& value) { return value == "ignore" || value == "error"; }

Field column_policy_field() {
  return {.name = "column_handle_unknown",
          .type = "{column: ignore or error}",
          .range = "",
          .help = "The same for single columns",
          .set = setter<OneHotStep>([](OneHotStep& step, const Json& value) -> Status {
            if (!value.is_object()) return expected("a map from column to ignore or error", value);
            step.column_handle_unknown.clear();
            for (const auto& [column, policy] : value.items()) {
              if (!is_unknown_policy(policy)) {
                return expected(fmt::format("ignore or error for column {}", base::quoted(column)), policy);
              }
              step.column_handle_unknown[column] = policy.get<std::string>();
            }
            return {};
          }),
          .get = getter<OneHotStep>([](const OneHotStep& step) {
            Json json = Json::object();
            for (const auto& [column, policy] : step.column_handle_unknown) json[column] = policy;
            return json;
          }),
          .schema = [] {
            return map_schema(Json{{"enum", Json::array({"ignore", "error"})}});
          }};
}

}  // namespace

Result<std::vector<std::string>> column_names_from(const Json& json) {
  if (json.is_string() && !json.get<std::string>().empty())
    return std::vector<std::string>{json.get<std::string>()};
  if (!json.is_array()) return expected("a column name or a list of them", json, quote_hint(json));
  std::vector<std::string> names;
  for (const Json& item : json) {
    if (!item.is_string() || item.get<std::string>().empty())
      return expected("a column name", item, quote_hint(item));
    const std::string& name = item.get_ref<const std::string&>();
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      return Error{.message = fmt::format("column {} is listed twice", base::quoted(name))};
    }
    names.push_back(name);
  }
  return names;
}

Json column_names_schema() { return any_of(schema_of_type("string"), texts_schema()); }

const FieldTable& read_fields() {
  static const FieldTable table = {
      delimiter_field(),
      flag_field("header", &CsvOptions::header,
                 "The first line names the columns; otherwise they are c0, c1, …"),
      missing_values_field(), column_missing_values_field(), types_field()};
  return table;
}

const FieldTable& split_fields() {
  static const FieldTable table = {
      test_size_field(),
      flag_field("stratify", &SplitConfig::stratify, "Keep the shares of the label's classes on both sides"),
      optional_text_field("time_column", &SplitConfig::time_column, "column or null",
                          "Test on the last rows by this column; rows of the same time stay together"),
      optional_text_field("group_column", &SplitConfig::group_column, "column or null",
                          "Keep rows with the same value of this column on one side"),
      optional_text_field("test_file", &SplitConfig::test_file, "path or null",
                          "Test on the rows of this CSV, and train on all others"),
      seed_field()};
  return table;
}

const FieldTable& train_fields() {
  static const FieldTable table = {
      word_field("model", &TrainConfig::model, {"random_forest"}, "random_forest", "What is trained"),
      task_field()};
  return table;
}

const FieldTable& replace_fields() {
  static const FieldTable table = {
      columns_field(&ReplaceStep::columns, "Columns whose values are replaced"), where_field(),
      value_field("with", &ReplaceStep::with, "The new value; null makes it missing")};
  return table;
}

const FieldTable& impute_fields() {
  static const FieldTable table = {
      columns_field(&ImputeStep::columns, "Columns; empty: every one that the strategy can treat"),
      word_field("strategy", &ImputeStep::strategy, {"mean", "median", "most_frequent", "constant"},
                 "mean, median, most_frequent or constant",
                 "What missing values become, learnt from training rows"),
      value_field("fill_value", &ImputeStep::fill_value, "For the strategy constant"), placeholders_field()};
  return table;
}

const FieldTable& one_hot_fields() {
  static const FieldTable table = {
      columns_field(&OneHotStep::columns, "Columns; empty: every text column"),
      word_field("handle_unknown", &OneHotStep::handle_unknown, {"ignore", "error"}, "ignore or error",
                 "A value that no training row has: all zeros and counted, or an error"),
      column_policy_field()};
  return table;
}

}  // namespace archmlp::contract
