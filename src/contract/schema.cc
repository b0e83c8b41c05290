#include "archmlp/contract/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_set>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/json_reader.h"

namespace archmlp::contract {
namespace {

using base::Error;
using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 4> kKindNames = {"integer", "real", "boolean", "text"};
constexpr std::array<std::string_view, 2> kTaskNames = {"classification", "regression"};

base::Result<ColumnKind> kind_member(const JsonObject& object) {
  const std::string name = TRY(object.text("kind"));
  const auto kind = column_kind_from(name);
  if (!kind) {
    return Error{.message = "unknown column kind " + base::quoted(name),
                 .where = object.path(),
                 .hint = "use integer, real, boolean or text"};
  }
  return *kind;
}

base::Result<std::string> name_member(const JsonObject& object) {
  std::string name = TRY(object.text("name"));
  if (name.empty()) return Error{.message = "the name is empty", .where = object.path()};
  return name;
}

base::Result<ColumnSchema> column_from_json(const Json& json, std::string path) {
  const JsonObject object = TRY(JsonObject::from(json, std::move(path)));
  ColumnSchema column;
  column.name = TRY(name_member(object));
  column.kind = TRY(kind_member(object));
  column.nullable = TRY(object.boolean("nullable"));
  column.missing_values = TRY(object.texts("missing_values"));
  return column;
}

base::Status read_classes(const JsonObject& object, LabelSchema& label) {
  const Json& classes = *TRY(object.array("classes"));
  for (const Json& item : classes) {
    const std::string where = fmt::format("{}.classes[{}]", object.path(), label.classes.size());
    auto value = value_from_json(item);
    if (!value.ok()) {
      value.error().where = where;
      return value.error();
    }
    // Labels keep their JSON type, so a class of another type than the column would never be predicted.
    if (!is_of_kind(*value, label.kind)) {
      return Error{.message = fmt::format("expected a class of kind {}, found {}", to_string(label.kind),
                                          describe(item)),
                   .where = where};
    }
    if (!label.classes.empty() && !value_less(label.classes.back(), *value)) {
      return Error{.message = "the classes are not sorted, or one occurs twice", .where = where};
    }
    label.classes.push_back(std::move(*value));
  }
  return {};
}

}  // namespace

std::string_view to_string(ColumnKind kind) noexcept { return kKindNames[static_cast<std::size_t>(kind)]; }

std::optional<ColumnKind> column_kind_from(std::string_view name) noexcept {
  const auto* found = std::find(kKindNames.begin(), kKindNames.end(), name);
  if (found == kKindNames.end()) return std::nullopt;
  return static_cast<ColumnKind>(found - kKindNames.begin());
}

bool is_of_kind(const Value& value, ColumnKind kind) noexcept {
  switch (kind) {
    case ColumnKind::kInteger:
      return std::holds_alternative<std::int64_t>(value);
    case ColumnKind::kReal:
      return std::holds_alternative<double>(value);
    case ColumnKind::kBoolean:
      return std::holds_alternative<bool>(value);
    case ColumnKind::kText:
      return std::holds_alternative<std::string>(value);
  }
  return false;
}

std::optional<std::size_t> Schema::find(std::string_view name) const noexcept {
  for (std::size_t index = 0; index < columns.size(); ++index) {
    if (columns[index].name == name) return index;
  }
  return std::nullopt;
}

std::vector<std::string> Schema::names() const {
  std::vector<std::string> result;
  result.reserve(columns.size());
  for (const ColumnSchema& column : columns) result.push_back(column.name);
  return result;
}

Json to_json(const Schema& schema) {
  Json columns = Json::array();
  for (const ColumnSchema& column : schema.columns) {
    Json json = Json::object();
    json["name"] = column.name;
    json["kind"] = to_string(column.kind);
    json["nullable"] = column.nullable;
    json["missing_values"] = column.missing_values;
    columns.push_back(std::move(json));
  }
  return columns;
}

base::Result<Schema> schema_from_json(const Json& json) {
  if (!json.is_array()) return Error{.message = "expected a list of columns, found " + describe(json)};
  Schema schema;
  schema.columns.reserve(json.size());
  std::unordered_set<std::string_view> names;
  for (const Json& item : json) {
    std::string path = fmt::format("[{}]", schema.columns.size());
    schema.columns.push_back(TRY(column_from_json(item, path)));
    const std::string& name = schema.columns.back().name;  // stays: the vector was reserved
    if (!names.insert(name).second) {
      return Error{.message = "the column " + base::quoted(name) + " occurs twice", .where = std::move(path)};
    }
  }
  return schema;
}

std::string_view to_string(Task task) noexcept { return kTaskNames[static_cast<std::size_t>(task)]; }

std::optional<Task> task_from(std::string_view name) noexcept {
  const auto* found = std::find(kTaskNames.begin(), kTaskNames.end(), name);
  if (found == kTaskNames.end()) return std::nullopt;
  return static_cast<Task>(found - kTaskNames.begin());
}

Json to_json(const LabelSchema& label) {
  Json json = Json::object();
  json["name"] = label.name;
  json["kind"] = to_string(label.kind);
  json["task"] = to_string(label.task);
  json["classes"] = Json::array();
  for (const Value& value : label.classes) json["classes"].push_back(to_json(value));
  return json;
}

base::Result<LabelSchema> label_from_json(const Json& json) {
  const JsonObject object = TRY(JsonObject::from(json, "label"));
  LabelSchema label;
  label.name = TRY(name_member(object));
  label.kind = TRY(kind_member(object));
  const std::string task_name = TRY(object.text("task"));
  const auto task = task_from(task_name);
  if (!task) {
    return Error{.message = "unknown task " + base::quoted(task_name),
                 .where = "label.task",
                 .hint = "use classification or regression"};
  }
  label.task = *task;
  TRY(read_classes(object, label));
  if (label.task == Task::kRegression && (!label.classes.empty() || label.kind == ColumnKind::kText)) {
    return Error{.message = "a regression label is a number and has no classes", .where = "label"};
  }
  if (label.task == Task::kClassification && label.classes.empty()) {
    return Error{.message = "a classification label needs its classes", .where = "label.classes"};
  }
  return label;
}

Task guess_task(ColumnKind kind, std::size_t distinct_count, std::size_t row_count) noexcept {
  if (kind == ColumnKind::kText || kind == ColumnKind::kBoolean) return Task::kClassification;
  const bool few = distinct_count <= 2 || (distinct_count <= 20 && distinct_count <= row_count / 10);
  return kind == ColumnKind::kInteger && few ? Task::kClassification : Task::kRegression;
}

base::Status check_task(std::string_view label, ColumnKind kind, std::span<const double> reals, Task task) {
  if (task == Task::kRegression) {
    if (kind == ColumnKind::kInteger || kind == ColumnKind::kReal) return {};
    return base::Error{.message = fmt::format("the label {} is {}: a regression needs numbers",
                                              base::quoted(label), to_string(kind)),
                       .hint = "use classification (--task classification, or train.task in the recipe)"};
  }
  const auto fraction = std::find_if(reals.begin(), reals.end(),
                                     [](double v) { return std::isfinite(v) && v != std::trunc(v); });
  if (fraction == reals.end()) return {};
  return base::Error{.message = fmt::format("the label {}: {} is no class but a quantity",
                                            base::quoted(label), base::format_real(*fraction)),
                     .where = fmt::format("row {}", fraction - reals.begin() + 1),
                     .hint = "use regression (--task regression, or train.task in the recipe)"};
}

}  // namespace archmlp::contract
