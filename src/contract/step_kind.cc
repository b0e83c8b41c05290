#include "archmlp/contract/step_kind.h"

#include <fmt/format.h>

#include "archmlp/base/text.h"
#include "archmlp/contract/json_reader.h"
#include "archmlp/contract/parameter_fields.h"

namespace archmlp::contract {
namespace {

using base::Error;
using base::Result;
using base::Status;
using Json = nlohmann::ordered_json;

bool is_yaml(std::string_view text) noexcept {
  return text.empty() || std::string_view("[{\"'").find(text.front()) != std::string_view::npos;
}

}  // namespace

ShortForms columns_short_form() {
  return {.expand =
              [](const Json& value) {
                if (value.is_null() || value == "all") return Json::object();  // a column `all` is [all]
                return value.is_string() || value.is_array() ? Json{{"columns", value}} : value;
              },
          .schemas = {column_names_schema(), Json{{"type", "null"}}}};
}

ShortForms word_short_form(const std::string& key, std::vector<std::string> words) {
  return {.expand =
              [key](const Json& value) {
                if (value.is_null()) return Json::object();
                if (value.is_string()) return Json{{key, value}};
                return value.is_array() ? Json{{"columns", value}} : value;
              },
          .schemas = {Json{{"enum", std::move(words)}}, column_names_schema(), Json{{"type", "null"}}}};
}

ShortForms no_short_form() {
  return {.expand = [](const Json& value) { return value.is_null() ? Json::object() : value; },
          .schemas = {}};
}

std::optional<Json> names_from_flag(std::string_view text) {
  if (is_yaml(text)) return std::nullopt;
  Json names = Json::array();
  while (true) {
    const std::size_t comma = text.find(',');
    names.push_back(std::string(base::trimmed(text.substr(0, comma))));
    if (comma == text.npos) return names;
    text.remove_prefix(comma + 1);
  }
}

std::optional<Json> names_or_all_from_flag(std::string_view text) {
  if (text == "all") return Json("all");
  return names_from_flag(text);
}

std::optional<Json> pair_from_flag(std::string_view text) {
  if (is_yaml(text)) return std::nullopt;
  const std::size_t sign = text.find('=');
  if (sign == text.npos) return std::nullopt;
  const std::string_view name = base::trimmed(text.substr(0, sign));
  if (name.empty() || name.ends_with('<') || name.ends_with('>') || name.ends_with('!')) return std::nullopt;
  Json pair = Json::object();
  pair[std::string(name)] = std::string(base::trimmed(text.substr(sign + 1)));
  return pair;
}

Status require_columns(const std::vector<std::string>& columns, const std::string& path) {
  if (columns.empty()) return Error{.message = "no column is named", .where = path + ".columns"};
  return {};
}

Json any_of(std::vector<Json> schemas) {
  Json json = Json::object();
  json["anyOf"] = std::move(schemas);
  return json;
}

Json text_map_schema() {
  return {{"type", "object"}, {"minProperties", 1}, {"additionalProperties", {{"type", "string"}}}};
}

Status require_keys(const Json& value, const std::vector<std::string>& keys, const std::string& path) {
  for (const std::string& key : keys) {
    if (value.find(key) == value.end()) {
      return Error{.message = fmt::format("the key \"{}\" is missing", key), .where = path};
    }
  }
  return {};
}

Result<std::vector<std::pair<std::string, std::string>>> text_pairs(const Json& value,
                                                                    const std::string& path,
                                                                    std::string_view what,
                                                                    std::string_view item) {
  if (!value.is_object() || value.empty()) return expected_at(path, what, value);
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [key, text] : value.items()) {
    const std::string where = fmt::format("{}.{}", path, key);
    if (key.empty()) return Error{.message = "a column name is empty", .where = path};
    if (!text.is_string() || text.get<std::string>().empty()) {
      return expected_at(where, item, text, text.is_primitive() ? "quote it" : "");
    }
    pairs.emplace_back(key, text.get<std::string>());
  }
  return pairs;
}

}  // namespace archmlp::contract
