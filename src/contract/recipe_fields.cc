#include "archmlp/contract/recipe_fields.h"

#include <fmt/format.h>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/parameter_fields.h"

namespace archmlp::contract {
namespace {

using base::Result;
using base::Status;
using Json = nlohmann::ordered_json;

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
          .schema = [] { return or_null(schema_of_type("string")); }};
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

}  // namespace

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

}  // namespace archmlp::contract
