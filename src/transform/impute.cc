// impute: a fixed value where one is missing.

#include <algorithm>
#include <functional>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/transform/constant.h"
#include "archmlp/transform/readers.h"
#include "archmlp/transform/step_support.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

using base::Error;
using base::Result;
using base::Status;
using contract::ColumnKind;
using Json = nlohmann::ordered_json;

/// The placeholders that a column of one kind can hold, in that kind.
struct Placeholders {
  std::vector<std::int64_t> integers;
  std::vector<double> reals;
  bool has_true = false;
  bool has_false = false;
  std::vector<std::string> texts;

  Placeholders(ColumnKind kind, const std::vector<contract::Value>& values) {
    for (const contract::Value& value : values) {
      if (const auto integer = as_integer(value); integer && kind == ColumnKind::kInteger)
        integers.push_back(*integer);
      if (const auto real = as_real(value); real && kind == ColumnKind::kReal) reals.push_back(*real);
      if (const auto* boolean = std::get_if<bool>(&value)) (*boolean ? has_true : has_false) = true;
      if (const auto* text = std::get_if<std::string>(&value)) texts.push_back(*text);
    }
    std::sort(integers.begin(), integers.end());
    std::sort(reals.begin(), reals.end());
    std::sort(texts.begin(), texts.end());
  }

  template <typename T, typename U>
  static bool holds(const std::vector<T>& sorted, const U& value) {
    return std::binary_search(sorted.begin(), sorted.end(), value, std::less<>());
  }
  bool mean_missing(const table::Cell& cell) const {
    if (cell.missing) return true;
    switch (cell.kind) {
      case ColumnKind::kInteger:
        return holds(integers, cell.integer);
      case ColumnKind::kReal:
        return holds(reals, cell.real);
      case ColumnKind::kBoolean:
        return cell.boolean ? has_true : has_false;
      case ColumnKind::kText:
        break;
    }
    return holds(texts, cell.text);
  }
};

struct Target {
  std::size_t column = 0;
  Constant fill;
  Placeholders placeholders;
};

std::vector<std::uint8_t> rows_to_fill(const table::Column& column, const Placeholders& placeholders) {
  std::vector<std::uint8_t> where(column.row_count(), 0);
  const auto mark = [&](std::size_t row, const table::Cell& cell) {
    where[row] = placeholders.mean_missing(cell) ? 1 : 0;
  };
  switch (column.kind()) {
    case ColumnKind::kInteger: {
      const table::IntegerCells& cells = column.integers();
      for (std::size_t row = 0; row < where.size(); ++row) {
        const bool missing = !cells.missing.empty() && cells.missing[row] != 0;
        mark(row, missing ? table::Cell::none(column.kind()) : table::Cell::of(cells.values[row]));
      }
      break;
    }
    case ColumnKind::kReal: {
      const std::vector<double>& values = column.reals().values;
      for (std::size_t row = 0; row < where.size(); ++row) mark(row, table::Cell::of(values[row]));
      break;
    }
    case ColumnKind::kBoolean: {
      const std::vector<std::int8_t>& values = column.booleans().values;
      for (std::size_t row = 0; row < where.size(); ++row) {
        mark(row, values[row] < 0 ? table::Cell::none(column.kind()) : table::Cell::of(values[row] != 0));
      }
      break;
    }
    case ColumnKind::kText: {
      const table::TextCells& cells = column.texts();
      std::vector<std::uint8_t> level_means_missing(cells.levels.size());
      for (std::size_t level = 0; level < cells.levels.size(); ++level) {
        level_means_missing[level] =
            placeholders.mean_missing(table::Cell::of(std::string_view(cells.levels[level]))) ? 1 : 0;
      }
      for (std::size_t row = 0; row < where.size(); ++row) {
        const std::int32_t code = cells.codes[row];
        where[row] = code < 0 ? 1 : level_means_missing[static_cast<std::size_t>(code)];
      }
      break;
    }
  }
  return where;
}

class BoundImpute final : public BoundStep {
 public:
  BoundImpute(contract::Schema output, std::vector<Target> targets)
      : BoundStep(std::move(output)), targets_(std::move(targets)) {}

  Result<table::Table> apply(const table::Table& rows, BatchNotes& /*notes*/) const override {
    if (targets_.empty()) return rows;
    std::vector<table::Column> columns(rows.columns().begin(), rows.columns().end());
    for (const Target& target : targets_) {
      table::Column& column = columns[target.column];
      column = with_constant(column, target.fill, rows_to_fill(column, target.placeholders));
    }
    return table::Table::from_columns(std::move(columns));
  }

  Status apply(table::Record& record, RecordScratch& /*scratch*/) const override {
    for (const Target& target : targets_) {
      table::Cell& cell = record[target.column];
      cell = target.placeholders.mean_missing(cell) ? target.fill.cell() : as_kind(cell, target.fill.kind);
    }
    return {};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override { return needed; }

 private:
  std::vector<Target> targets_;
};

class Impute final : public Step {
 public:
  Impute(std::vector<ImputedColumn> columns, std::vector<contract::Value> missing_values)
      : columns_(std::move(columns)), missing_values_(std::move(missing_values)) {}

  std::string_view kind() const noexcept override { return "impute"; }
  Json to_json() const override {
    Json json = Json::object();
    json["kind"] = kind();
    json["columns"] = Json::array();
    for (const ImputedColumn& column : columns_) {
      json["columns"].push_back(Json{{"name", column.name}, {"fill", contract::to_json(column.fill)}});
    }
    json["missing_values"] = values_to_json(missing_values_);
    return json;
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    std::vector<std::string> names;
    for (const ImputedColumn& column : columns_) names.push_back(column.name);
    const std::vector<std::size_t> indices = TRY(find_columns(input, names));
    contract::Schema output = input;
    std::vector<Target> targets;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      contract::ColumnSchema& column = output.columns[indices[i]];
      Constant fill = TRY(constant_for(column, columns_[i].fill, false));
      if (fill.missing)
        return Error{.message = "column " + base::quoted(column.name) + " would be filled with null"};
      Placeholders placeholders(column.kind, missing_values_);
      column.kind = fill.kind;
      column.nullable = false;
      targets.push_back({indices[i], std::move(fill), std::move(placeholders)});
    }
    return std::unique_ptr<const BoundStep>(
        std::make_unique<BoundImpute>(std::move(output), std::move(targets)));
  }

 private:
  std::vector<ImputedColumn> columns_;
  std::vector<contract::Value> missing_values_;
};

}  // namespace

StepPointer make_impute(std::vector<ImputedColumn> columns, std::vector<contract::Value> missing_values) {
  return std::make_shared<Impute>(std::move(columns), std::move(missing_values));
}

Result<StepPointer> read_impute(const contract::JsonObject& json) {
  TRY(json.only({"kind", "columns", "missing_values"}));
  std::vector<ImputedColumn> columns;
  const auto objects = TRY(objects_member(json, "columns", {"name", "fill"}));
  for (const contract::JsonObject& one : objects) {
    ImputedColumn column;
    column.name = TRY(one.text("name"));
    column.fill = TRY(value_member(one, "fill"));
    columns.push_back(std::move(column));
  }
  std::vector<contract::Value> missing_values = TRY(values_member(json, "missing_values"));
  return make_impute(std::move(columns), std::move(missing_values));
}

}  // namespace archmlp::transform
