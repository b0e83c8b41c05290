#include "archmlp/contract/field_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/json_reader.h"

namespace archmlp::contract {
namespace {

using base::Error;
using Json = nlohmann::ordered_json;

bool is_digit(char character) noexcept { return character >= '0' && character <= '9'; }

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) noexcept {
  return std::find(words.begin(), words.end(), text) != words.end();
}

std::size_t count_digits(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
}

/// [-+]? [0-9]+, or 0o and 0x. Nothing if `text` is no integer.
std::optional<base::Result<Json>> integer_scalar(std::string_view text) {
  std::string_view digits = text;
  bool negative = false;
  int radix = 10;
  if (text.starts_with("0x") || text.starts_with("0o")) {
    radix = text[1] == 'x' ? 16 : 8;
    digits.remove_prefix(2);
    const auto in_radix = [radix](char character) {
      return radix == 8 ? character >= '0' && character <= '7'
                        : is_digit(character) || ((character | 0x20) >= 'a' && (character | 0x20) <= 'f');
    };
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), in_radix)) return std::nullopt;
  } else {
    if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) {
      negative = digits[0] == '-';
      digits.remove_prefix(1);
    }
    if (digits.empty() || count_digits(digits) != digits.size()) return std::nullopt;
  }
  std::uint64_t magnitude = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, radix);
  if (problem != std::errc() || (negative && magnitude > (std::uint64_t{1} << 63U))) {
    return Error{.message = fmt::format("the integer {} is beyond 64 bits", base::quoted(text)),
                 .hint = "write it with a fraction (as in 1e20) to use it as a real number, or quote it"};
  }
  if (negative) return Json(static_cast<std::int64_t>(0 - magnitude));
  return Json(magnitude);
}

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_real_scalar(std::string_view text) noexcept {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  const std::size_t whole = count_digits(text);
  text.remove_prefix(whole);
  std::size_t fraction = 0;
  if (text.starts_with('.')) {
    fraction = count_digits(text.substr(1));
    text.remove_prefix(1 + fraction);
  }
  if (whole + fraction == 0) return false;
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  text.remove_prefix(1);
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return !text.empty() && count_digits(text) == text.size();
}

base::Result<Json> real_scalar(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  double value = 0.0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (problem != std::errc() || !std::isfinite(value)) {
    return Error{.message = fmt::format("the number {} is out of range", base::quoted(text)),
                 .hint = "quote it if it is text"};
  }
  return Json(value);
}

bool is_infinite_or_nan(std::string_view text) noexcept {
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) return true;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return is_one_of(text, {".inf", ".Inf", ".INF"});
}

std::string joined(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

}  // namespace

base::Status set_fields(const FieldTable& table, void* config, const Json& json, std::string_view path) {
  if (!json.is_object()) {
    return Error{.message = "expected an object, found " + describe(json), .where = std::string(path)};
  }
  for (const auto& [key, value] : json.items()) {
    const auto field = std::find_if(table.begin(), table.end(),
                                    [&name = key](const Field& candidate) { return candidate.name == name; });
    if (field == table.end()) {
      std::vector<std::string> known;
      for (const Field& candidate : table) known.emplace_back(candidate.name);
      return Error{.message = "unknown parameter " + base::quoted(key),
                   .where = joined(path, key),
                   .hint = base::suggest_names(key, known)};
    }
    if (auto status = field->set(config, value); !status.ok()) {
      status.error().where = joined(path, key);
      return status;
    }
  }
  return {};
}

Json get_fields(const FieldTable& table, const void* config) {
  Json json = Json::object();
  for (const Field& field : table) json[std::string(field.name)] = field.get(config);
  return json;
}

Json json_schema(const FieldTable& table, const void* defaults, std::string_view title) {
  Json properties = Json::object();
  for (const Field& field : table) {
    Json property = field.schema();
    property["description"] = field.range.empty()
                                  ? fmt::format("{} ({})", field.help, field.type)
                                  : fmt::format("{} ({}, {})", field.help, field.type, field.range);
    property["default"] = field.get(defaults);
    properties[std::string(field.name)] = std::move(property);
  }
  Json json = Json::object();
  json["title"] = title;
  json["type"] = "object";
  json["properties"] = std::move(properties);
  json["additionalProperties"] = false;
  return json;
}

base::Result<Json> json_from_scalar(std::string_view text) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return Json(nullptr);
  if (is_one_of(text, {"true", "True", "TRUE"})) return Json(true);
  if (is_one_of(text, {"false", "False", "FALSE"})) return Json(false);
  if (auto integer = integer_scalar(text)) return *std::move(integer);
  if (is_real_scalar(text)) return real_scalar(text);
  if (is_infinite_or_nan(text)) {
    return Error{.message = fmt::format("{} is no number that can be used here", text),
                 .hint = "write null for a missing value, or quote it if it is text"};
  }
  return Json(std::string(text));
}

}  // namespace archmlp::contract
