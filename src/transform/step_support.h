#pragma once

// For the .cc files of the steps: reading and binding what they have in common.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/json_reader.h"
#include "archmlp/contract/schema.h"
#include "archmlp/transform/calendar.h"
#include "archmlp/transform/step.h"

namespace archmlp::transform {

/// More items than this in one list of a step are refused: a file cannot make binding take for ever.
inline constexpr std::size_t kMostItems = 100'000;

/// The member as a value. Errors: kInvalidInput with the key.
base::Result<contract::Value> value_member(const contract::JsonObject& object, std::string_view key);
base::Result<std::vector<contract::Value>> values_member(const contract::JsonObject& object,
                                                         std::string_view key);
/// The member as a list of objects with exactly `keys`. Errors: kInvalidInput with the key.
base::Result<std::vector<contract::JsonObject>> objects_member(const contract::JsonObject& object,
                                                               std::string_view key,
                                                               std::initializer_list<std::string_view> keys);
nlohmann::ordered_json values_to_json(const std::vector<contract::Value>& values);

/// Errors: kInvalidInput if there is no such column (names the nearest).
base::Result<std::size_t> find_column(const contract::Schema& schema, std::string_view name);
/// As find_column for each. Errors: also a name that occurs twice.
base::Result<std::vector<std::size_t>> find_columns(const contract::Schema& schema,
                                                    const std::vector<std::string>& names);
/// The positions of number or boolean columns. Errors: as find_columns, and for text.
base::Result<std::vector<std::size_t>> find_number_columns(const contract::Schema& schema,
                                                           const std::vector<std::string>& names);
/// Errors: kInvalidInput if two columns have the same name.
base::Status check_distinct_names(const contract::Schema& schema);
/// The cell, whose text lives in the column.
table::Cell cell_in(const table::Column& column, std::size_t row) noexcept;
/// The cell as a message shows it. Precondition: it has a value.
std::string shown(const table::Cell& cell);
/// An integer column that a step makes, without gaps.
contract::ColumnSchema made_column(std::string name,
                                   contract::ColumnKind kind = contract::ColumnKind::kInteger);

/// The `name` of each.
template <typename Column>
std::vector<std::string> names_of(const std::vector<Column>& columns) {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const Column& column : columns) names.push_back(column.name);
  return names;
}

/// {kind, columns: [{…}]}, what most steps are stored as.
template <typename Column, typename ToJson>
nlohmann::ordered_json columns_to_json(std::string_view kind, const std::vector<Column>& columns,
                                       ToJson to_json) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  json["kind"] = kind;
  json["columns"] = nlohmann::ordered_json::array();
  for (const Column& column : columns) json["columns"].push_back(to_json(column));
  return json;
}

/// The member `columns`: objects with exactly `keys`, `name` among them. `read` fills in the rest of a
/// Column. Errors: kInvalidInput with the key; those of `read`.
template <typename Column, typename Read>
base::Result<std::vector<Column>> columns_member(const contract::JsonObject& json,
                                                 std::initializer_list<std::string_view> keys,
                                                 const Read& read) {
  auto objects = objects_member(json, "columns", keys);
  if (!objects.ok()) return std::move(objects).error();
  std::vector<Column> columns;
  columns.reserve(objects->size());
  for (const contract::JsonObject& one : *objects) {
    auto name = one.text("name");
    if (!name.ok()) return std::move(name).error();
    Column& column = columns.emplace_back();
    column.name = std::move(name).value();
    if (base::Status status = read(one, column); !status.ok()) return std::move(status).error();
  }
  return columns;
}

/// The member as a number that is > 0. Errors: kInvalidInput with the key.
base::Result<double> positive_member(const contract::JsonObject& object, std::string_view key);
/// The member `format`, which DateFormat takes, and `unit`. Errors: kInvalidInput with the key.
base::Result<std::string> date_format_member(const contract::JsonObject& object);
base::Result<TimeUnit> time_unit_member(const contract::JsonObject& object);
base::Result<std::vector<double>> numbers_member(const contract::JsonObject& object, std::string_view key);

}  // namespace archmlp::transform
