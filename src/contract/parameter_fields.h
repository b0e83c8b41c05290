#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/field_table.h"
#include "archmlp/contract/value.h"

// Fields of the usual types, for the tables that describe the parts of a recipe.

namespace archmlp::contract {

/// `expected WHAT, found …`.
base::Error expected(std::string_view what, const nlohmann::ordered_json& found, std::string hint = "");
base::Error expected_at(std::string where, std::string_view what, const nlohmann::ordered_json& found,
                        std::string hint = "");
/// For where text is expected: what is not text may lack its quotes.
std::string quote_hint(const nlohmann::ordered_json& found);
base::Error expected_word(std::string_view what, const nlohmann::ordered_json& found,
                          const std::vector<std::string>& words);

/// Names of columns: a list of text without repeats, or one text. Errors: kInvalidInput; `where` as `[2]`.
base::Result<std::vector<std::string>> column_names_from(const nlohmann::ordered_json& json);
nlohmann::ordered_json column_names_schema();
nlohmann::ordered_json schema_of_type(std::string_view type);
nlohmann::ordered_json map_schema(nlohmann::ordered_json values);
nlohmann::ordered_json or_null(nlohmann::ordered_json schema);
nlohmann::ordered_json any_of(std::initializer_list<nlohmann::ordered_json> schemas);

/// What a finite number may be. The bounds are part of it unless it is said that they are not.
struct NumberRange {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  bool least_excluded = false;
  bool most_excluded = false;
  std::string_view text;  // for people: `>= 0`, `in (0, 1]`

  bool holds(double value) const noexcept {
    return std::isfinite(value) && (least_excluded ? value > least : value >= least) &&
           (most_excluded ? value < most : value <= most);
  }
  nlohmann::ordered_json schema() const;
};
/// `or_else`: what else may stand there, for the message, as in "null or ".
base::Result<double> number_from(const nlohmann::ordered_json& json, const NumberRange& range,
                                 std::string_view or_else = "");

struct IntegerRange {
  std::int64_t least = 0;
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::string_view text = ">= 0";

