#include "archmlp/contract/recipe_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/json_reader.h"
#include "archmlp/contract/recipe_fields.h"

namespace archmlp::contract {
namespace {

using base::Error;
using base::Result;
using base::Status;
using Json = nlohmann::ordered_json;
using Pairs = std::vector<std::pair<std::string, std::string>>;

Error expected(std::string_view what, const Json& found, const std::string& path, std::string hint = "") {
  return Error{.message = fmt::format("expected {}, found {}", what, describe(found)),
               .where = path,
               .hint = std::move(hint)};
}

Status require_keys(const Json& value, std::initializer_list<std::string_view> keys,
                    const std::string& path) {
  for (const std::string_view key : keys) {
    if (value.find(key) == value.end()) {
      return Error{.message = fmt::format("the key \"{}\" is missing", key), .where = path};
    }
  }
  return {};
}

Result<StepConfig> parse_filter(const Json& value, const std::string& path) {
  if (!value.is_string() || value.get<std::string>().empty()) {
    return expected("a condition, as in `age >= 18`", value, path);
  }
  return StepConfig(FilterStep{value.get<std::string>()});
}

Result<StepConfig> parse_remove(const Json& value, const std::string& path) {
  auto columns = column_names_from(value);
  if (columns.ok() && columns->empty()) return Error{.message = "no column is named", .where = path};
  if (!columns.ok()) {
    columns.error().where = path;
    return columns.error();
  }
  return StepConfig(RemoveStep{*std::move(columns)});
}

Result<Pairs> text_pairs(const Json& value, const std::string& path, std::string_view what,
                         std::string_view item) {
  if (!value.is_object() || value.empty()) return expected(what, value, path);
  Pairs pairs;
  for (const auto& [key, text] : value.items()) {
    const std::string where = fmt::format("{}.{}", path, key);
    if (key.empty()) return Error{.message = "a column name is empty", .where = path};
    if (!text.is_string() || text.get<std::string>().empty()) {
      return expected(item, text, where, text.is_primitive() ? "quote it" : "");
    }
    pairs.emplace_back(key, text.get<std::string>());
  }
  return pairs;
}

Result<StepConfig> parse_rename(const Json& value, const std::string& path) {
  Pairs names = TRY(text_pairs(value, path, "a map from old to new names, as in {old: new}", "the new name"));
  std::vector<std::string> targets;
  for (const auto& [old_name, new_name] : names) {
    if (std::find(targets.begin(), targets.end(), new_name) != targets.end()) {
      return Error{.message = fmt::format("two columns would be named {}", base::quoted(new_name)),
                   .where = fmt::format("{}.{}", path, old_name)};
    }
    targets.push_back(new_name);
  }
  return StepConfig(RenameStep{std::move(names)});
}

Result<StepConfig> parse_add_features(const Json& value, const std::string& path) {
  Pairs features = TRY(text_pairs(value, path, "a map from name to expression, as in {ratio: debt / income}",
                                  "an expression"));
  return StepConfig(AddFeaturesStep{std::move(features)});
}

Result<StepConfig> parse_replace(const Json& value, const std::string& path) {
  ReplaceStep step;
  TRY(set_fields(replace_fields(), &step, value, path));
  TRY(require_keys(value, {"columns", "where", "with"}, path));
  if (step.columns.empty()) return Error{.message = "no column is named", .where = path + ".columns"};
  return StepConfig(std::move(step));
}

Result<StepConfig> parse_impute(const Json& value, const std::string& path) {
  ImputeStep step;
  Json given = value.is_null() ? Json::object() : value;
  if (value.is_string()) given = Json{{"strategy", value}};
  TRY(set_fields(impute_fields(), &step, given, path));
  const bool has_fill = !std::holds_alternative<std::monostate>(step.fill_value);
  if (step.strategy == "constant" && !has_fill) {
    return Error{.message = "the strategy constant needs a fill_value", .where = path};
  }
  if (step.strategy != "constant" && has_fill) {
    return Error{.message = fmt::format("fill_value has no meaning for the strategy {}", step.strategy),
                 .where = path + ".fill_value",
                 .hint = "set strategy: constant, or remove fill_value"};
  }
  return StepConfig(std::move(step));
}

Result<StepConfig> parse_one_hot(const Json& value, const std::string& path) {
  OneHotStep step;
  Json given = value.is_null() ? Json::object() : value;
  if (value == "all") {
    given = Json::object();  // a column of that name is written [all]
  } else if (value.is_string() || value.is_array()) {
    given = Json{{"columns", value}};
  }
  TRY(set_fields(one_hot_fields(), &step, given, path));
  for (const auto& [column, policy] : step.column_handle_unknown) {
    if (!step.columns.empty() &&
        std::find(step.columns.begin(), step.columns.end(), column) == step.columns.end()) {
      return Error{
          .message = fmt::format("column {} is not among the columns of this step", base::quoted(column)),
          .where = fmt::format("{}.column_handle_unknown.{}", path, column),
          .hint = base::suggest_names(column, step.columns)};
    }
  }
  return StepConfig(std::move(step));
}

Json text_map_schema() {
  return {{"type", "object"}, {"minProperties", 1}, {"additionalProperties", {{"type", "string"}}}};
}

Json any_of(std::vector<Json> schemas) {
  Json json = Json::object();
  json["anyOf"] = std::move(schemas);
  return json;
}

template <typename Step>
Json fields_schema(const FieldTable& table, const std::vector<std::string>& required) {
  const Step defaults;
  Json schema = json_schema(table, &defaults, "");
  schema.erase("title");
  if (!required.empty()) {
    schema["required"] = required;
    for (const std::string& name : required) schema["properties"][name].erase("default");
  }
  return schema;
}

Json impute_schema() {
  Json strategies = {{"enum", {"mean", "median", "most_frequent"}}};
  return any_of({std::move(strategies), fields_schema<ImputeStep>(impute_fields(), {})});
}

Json one_hot_schema() {
  return any_of(
      {column_names_schema(), Json{{"type", "null"}}, fields_schema<OneHotStep>(one_hot_fields(), {})});
}

/// In the order of StepConfig's alternatives.
struct StepKind {
  std::string_view name;
  std::string_view help;
  Result<StepConfig> (*parse)(const Json& value, const std::string& path);
  Json (*schema)();
};

const std::array<StepKind, std::variant_size_v<StepConfig>> kStepKinds = {{
    {"filter", "Keep the rows for which the condition is true", parse_filter,
     [] {
       return Json{{"type", "string"}, {"minLength", 1}};
     }},
    {"remove", "Take columns out", parse_remove, column_names_schema},
    {"rename", "Give columns other names: {old: new}", parse_rename, text_map_schema},
    {"replace", "Set columns to a value where a condition is true", parse_replace,
     [] {
       return fields_schema<ReplaceStep>(replace_fields(), {"columns", "where", "with"});
     }},
    {"add_features", "Compute new columns: {name: expression}", parse_add_features, text_map_schema},
    {"impute", "Fill missing values", parse_impute, impute_schema},
    {"one_hot", "Turn each category of a column into a 0/1 column", parse_one_hot, one_hot_schema},
}};

std::vector<std::string> step_names() {
  std::vector<std::string> names;
  names.reserve(kStepKinds.size());
  for (const StepKind& kind : kStepKinds) names.emplace_back(kind.name);
  return names;
}

Json pairs_to_json(const Pairs& pairs) {
  Json json = Json::object();
  for (const auto& [key, text] : pairs) json[key] = text;
  return json;
}

struct ValueToJson {
  Json operator()(const FilterStep& step) const { return step.condition; }
  Json operator()(const RemoveStep& step) const { return step.columns; }
  Json operator()(const RenameStep& step) const { return pairs_to_json(step.names); }
  Json operator()(const ReplaceStep& step) const { return get_fields(replace_fields(), &step); }
  Json operator()(const AddFeaturesStep& step) const { return pairs_to_json(step.features); }
  Json operator()(const ImputeStep& step) const { return get_fields(impute_fields(), &step); }
  Json operator()(const OneHotStep& step) const { return get_fields(one_hot_fields(), &step); }
};

}  // namespace

std::string_view step_name(const StepConfig& step) noexcept { return kStepKinds[step.index()].name; }

Json to_json(const StepConfig& step) {
  Json json = Json::object();
  json[std::string(step_name(step))] = std::visit(ValueToJson(), step);
  return json;
}

Result<StepConfig> step_from_json(std::string_view name, const Json& value, const std::string& path) {
  for (const StepKind& kind : kStepKinds) {
    if (kind.name == name) return kind.parse(value, path);
  }
  return Error{.message = "unknown step " + base::quoted(name),
               .where = path,
               .hint = base::suggest_names(name, step_names())};
}

Result<StepConfig> step_item_from_json(const Json& item, const std::string& path) {
  if (!item.is_object() || item.size() != 1) {
    return expected("one step, as in `- remove: [id]`", item, path,
                    item.is_object() && item.size() > 1 ? "start each step with a dash of its own" : "");
  }
  const std::string& name = item.begin().key();
  return step_from_json(name, item.begin().value(), fmt::format("{}.{}", path, name));
}

Json step_item_schema() {
  Json schema = Json::object();
  schema["oneOf"] = Json::array();
  for (const StepKind& kind : kStepKinds) {
    Json value = kind.schema();
    value["description"] = kind.help;
    Json item = {{"type", "object"}};
    item["properties"][std::string(kind.name)] = std::move(value);
    item["required"] = Json::array({kind.name});
    item["additionalProperties"] = false;
    schema["oneOf"].push_back(std::move(item));
  }
  return schema;
}

}  // namespace archmlp::contract
