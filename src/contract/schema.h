#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/value.h"

namespace archmlp::contract {

enum class ColumnKind { kInteger, kReal, kBoolean, kText };

/// "integer", "real", "boolean", "text": in recipes, contracts and messages.
std::string_view to_string(ColumnKind kind) noexcept;
std::optional<ColumnKind> column_kind_from(std::string_view name) noexcept;
/// A missing value is of none.
bool is_of_kind(const Value& value, ColumnKind kind) noexcept;

struct ColumnSchema {
  std::string name;
  ColumnKind kind = ColumnKind::kReal;
  bool nullable = false;                    // a missing value was seen, so one may come again
  std::vector<std::string> missing_values;  // unquoted CSV cells that mean "missing" in this column

  bool operator==(const ColumnSchema&) const = default;
};

/// Columns in file order; names are unique.
struct Schema {
  std::vector<ColumnSchema> columns;

  std::optional<std::size_t> find(std::string_view name) const noexcept;
  std::vector<std::string> names() const;
  bool operator==(const Schema&) const = default;
};

nlohmann::ordered_json to_json(const Schema& schema);
base::Result<Schema> schema_from_json(const nlohmann::ordered_json& json);

enum class Task { kClassification, kRegression };

std::string_view to_string(Task task) noexcept;
std::optional<Task> task_from(std::string_view name) noexcept;

/// What is predicted.
struct LabelSchema {
  std::string name;
  ColumnKind kind = ColumnKind::kText;
  Task task = Task::kClassification;
  std::vector<Value> classes;  // sorted (value_less); empty for regression

  bool operator==(const LabelSchema&) const = default;
};

nlohmann::ordered_json to_json(const LabelSchema& label);
base::Result<LabelSchema> label_from_json(const nlohmann::ordered_json& json);

/// The task that a label column suggests: text, boolean, or integer with at most 20 distinct values (and
/// those no more than a tenth of the rows, unless 2) is classification; everything else regression.
Task guess_task(ColumnKind kind, std::size_t distinct_count, std::size_t row_count) noexcept;

/// Whether a label's cells can be predicted so: a regression needs numbers, classes are no quantities with a
/// fraction. `reals`: the cells of a real label, in row order; empty for other kinds. The error's `where` is
/// the row, if one is at fault.
base::Status check_task(std::string_view label, ColumnKind kind, std::span<const double> reals, Task task);

}  // namespace archmlp::contract
