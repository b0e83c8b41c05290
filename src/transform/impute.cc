// impute: a fixed value, or that of the row's group, where one is missing.

#include <algorithm>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/transform/category_index.h"
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

struct ImputeTarget {
  std::size_t column = 0;
  Constant fill;
  Placeholders placeholders;
  bool indicator = false;
  std::vector<Constant> group_fills;        // of the kind of `fill`
  std::vector<std::int32_t> fill_of_group;  // index into them, or -1

  const Constant& fill_for(std::int32_t group) const noexcept {
    const std::int32_t own = group < 0 ? -1 : fill_of_group[static_cast<std::size_t>(group)];
    return own < 0 ? fill : group_fills[static_cast<std::size_t>(own)];
  }
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

/// Overwrites the fill of all rows with that of their group, in the rows where `where` is 1.
struct GroupFiller {
  const ImputeTarget& target;
  const std::vector<std::int32_t>& groups;
  const std::vector<std::uint8_t>& where;

  template <typename Set>
  void each(Set set) const {
    for (std::size_t row = 0; row < where.size(); ++row) {
      const Constant& fill = target.fill_for(groups[row]);
      if (where[row] != 0 && &fill != &target.fill) set(row, fill);
    }
  }
  void operator()(table::IntegerCells& cells) const {
    each([&](std::size_t row, const Constant& fill) { cells.values[row] = fill.integer; });
  }
  void operator()(table::RealCells& cells) const {
    each([&](std::size_t row, const Constant& fill) { cells.values[row] = fill.real; });
  }
  void operator()(table::BooleanCells& cells) const {
    each([&](std::size_t row, const Constant& fill) { cells.values[row] = fill.boolean ? 1 : 0; });
  }
  void operator()(table::TextCells& cells) const {
    std::unordered_map<std::string_view, std::int32_t> code_of;
    for (const Constant& fill : target.group_fills) code_of.emplace(fill.text, -1);
    for (std::size_t level = 0; level < cells.levels.size(); ++level) {
      const auto found = code_of.find(cells.levels[level]);
      if (found != code_of.end()) found->second = static_cast<std::int32_t>(level);
    }
    each([&](std::size_t row, const Constant& fill) {
      std::int32_t& code = code_of.find(fill.text)->second;
      if (code < 0) {
        code = static_cast<std::int32_t>(cells.levels.size());
        cells.levels.push_back(fill.text);
      }
      cells.codes[row] = code;
    });
  }
};

class BoundImpute final : public BoundStep {
 public:
  BoundImpute(contract::Schema output, std::vector<ImputeTarget> targets, std::optional<CategoryColumn> group)
      : BoundStep(std::move(output)), targets_(std::move(targets)), group_(std::move(group)) {}

  Result<table::Table> apply(const table::Table& rows, BatchNotes& /*notes*/) const override {
    if (targets_.empty()) return rows;
    std::vector<std::int32_t> groups;
    if (group_) groups = group_->index.find_all(rows.column(group_->column));
    std::vector<table::Column> columns(rows.columns().begin(), rows.columns().end());
    for (const ImputeTarget& target : targets_) {
      table::Column& column = columns[target.column];
      const std::vector<std::uint8_t> where = rows_to_fill(column, target.placeholders);
      column = with_constant(column, target.fill, where);
      if (!target.group_fills.empty()) {
        table::Cells cells = column.cells();
        std::visit(GroupFiller{target, groups, where}, cells);
        column = {column.name(), std::move(cells)};
      }
      if (!target.indicator) continue;
      columns.emplace_back(output().columns[columns.size()].name,
                           table::IntegerCells{{where.begin(), where.end()}, {}});
    }
    return table::Table::from_columns(std::move(columns));
  }

  Status apply(table::Record& record, RecordScratch& /*scratch*/) const override {
    const std::int32_t group = group_ ? group_->index.find(record[group_->column]) : kMissingCategory;
    for (const ImputeTarget& target : targets_) {
      table::Cell& cell = record[target.column];
      const bool is_missing = target.placeholders.mean_missing(cell);
      cell = is_missing ? target.fill_for(group).cell() : as_kind(cell, target.fill.kind);
      if (target.indicator) record.push_back(table::Cell::of(std::int64_t{is_missing ? 1 : 0}));
    }
    return {};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override {
    std::size_t indicator = needed.size();
    for (const ImputeTarget& target : targets_) indicator -= target.indicator ? 1 : 0;
    std::vector<bool> result(needed.begin(), needed.begin() + static_cast<std::ptrdiff_t>(indicator));
    for (const ImputeTarget& target : targets_) {
      if (target.indicator && needed[indicator++]) result[target.column] = true;
      if (needed[target.column] && !target.group_fills.empty()) result[group_->column] = true;
    }
    return result;
  }

 private:
  std::vector<ImputeTarget> targets_;
  std::optional<CategoryColumn> group_;
};

/// The values of `groups`, which the column of that name could hold.
Result<CategoryColumn> bind_group(const contract::Schema& input, const std::string& name,
                                  const std::vector<ImputedColumn>& columns,
                                  std::vector<contract::Value>& values) {
  const std::size_t index = TRY(find_column(input, name));
  for (const ImputedColumn& column : columns) {
    for (const GroupFill& one : column.groups) values.push_back(one.group);
  }
  std::sort(values.begin(), values.end(), contract::value_less);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  const ColumnKind kind = input.columns[index].kind;
  TRY(check_categories(name, values, kind));
  return CategoryColumn{name, index, UnknownPolicy::kIgnore, CategoryIndex(kind, values)};
}

/// Errors: kInvalidInput if a fill does not fit the column as the column's own fill does.
Status add_group_fills(ImputeTarget& target, const ImputedColumn& column,
                       const contract::ColumnSchema& schema, const std::vector<contract::Value>& groups) {
  target.fill_of_group.assign(groups.size(), -1);
  for (const GroupFill& one : column.groups) {
    Constant fill = TRY(constant_for(schema, one.fill, false));
    if (fill.missing || fill.kind != target.fill.kind) {
      return Error{.message = "column " + base::quoted(column.name) +
                              ": the fills of its groups are not of the kind of its own"};
    }
    const auto place = std::lower_bound(groups.begin(), groups.end(), one.group, contract::value_less);
    target.fill_of_group[static_cast<std::size_t>(place - groups.begin())] =
        static_cast<std::int32_t>(target.group_fills.size());
    target.group_fills.push_back(std::move(fill));
  }
  return {};
}

class Impute final : public Step {
 public:
  Impute(std::vector<ImputedColumn> columns, std::vector<contract::Value> missing_values,
         std::optional<std::string> group_by)
      : columns_(std::move(columns)),
        missing_values_(std::move(missing_values)),
        group_by_(std::move(group_by)) {}

