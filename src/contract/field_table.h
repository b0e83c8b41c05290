#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"

namespace archmlp::contract {

/// One parameter of a config struct, described once: the recipe reader, the command line flags, the JSON
/// Schema, the near-name errors and the stored lineage are all made from it.
struct Field {
  std::string_view name;   // scikit-learn's, snake_case
  std::string_view type;   // for people: "int", "int or float", "'sqrt', 'log2', int, float or null"
  std::string_view range;  // for people: ">= 1"; may be empty
  std::string_view help;   // one line
  /// Reads the value into the struct. Errors: kInvalidInput that says the range; `where` is left to the
  /// caller.
  std::function<base::Status(void* config, const nlohmann::ordered_json& value)> set;
  /// The current value, in the form that `set` takes.
  std::function<nlohmann::ordered_json(const void* config)> get;
  /// What `set` accepts, as JSON Schema keywords: `{"type": "integer", "minimum": 1}`.
  std::function<nlohmann::ordered_json()> schema;
};

using FieldTable = std::vector<Field>;

/// Sets the fields of `config` from the object `json`; absent keys keep their values.
/// Errors: kInvalidInput for an unknown key (names the nearest) or a bad value; `where` = `path.key`.
base::Status set_fields(const FieldTable& table, void* config, const nlohmann::ordered_json& json,
                        std::string_view path);
/// All fields, in table order.
nlohmann::ordered_json get_fields(const FieldTable& table, const void* config);
/// A JSON Schema object with every field, its help and its default (that of a fresh `config`).
nlohmann::ordered_json json_schema(const FieldTable& table, const void* defaults, std::string_view title);

/// What an unquoted YAML scalar means by the core schema of YAML 1.2 (so `yes` is text): null, a boolean, a
/// number or text. Errors: kInvalidInput for an integer beyond 64 bits, and for .inf and .nan, which no value
/// can be.
base::Result<nlohmann::ordered_json> json_from_scalar(std::string_view text);

}  // namespace archmlp::contract
