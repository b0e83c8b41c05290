#include "archmlp/contract/recipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/json_reader.h"
#include "archmlp/contract/recipe_fields.h"
#include "archmlp/contract/recipe_steps.h"

namespace archmlp::contract {
namespace {

using base::Error;
using base::Result;
using base::Status;
using Json = nlohmann::ordered_json;

const std::vector<std::string>& recipe_keys() {
  static const std::vector<std::string> keys = {"data", "label", "read", "preprocess", "split", "train"};
  return keys;
}

/// The section `key`; an absent one, and one with nothing behind its colon, is empty.
Json section(const Json& json, std::string_view key) {
  const auto found = json.find(key);
  return found == json.end() || found->is_null() ? Json::object() : *found;
}

Result<std::string> text_member(const Json& json, std::string_view key, std::string_view what) {
  const auto found = json.find(key);
  if (found == json.end()) {
    return Error{.message = fmt::format("the key \"{}\" is missing", key),
                 .hint = fmt::format("add `{}: …`: {}", key, what)};
  }
  if (!found->is_string() || found->get<std::string>().empty()) {
    return Error{.message = fmt::format("expected {}, found {}", what, describe(*found)),
                 .where = std::string(key),
                 .hint = found->is_primitive() ? "quote it if it is text" : ""};
  }
  return found->get<std::string>();
}

Result<std::vector<std::string>> data_paths(const Json& data) {
  const bool is_list = data.is_array() && !data.empty();
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < (is_list ? data.size() : 1); ++i) {
    const Json& path = is_list ? data[i] : data;
    if (!path.is_string() || path.get<std::string>().empty()) {
      return Error{.message = fmt::format("expected the path of a CSV file{}, found {}",
                                          is_list ? "" : " or a list of them", describe(path)),
                   .where = is_list ? fmt::format("data[{}]", i) : "data",
                   .hint = path.is_primitive() ? "quote it if it is text" : ""};
    }
    paths.push_back(path.get<std::string>());
  }
  return paths;
}

Status read_steps(const Json& json, Recipe& recipe) {
  const auto steps = json.find("preprocess");
  if (steps == json.end() || steps->is_null()) return {};
  if (!steps->is_array()) {
    return Error{.message = "expected a list of steps, found " + describe(*steps),
                 .where = "preprocess",
                 .hint = "start each step with a dash, as in `- remove: [id]`"};
  }
  for (std::size_t index = 0; index < steps->size(); ++index) {
    recipe.preprocess.push_back(
        TRY(step_item_from_json((*steps)[index], fmt::format("preprocess[{}]", index))));
  }
  return {};
}

/// `keys`: what is in force of `split:`; null and false are not.
Status check_split_keys(const Json& keys) {
  const auto given = [&](std::string_view key) {
    const auto found = keys.find(key);
    return found != keys.end() && !found->is_null() && *found != Json(false);
  };
  const auto exclusive = [&](std::string_view key, std::initializer_list<std::string_view> others) -> Status {
    if (!given(key)) return {};
    for (const std::string_view other : others) {
      if (!given(other)) continue;
      return Error{.message = fmt::format("{} and {} exclude each other", key, other),
                   .where = fmt::format("split.{}", other),
                   .hint = "keep one of them"};
    }
    return {};
  };
  TRY(exclusive("test_file", {"test_size", "stratify", "time_column", "group_column"}));
  TRY(exclusive("time_column", {"stratify", "group_column"}));
  TRY(exclusive("group_column", {"stratify"}));
  return {};
}

Status read_split(const Json& json, SplitConfig& split) {
  if (json.contains("random_state")) {
    return Error{.message = "unknown parameter \"random_state\"",
                 .where = "split.random_state",
                 .hint = "the split's is called seed, the model's random_state stands under train"};
  }
  TRY(set_fields(split_fields(), &split, json, "split"));
  return check_split_keys(json);
}

}  // namespace

Result<Recipe> recipe_from_json(const Json& json) {
  if (!json.is_object()) {
    return Error{.message = "expected a recipe, a map with the key label, found " + describe(json)};
  }
  for (const auto& [key, value] : json.items()) {
    if (std::find(recipe_keys().begin(), recipe_keys().end(), key) == recipe_keys().end()) {
      return Error{.message = "unknown key " + base::quoted(key),
                   .where = key,
                   .hint = base::suggest_names(key, recipe_keys())};
    }
  }
  Recipe recipe;
  if (const auto data = json.find("data"); data != json.end() && !data->is_null()) {
    recipe.data = TRY(data_paths(*data));
  }
  recipe.label = TRY(text_member(json, "label", "the name of the column to predict"));
  TRY(set_fields(read_fields(), &recipe.read, section(json, "read"), "read"));
  TRY(read_steps(json, recipe));
  TRY(read_split(section(json, "split"), recipe.split));
  TRY(set_train_keys(recipe.train, section(json, "train"), "train"));
  return recipe;
}

Status change_split(SplitConfig& split, const Json& keys) {
  Json in_force = get_fields(split_fields(), &split);
  in_force.erase("test_size");  // it has a default, so it counts only where it is given
  TRY(set_fields(split_fields(), &split, keys, "split"));
  in_force.update(keys);
  return check_split_keys(in_force);
}

Json to_json(const Recipe& recipe) {
  Json json = Json::object();
  json["label"] = recipe.label;
  json["read"] = get_fields(read_fields(), &recipe.read);
  json["preprocess"] = Json::array();
  for (const StepConfig& step : recipe.preprocess) json["preprocess"].push_back(to_json(step));
  json["split"] = get_fields(split_fields(), &recipe.split);
  json["split"]["test_file"] = recipe.split.test_file.has_value();  // a path differs between machines
  json["train"] = get_fields(train_fields(recipe.train.model), &recipe.train);
  return json;
}

Json recipe_json_schema() {
  const Recipe defaults;
  const auto part = [](const FieldTable& table, const void* values, std::string_view help) {
    Json schema = json_schema(table, values, "");
    schema.erase("title");
    schema["type"] = Json::array({"object", "null"});
    schema["description"] = help;
    return schema;
  };
  Json json = Json::object();
  json["$schema"] = "http://json-schema.org/draft-07/schema#";
  json["title"] = "ArchMLP recipe";
  json["description"] = "The whole way from a CSV to a model";
  json["type"] = "object";
  Json& properties = json["properties"];
  properties["data"] = {
      {"type", {"string", "array", "null"}},
      {"minItems", 1},
      {"items", {{"type", "string"}, {"minLength", 1}}},
      {"description", "The CSV, or several with the same columns, relative to the recipe's folder"}};
  properties["label"] = {{"type", "string"}, {"minLength", 1}, {"description", "The column to predict"}};
  properties["read"] = part(read_fields(), &defaults.read, "How the CSV is read");
  properties["preprocess"] = {{"type", {"array", "null"}}, {"description", "Steps, applied in this order"}};
  properties["preprocess"]["items"] = step_item_schema();
  properties["split"] = part(split_fields(), &defaults.split, "Which rows are kept for testing");
  properties["train"] = part(all_train_fields(), &defaults.train, "What is trained");
  json["required"] = Json::array({"label"});
  json["additionalProperties"] = false;
  return json;
}

}  // namespace archmlp::contract
