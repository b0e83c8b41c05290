#include "archmlp/contract/train_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <nlohmann/json.hpp>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/parameter_fields.h"

namespace archmlp::contract {
namespace {

using base::Error;
using base::Status;
using Json = nlohmann::ordered_json;

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

FieldTable shared_fields() {
  return {word_field("model", &TrainConfig::model, model_names(), "random_forest, extra_trees, svm",
                     "What is trained: a random forest, extremely randomised trees (splitter random, no "
                     "bootstrap), or a support vector machine"),
          task_field()};
}

/// Fields that know a part of the config, made to work on the whole of it.
template <typename Params>
void append_nested(FieldTable& table, const FieldTable& fields, Params TrainConfig::*part) {
  for (const Field& field : fields) {
    Field nested = field;
    nested.set = [set = field.set, part](void* config, const Json& value) {
      return set(&(static_cast<TrainConfig*>(config)->*part), value);
    };
    nested.get = [get = field.get, part](const void* config) {
      return get(&(static_cast<const TrainConfig*>(config)->*part));
    };
    table.push_back(std::move(nested));
  }
}

FieldTable make_fields(bool is_svm) {
  FieldTable table = shared_fields();
  if (is_svm) {
    append_nested(table, svm_fields(), &TrainConfig::svm);
  } else {
    append_nested(table, forest_fields(), &TrainConfig::forest);
  }
  return table;
}

const Field* find_field(const FieldTable& table, std::string_view name) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const Field& field) { return field.name == name; });
  return found == table.end() ? nullptr : &*found;
}

FieldTable make_all_fields() {
  FieldTable table = train_fields("random_forest");
  for (const Field& field : train_fields("svm")) {
    if (find_field(table, field.name) == nullptr) table.push_back(field);
  }
  return table;
}

/// A key that another model has is better named as that than as a misspelt one.
Status refuse_keys_of_others(const TrainConfig& config, const Json& keys, std::string_view path) {
  for (const auto& [key, value] : keys.items()) {
    if (find_field(train_fields(config.model), key) != nullptr) continue;
    std::vector<std::string> owners;
    for (const std::string& model : model_names()) {
      if (find_field(train_fields(model), key) != nullptr) owners.push_back(model);
    }
    if (owners.empty()) continue;
    return Error{.message = fmt::format("{} is no parameter of {}", base::quoted(key), config.model),
                 .where = path.empty() ? key : fmt::format("{}.{}", path, key),
                 .hint = fmt::format("it belongs to {}: leave it out, or choose that model",
                                     fmt::join(owners, " and "))};
  }
  return {};
}

}  // namespace

bool TrainConfig::gives(std::string_view key) const noexcept {
  return std::find(given.begin(), given.end(), key) != given.end();
}

const std::vector<std::string>& model_names() {
  static const std::vector<std::string> names = {"random_forest", "extra_trees", "svm"};
  return names;
}

const FieldTable& train_fields(std::string_view model) {
  assert(std::find(model_names().begin(), model_names().end(), model) != model_names().end());
  static const FieldTable forest = make_fields(false);
  static const FieldTable svm = make_fields(true);
  return model == "svm" ? svm : forest;
}

const FieldTable& all_train_fields() {
  static const FieldTable table = make_all_fields();
  return table;
}

Status set_train_keys(TrainConfig& config, const Json& keys, std::string_view path) {
  if (const auto model = keys.find("model"); keys.is_object() && model != keys.end()) {
    TRY(set_fields(train_fields(config.model), &config, {{"model", *model}}, path));
  }
  TRY(refuse_keys_of_others(config, keys, path));
  TRY(set_fields(train_fields(config.model), &config, keys, path));
  for (const auto& [key, value] : keys.items()) {
    if (!config.gives(key)) config.given.push_back(key);
  }
  return {};
}

}  // namespace archmlp::contract
