#include "archmlp/contract/parameter_fields.h"

#include <fmt/format.h>

#include <cmath>

#include "archmlp/base/text.h"
#include "archmlp/contract/json_reader.h"

namespace archmlp::contract {

using base::Error;
using base::Result;

namespace {

using Json = nlohmann::ordered_json;

Json bound(double value) {
  return std::trunc(value) == value ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

}  // namespace

Json NumberRange::schema() const {
  Json json = schema_of_type("number");
  if (std::isfinite(least)) json[least_excluded ? "exclusiveMinimum" : "minimum"] = bound(least);
  if (std::isfinite(most)) json[most_excluded ? "exclusiveMaximum" : "maximum"] = bound(most);
  return json;
}

Json IntegerRange::schema() const {
  Json json = schema_of_type("integer");
  if (least != std::numeric_limits<std::int64_t>::min()) json["minimum"] = least;
  if (most != std::numeric_limits<std::int64_t>::max()) json["maximum"] = most;
  return json;
}

Error expected(std::string_view what, const Json& found, std::string hint) {
  return Error{.message = fmt::format("expected {}, found {}", what, describe(found)),
               .hint = std::move(hint)};
}

Error expected_at(std::string where, std::string_view what, const Json& found, std::string hint) {
  Error error = expected(what, found, std::move(hint));
  error.where = std::move(where);
  return error;
}

Error expected_word(std::string_view what, const Json& found, const std::vector<std::string>& words) {
  return expected(what, found, found.is_string() ? base::suggest_names(found.get<std::string>(), words) : "");
}

std::string quote_hint(const Json& found) { return found.is_primitive() ? "quote it if it is text" : ""; }

Json schema_of_type(std::string_view type) { return {{"type", type}}; }

Json map_schema(Json values) {
  Json schema = schema_of_type("object");
  schema["additionalProperties"] = std::move(values);
  return schema;
}

Json or_null(Json schema) {
  Json json = Json::object();
  json["anyOf"] = Json::array({std::move(schema), schema_of_type("null")});
  return json;
}

Json any_of(std::initializer_list<Json> schemas) {
  Json json = Json::object();
  json["anyOf"] = Json::array();
  for (const Json& schema : schemas) json["anyOf"].push_back(schema);
  return json;
}

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

Json column_names_schema() {
  Json list = schema_of_type("array");
  list["items"] = schema_of_type("string");
  Json json = Json::object();
  json["anyOf"] = Json::array({schema_of_type("string"), std::move(list)});
  return json;
}

Result<double> number_from(const Json& json, const NumberRange& range, std::string_view or_else) {
  if (json.is_number() && range.holds(json.get<double>())) return json.get<double>();
  return expected(fmt::format("{}a number{}{}", or_else, range.text.empty() ? "" : " ", range.text), json);
}

Result<std::int64_t> integer_from(const Json& json, const IntegerRange& range, std::string_view or_else) {
  const bool is_huge = json.is_number_unsigned() && json.get<std::uint64_t>() > std::uint64_t{1} << 62U;
  if (json.is_number_integer() && !is_huge) {
    const auto value = json.get<std::int64_t>();
    if (value >= range.least && value <= range.most) return value;
  }
  return expected(fmt::format("{}an integer {}", or_else, range.text), json);
}

}  // namespace archmlp::contract