  nlohmann::ordered_json schema() const;
};
base::Result<std::int64_t> integer_from(const nlohmann::ordered_json& json, const IntegerRange& range,
                                        std::string_view or_else = "");

template <typename Config, typename Setter>
std::function<base::Status(void*, const nlohmann::ordered_json&)> setter(Setter set) {
  return [set](void* config, const nlohmann::ordered_json& value) -> base::Status {
    return set(*static_cast<Config*>(config), value);
  };
}

template <typename Config, typename Getter>
std::function<nlohmann::ordered_json(const void*)> getter(Getter get) {
  return [get](const void* config) -> nlohmann::ordered_json {
    return get(*static_cast<const Config*>(config));
  };
}

template <typename T>
nlohmann::ordered_json stored_to_json(const T& value) {
  return value;
}
template <typename T>
nlohmann::ordered_json stored_to_json(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

/// A field whose value `read` makes of the JSON, and which shows as it is stored.
template <typename Config, typename Member, typename Read>
Field stored_field(std::string_view name, Member Config::*member, std::string_view type,
                   std::string_view range, std::string_view help, Read read,
                   const std::function<nlohmann::ordered_json()>& schema) {
  const auto set = [member, read](Config& config, const nlohmann::ordered_json& value) -> base::Status {
    auto result = read(value);
    if (!result.ok()) return std::move(result).error();
    config.*member = std::move(result).value();
    return {};
  };
  return {.name = name,
          .type = type,
          .range = range,
          .help = help,
          .set = setter<Config>(set),
          .get = getter<Config>([member](const Config& config) { return stored_to_json(config.*member); }),
          .schema = schema};
}

/// The same with null for none.
template <typename Config, typename T, typename Read>
Field optional_field(std::string_view name, std::optional<T> Config::*member, std::string_view type,
                     std::string_view range, std::string_view help, Read read,
                     std::function<nlohmann::ordered_json()> schema) {
  const auto read_or_none = [read](const nlohmann::ordered_json& value) -> base::Result<std::optional<T>> {
    if (value.is_null()) return std::optional<T>();
    auto result = read(value);
    if (!result.ok()) return std::move(result).error();
    return std::optional<T>(std::move(result).value());
  };
  return stored_field(name, member, type, range, help, read_or_none,
                      [schema = std::move(schema)] { return or_null(schema()); });
}

template <typename Config>
Field flag_field(std::string_view name, bool Config::*member, std::string_view help) {
  const auto read = [](const nlohmann::ordered_json& value) -> base::Result<bool> {
    if (!value.is_boolean()) return expected("true or false", value);
    return value.get<bool>();
  };
  return stored_field(name, member, "bool", "", help, read, [] { return schema_of_type("boolean"); });
}

/// One text out of `words`.
template <typename Config>
Field word_field(std::string_view name, std::string Config::*member, const std::vector<std::string>& words,
                 std::string_view type, std::string_view help) {
  const auto read = [words, type](const nlohmann::ordered_json& value) -> base::Result<std::string> {
    if (value.is_string() && std::find(words.begin(), words.end(), value.get<std::string>()) != words.end())
      return value.get<std::string>();
    return expected_word(type, value, words);
  };
  return stored_field(name, member, type, "", help, read, [words] {
    return nlohmann::ordered_json{{"enum", nlohmann::ordered_json(words)}};
  });
}

template <typename Config>
Field text_field(std::string_view name, std::string Config::*member, std::string_view help) {
  const auto read = [](const nlohmann::ordered_json& value) -> base::Result<std::string> {
    if (!value.is_string() || value.get<std::string>().empty())
      return expected("text", value, quote_hint(value));
    return value.get<std::string>();
  };
  return stored_field(name, member, "text", "", help, read, [] { return schema_of_type("string"); });
}

template <typename Config>
Field optional_text_field(std::string_view name, std::optional<std::string> Config::*member,
                          std::string_view type, std::string_view help) {
  const auto read = [](const nlohmann::ordered_json& value) -> base::Result<std::string> {
    if (!value.is_string() || value.get<std::string>().empty())
      return expected("text or null", value, quote_hint(value));
    return value.get<std::string>();
  };
  return optional_field(name, member, type, "", help, read, [] { return schema_of_type("string"); });
}

template <typename Config>
Field columns_field(std::vector<std::string> Config::*member, std::string_view help) {
  return stored_field("columns", member, "list of names", "", help, column_names_from, column_names_schema);
}

template <typename Config>
Field number_field(std::string_view name, double Config::*member, NumberRange range, std::string_view help) {
  return stored_field(
      name, member, "float", range.text, help,
      [range](const nlohmann::ordered_json& value) { return number_from(value, range); },
      [range] { return range.schema(); });
}

template <typename Config>
Field optional_number_field(std::string_view name, std::optional<double> Config::*member, NumberRange range,
                            std::string_view help) {
  return optional_field(
      name, member, "float or null", range.text, help,
      [range](const nlohmann::ordered_json& value) { return number_from(value, range, "null or "); },
      [range] { return range.schema(); });
}

template <typename Config>
Field integer_field(std::string_view name, std::int64_t Config::*member, IntegerRange range,
                    std::string_view help) {
  return stored_field(
      name, member, "int", range.text, help,
      [range](const nlohmann::ordered_json& value) { return integer_from(value, range); },
      [range] { return range.schema(); });
}

template <typename Config>
Field optional_integer_field(std::string_view name, std::optional<std::int64_t> Config::*member,
                             IntegerRange range, std::string_view help) {
  return optional_field(
      name, member, "int or null", range.text, help,
      [range](const nlohmann::ordered_json& value) { return integer_from(value, range, "null or "); },
      [range] { return range.schema(); });
}

/// The seed of what is drawn at random.
template <typename Config>
Field random_state_field(std::uint64_t Config::*member) {
  const auto read = [](const nlohmann::ordered_json& value) -> base::Result<std::uint64_t> {
    if (value.is_number_unsigned() || (value.is_number_integer() && value >= 0))
      return value.get<std::uint64_t>();
    return expected("an integer >= 0", value,
                    value.is_null() ? "models are reproducible here: choose any number" : "");
  };
  return stored_field("random_state", member, "int", "0 to 2^64 - 1",
                      "Seed: the same one gives the same model", read,
                      [] { return IntegerRange{}.schema(); });
}

template <typename Config>
Field value_field(std::string_view name, Value Config::*member, std::string_view help) {
  return {
      .name = name,
      .type = "number, text, boolean or null",
      .range = "",
      .help = help,
      .set = setter<Config>([member](Config& config, const nlohmann::ordered_json& value) -> base::Status {
        auto result = value_from_json(value);
        if (!result.ok()) return std::move(result).error();
        config.*member = std::move(result).value();
        return {};
      }),
      .get = getter<Config>([member](const Config& config) { return to_json(config.*member); }),
      .schema = [] {
        return nlohmann::ordered_json{{"type", {"number", "string", "boolean", "null"}}};
      }};
}

}  // namespace archmlp::contract
