#pragma once

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/field_table.h"
#include "archmlp/contract/steps.h"

namespace archmlp::contract {

/// What a recipe, a flag, the JSON Schema and the lineage need to know of one kind of step.
struct StepKind {
  std::string_view name;        // the recipe's key; the flag has dashes for underscores
  std::string_view help;        // one line, for the JSON Schema
  std::string_view flag_value;  // what follows the flag, for --help: `A,B,…`
  std::string_view flag_help;   // one line
  bool learns = false;          // from rows: then it must be known which are training rows
  /// Errors: kInvalidInput, `where` = `path` and the keys below it.
  std::function<base::Result<StepConfig>(const nlohmann::ordered_json& value, const std::string& path)> parse;
  /// The canonical value, which `parse` takes.
  std::function<nlohmann::ordered_json(const StepConfig& step)> to_json;
  std::function<nlohmann::ordered_json()> schema;
  /// The columns that are named to be changed, taken away or made.
  std::function<std::vector<std::string>(const StepConfig& step)> touched;
  /// Whether it learns from rows where that depends on its parameters. May be empty.
  std::function<bool(const StepConfig& step)> learns_if;
  /// What a flag's text means where that is not its YAML value. May be empty.
  std::function<std::optional<nlohmann::ordered_json>(std::string_view text)> from_flag;
};

/// Values other than a map of parameters that a step takes.
struct ShortForms {
  /// The map that `value` is short for, or `value` itself.
  std::function<nlohmann::ordered_json(const nlohmann::ordered_json& value)> expand;
  std::vector<nlohmann::ordered_json> schemas;
};

/// `a`, `[a, b]` for {columns: …}; null and `all` for {}.
ShortForms columns_short_form();
/// `word` for {key: word}, `[a, b]` for {columns: …}; null for {}.
ShortForms word_short_form(const std::string& key, std::vector<std::string> words);
/// Only null, for {}.
ShortForms no_short_form();

/// `A, B` as a list. Nothing if the text is YAML.
std::optional<nlohmann::ordered_json> names_from_flag(std::string_view text);
/// The same, but `all` stays as it is.
std::optional<nlohmann::ordered_json> names_or_all_from_flag(std::string_view text);
/// `NAME=TEXT` as a map. Nothing if the text is YAML or there is no `=` that could end a name.
std::optional<nlohmann::ordered_json> pair_from_flag(std::string_view text);

/// The Error if a step that needs columns names none.
base::Status require_columns(const std::vector<std::string>& columns, const std::string& path);
nlohmann::ordered_json any_of(std::vector<nlohmann::ordered_json> schemas);
/// A map from text to text.
nlohmann::ordered_json text_map_schema();
base::Status require_keys(const nlohmann::ordered_json& value, const std::vector<std::string>& keys,
                          const std::string& path);

/// A map from text to text in the order given. Errors: kInvalidInput for anything else, `what` and `item` say
/// what is expected of it and of a value.
base::Result<std::vector<std::pair<std::string, std::string>>> text_pairs(const nlohmann::ordered_json& value,
                                                                          const std::string& path,
                                                                          std::string_view what,
                                                                          std::string_view item);

/// A kind whose value is a map of parameters, `columns` among them.
template <typename Step>
struct ParameterStep {
  FieldTable fields;
  ShortForms short_forms = no_short_form();
  std::vector<std::string> required = {};
  /// Do the parameters go together? Errors: kInvalidInput, `where` below `path`.
  std::function<base::Status(const Step& step, const std::string& path)> check = {};
};

/// Adds to `kind` what follows from its parameters.
template <typename Step>
StepKind with_parameters(StepKind kind, const ParameterStep<Step>& parameters) {
  kind.parse = [parameters](const nlohmann::ordered_json& value,
                            const std::string& path) -> base::Result<StepConfig> {
    Step step;
    const nlohmann::ordered_json given = parameters.short_forms.expand(value);
    if (base::Status status = set_fields(parameters.fields, &step, given, path); !status.ok())
      return std::move(status).error();
    if (base::Status status = require_keys(given, parameters.required, path); !status.ok())
      return std::move(status).error();
    if (parameters.check) {
      if (base::Status status = parameters.check(step, path); !status.ok()) return std::move(status).error();
    }
    return StepConfig(std::move(step));
  };
  kind.to_json = [fields = parameters.fields](const StepConfig& step) {
    return get_fields(fields, &std::get<Step>(step));
  };
  kind.schema = [parameters] {
    const Step defaults;
    nlohmann::ordered_json schema = json_schema(parameters.fields, &defaults, "");
    schema.erase("title");
    if (!parameters.required.empty()) {
      schema["required"] = parameters.required;
      for (const std::string& name : parameters.required) schema["properties"][name].erase("default");
    }
    if (parameters.short_forms.schemas.empty()) return schema;
    std::vector<nlohmann::ordered_json> schemas = parameters.short_forms.schemas;
    schemas.push_back(std::move(schema));
    return any_of(std::move(schemas));
  };
  if constexpr (requires(const Step& step) { step.columns; }) {
    if (!kind.touched) kind.touched = [](const StepConfig& step) { return std::get<Step>(step).columns; };
  }
  return kind;
}

}  // namespace archmlp::contract
