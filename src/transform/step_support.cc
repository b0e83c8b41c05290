#include "archmlp/transform/step_support.h"

#include <fmt/format.h>

#include <cmath>
#include <unordered_set>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/transform/date_format.h"

namespace archmlp::transform {

using base::Error;
using base::Result;
using contract::JsonObject;
using contract::Value;

namespace {

using Json = nlohmann::ordered_json;

Result<Value> value_at(const Json& json, std::string where) {
  auto value = contract::value_from_json(json);
  if (!value.ok()) value.error().where = std::move(where);
  return value;
}

Result<const Json*> bounded_array(const JsonObject& object, std::string_view key) {
  const Json* array = TRY(object.array(key));
  if (array->size() > kMostItems) {
    return Error{.code = base::ErrorCode::kResourceLimit,
                 .message = fmt::format("more than {} items", kMostItems),
                 .where = fmt::format("{}.{}", object.path(), key)};
  }
  return array;
}

}  // namespace

Result<Value> value_member(const JsonObject& object, std::string_view key) {
  const Json* json = TRY(object.member(key));
  return value_at(*json, fmt::format("{}.{}", object.path(), key));
}

Result<std::vector<Value>> values_member(const JsonObject& object, std::string_view key) {
  const Json* array = TRY(bounded_array(object, key));
  std::vector<Value> values;
  values.reserve(array->size());
  for (const Json& item : *array) {
    Value value = TRY(value_at(item, fmt::format("{}.{}[{}]", object.path(), key, values.size())));
    values.push_back(std::move(value));
  }
  return values;
}

Result<std::vector<JsonObject>> objects_member(const JsonObject& object, std::string_view key,
                                               std::initializer_list<std::string_view> keys) {
  const Json* array = TRY(bounded_array(object, key));
  std::vector<JsonObject> objects;
  objects.reserve(array->size());
  for (const Json& item : *array) {
    JsonObject one =
        TRY(JsonObject::from(item, fmt::format("{}.{}[{}]", object.path(), key, objects.size())));
    TRY(one.only(keys));
    objects.push_back(std::move(one));
  }
  return objects;
}

Json values_to_json(const std::vector<Value>& values) {
  Json array = Json::array();
  for (const Value& value : values) array.push_back(contract::to_json(value));
  return array;
}

Result<std::size_t> find_column(const contract::Schema& schema, std::string_view name) {
  if (const auto index = schema.find(name)) return *index;
  return Error{.message = "unknown column " + base::quoted(name),
               .hint = base::suggest_names(name, schema.names())};
}

Result<std::vector<std::size_t>> find_columns(const contract::Schema& schema,
                                              const std::vector<std::string>& names) {
  std::vector<std::size_t> indices;
  std::vector<bool> seen(schema.columns.size(), false);
  for (const std::string& name : names) {
    const std::size_t index = TRY(find_column(schema, name));
    if (seen[index]) return Error{.message = "the column " + base::quoted(name) + " is named twice"};
    seen[index] = true;
    indices.push_back(index);
  }
  return indices;
}

Result<std::vector<std::size_t>> find_number_columns(const contract::Schema& schema,
                                                     const std::vector<std::string>& names) {
  std::vector<std::size_t> indices = TRY(find_columns(schema, names));
  for (const std::size_t index : indices) {
    if (schema.columns[index].kind != contract::ColumnKind::kText) continue;
    return Error{
        .message = fmt::format("column {} is text, not numbers", base::quoted(schema.columns[index].name)),
        .hint = "leave it out, or encode it first, as ordinal and one_hot do"};
  }
  return indices;
}

base::Status check_distinct_names(const contract::Schema& schema) {
  std::unordered_set<std::string_view> seen;
  for (const contract::ColumnSchema& column : schema.columns) {
    if (seen.insert(column.name).second) continue;
    return Error{.message = "two columns would be named " + base::quoted(column.name),
                 .hint = "rename one of the columns before it is encoded"};
  }
  return {};
}

std::string shown(const table::Cell& cell) {
  switch (cell.kind) {
    case contract::ColumnKind::kInteger:
      return std::to_string(cell.integer);
    case contract::ColumnKind::kReal:
      return base::format_real(cell.real);
    case contract::ColumnKind::kBoolean:
      return cell.boolean ? "true" : "false";
    case contract::ColumnKind::kText:
      break;
  }
  return base::quoted(cell.text);
}

table::Cell cell_in(const table::Column& column, std::size_t row) noexcept {
  using table::Cell;
  if (column.is_missing(row)) return Cell::none(column.kind());
  switch (column.kind()) {
    case contract::ColumnKind::kInteger:
      return Cell::of(column.integers().values[row]);
    case contract::ColumnKind::kReal:
      return Cell::of(column.reals().values[row]);
    case contract::ColumnKind::kBoolean:
      return Cell::of(column.booleans().values[row] != 0);
    case contract::ColumnKind::kText:
      break;
  }
  const table::TextCells& texts = column.texts();
  return Cell::of(std::string_view(texts.levels[static_cast<std::size_t>(texts.codes[row])]));
}

contract::ColumnSchema made_column(std::string name, contract::ColumnKind kind) {
  return {.name = std::move(name), .kind = kind, .nullable = false, .missing_values = {""}};
}

Result<double> positive_member(const JsonObject& object, std::string_view key) {
  const double value = TRY(object.number(key));
  if (value > 0.0) return value;
  return Error{.message = fmt::format("expected a number > 0, found {}", value),
               .where = fmt::format("{}.{}", object.path(), key)};
}

Result<std::string> date_format_member(const JsonObject& object) {
  std::string text = TRY(object.text("format"));
  auto format = DateFormat::compile(text);
  if (format.ok()) return text;
  return base::located(object.path() + ".format", std::move(format).error());
}

Result<TimeUnit> time_unit_member(const JsonObject& object) {
  const std::string name = TRY(object.text("unit"));
  if (const auto unit = time_unit_from(name)) return *unit;
  return Error{.message = "unknown unit " + base::quoted(name),
               .where = object.path() + ".unit",
               .hint = "use D, s, ms or us"};
}

Result<std::vector<double>> numbers_member(const JsonObject& object, std::string_view key) {
  const std::vector<Value> values = TRY(values_member(object, key));
  std::vector<double> numbers;
  numbers.reserve(values.size());
  for (const Value& value : values) {
    if (const auto* real = std::get_if<double>(&value); real != nullptr && std::isfinite(*real)) {
      numbers.push_back(*real);
    } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      numbers.push_back(static_cast<double>(*integer));
    } else {
      return Error{.message = "expected a number",
                   .where = fmt::format("{}.{}[{}]", object.path(), key, numbers.size())};
    }
  }
  return numbers;
}

}  // namespace archmlp::transform