  std::string_view kind() const noexcept override { return "impute"; }
  Json to_json() const override {
    Json json = columns_to_json(kind(), columns_, [](const ImputedColumn& column) {
      Json one = {{"name", column.name}, {"fill", contract::to_json(column.fill)}};
      if (column.indicator) one["indicator"] = true;
      if (column.groups.empty()) return one;
      one["groups"] = Json::array();
      for (const GroupFill& group : column.groups) {
        one["groups"].push_back(
            Json{{"group", contract::to_json(group.group)}, {"fill", contract::to_json(group.fill)}});
      }
      return one;
    });
    json["missing_values"] = values_to_json(missing_values_);
    if (group_by_) json["group_by"] = *group_by_;
    return json;
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    const std::vector<std::size_t> indices = TRY(find_columns(input, names_of(columns_)));
    std::optional<CategoryColumn> group;
    std::vector<contract::Value> groups;
    if (group_by_) group = TRY(bind_group(input, *group_by_, columns_, groups));
    contract::Schema output = input;
    std::vector<ImputeTarget> targets;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      contract::ColumnSchema& column = output.columns[indices[i]];
      Constant fill = TRY(constant_for(column, columns_[i].fill, false));
      if (fill.missing)
        return Error{.message = "column " + base::quoted(column.name) + " would be filled with null"};
      ImputeTarget target{
          indices[i], std::move(fill), Placeholders(column.kind, missing_values_), columns_[i].indicator, {},
          {}};
      TRY(add_group_fills(target, columns_[i], column, groups));
      column.kind = target.fill.kind;
      column.nullable = false;
      targets.push_back(std::move(target));
    }
    for (const ImputedColumn& column : columns_) {
      if (column.indicator) output.columns.push_back(made_column(column.name + "_missing"));
    }
    TRY(check_distinct_names(output));
    return std::unique_ptr<const BoundStep>(
        std::make_unique<BoundImpute>(std::move(output), std::move(targets), std::move(group)));
  }

 private:
  std::vector<ImputedColumn> columns_;
  std::vector<contract::Value> missing_values_;
  std::optional<std::string> group_by_;
};

Result<ImputedColumn> read_column(const contract::JsonObject& json) {
  ImputedColumn column;
  column.name = TRY(json.text("name"));
  column.fill = TRY(value_member(json, "fill"));
  if (json.has("indicator")) column.indicator = TRY(json.boolean("indicator"));
  if (!json.has("groups")) return column;
  const auto groups = TRY(objects_member(json, "groups", {"group", "fill"}));
  for (const contract::JsonObject& one : groups) {
    GroupFill group;
    group.group = TRY(value_member(one, "group"));
    group.fill = TRY(value_member(one, "fill"));
    if (!column.groups.empty() && !contract::value_less(column.groups.back().group, group.group)) {
      return Error{.message = "the groups are not sorted, or one occurs twice",
                   .where = one.path() + ".group"};
    }
    column.groups.push_back(std::move(group));
  }
  return column;
}

}  // namespace

StepPointer make_impute(std::vector<ImputedColumn> columns, std::vector<contract::Value> missing_values,
                        std::optional<std::string> group_by) {
  return std::make_shared<Impute>(std::move(columns), std::move(missing_values), std::move(group_by));
}

Result<StepPointer> read_impute(const contract::JsonObject& json) {
  TRY(json.only({"kind", "columns", "missing_values", "group_by"}));
  std::vector<ImputedColumn> columns;
  std::optional<std::string> group_by;
  if (json.has("group_by")) group_by = TRY(json.text("group_by"));
  const auto objects = TRY(objects_member(json, "columns", {"name", "fill", "indicator", "groups"}));
  for (const contract::JsonObject& one : objects) {
    columns.push_back(TRY(read_column(one)));
    if (group_by || columns.back().groups.empty()) continue;
    return Error{.message = "there are groups but no group_by", .where = one.path() + ".groups"};
  }
  std::vector<contract::Value> missing_values = TRY(values_member(json, "missing_values"));
  return make_impute(std::move(columns), std::move(missing_values), std::move(group_by));
}

}  // namespace archmlp::transform
