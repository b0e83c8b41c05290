// clip: numbers beyond a bound become the bound.

#include <algorithm>
#include <limits>
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

template <typename Number>
struct Bounds {
  Number lower = std::numeric_limits<Number>::lowest();
  Number upper = std::numeric_limits<Number>::max();
  Number operator()(Number x) const noexcept { return std::clamp(x, lower, upper); }
};

struct ClipTarget {
  std::size_t column = 0;
  ColumnKind kind = ColumnKind::kReal;  // of the result
  Bounds<std::int64_t> integers;
  Bounds<double> reals;
};

table::Cells clipped(const table::Column& column, const ClipTarget& target) {
  if (target.kind == ColumnKind::kInteger) {
    table::IntegerCells cells = column.integers();
    for (std::size_t row = 0; row < cells.values.size(); ++row) {
      if (cells.missing.empty() || cells.missing[row] == 0)
        cells.values[row] = target.integers(cells.values[row]);
    }
    return cells;
  }
  table::RealCells cells{std::vector<double>(column.row_count())};
  table::copy_as_doubles(column, cells.values);
  for (double& value : cells.values) value = target.reals(value);  // NaN stays
  return cells;
}

class BoundClip final : public BoundStep {
 public:
  BoundClip(contract::Schema output, std::vector<ClipTarget> targets)
      : BoundStep(std::move(output)), targets_(std::move(targets)) {}

  Result<table::Table> apply(const table::Table& rows, BatchNotes& /*notes*/) const override {
    if (targets_.empty()) return rows;
    std::vector<table::Column> columns(rows.columns().begin(), rows.columns().end());
    for (const ClipTarget& target : targets_) {
      table::Column& column = columns[target.column];
      column = {column.name(), clipped(column, target)};
    }
    return table::Table::from_columns(std::move(columns));
  }

  Status apply(table::Record& record, RecordScratch& /*scratch*/) const override {
    for (const ClipTarget& target : targets_) {
      table::Cell& cell = record[target.column];
      if (cell.missing) {
        cell = table::Cell::none(target.kind);
      } else if (target.kind == ColumnKind::kInteger) {
        cell = table::Cell::of(target.integers(cell.integer));
      } else {
        cell = table::Cell::of(target.reals(cell.as_double()));
      }
    }
    return {};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override { return needed; }

 private:
  std::vector<ClipTarget> targets_;
};

ClipTarget target_for(const ClippedColumn& column, std::size_t index, ColumnKind kind) {
  ClipTarget target{.column = index};
  if (column.lower) target.reals.lower = *column.lower;
  if (column.upper) target.reals.upper = *column.upper;
  const auto lower = column.lower ? as_integer(*column.lower) : target.integers.lower;
  const auto upper = column.upper ? as_integer(*column.upper) : target.integers.upper;
  if (kind == ColumnKind::kInteger && lower && upper) {
    target.kind = kind;
    target.integers = {*lower, *upper};
  }
  return target;
}

class Clip final : public Step {
 public:
  explicit Clip(std::vector<ClippedColumn> columns) : columns_(std::move(columns)) {}

  std::string_view kind() const noexcept override { return "clip"; }
  Json to_json() const override {
    return columns_to_json(kind(), columns_, [](const ClippedColumn& column) {
      return Json{{"name", column.name},
                  {"lower", column.lower ? Json(*column.lower) : Json(nullptr)},
                  {"upper", column.upper ? Json(*column.upper) : Json(nullptr)}};
    });
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    const auto indices = TRY(find_number_columns(input, names_of(columns_)));
    contract::Schema output = input;
    std::vector<ClipTarget> targets;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      contract::ColumnSchema& column = output.columns[indices[i]];
      targets.push_back(target_for(columns_[i], indices[i], column.kind));
      column.kind = targets.back().kind;
    }
    return std::unique_ptr<const BoundStep>(
        std::make_unique<BoundClip>(std::move(output), std::move(targets)));
  }

 private:
  std::vector<ClippedColumn> columns_;
};

Result<std::optional<double>> bound_member(const contract::JsonObject& object, std::string_view key) {
  const Json* json = TRY(object.member(key));
  if (json->is_null()) return std::optional<double>();
  return std::optional<double>(TRY(object.number(key)));
}

}  // namespace

StepPointer make_clip(std::vector<ClippedColumn> columns) {
  return std::make_shared<Clip>(std::move(columns));
}

Result<StepPointer> read_clip(const contract::JsonObject& json) {
  TRY(json.only({"kind", "columns"}));
  const auto read = [](const contract::JsonObject& one, ClippedColumn& column) -> Status {
    column.lower = TRY(bound_member(one, "lower"));
    column.upper = TRY(bound_member(one, "upper"));
    if (column.lower && column.upper && *column.lower > *column.upper) {
      return Error{.message = "the lower bound is above the upper one", .where = one.path()};
    }
    return {};
  };
  auto columns = TRY(columns_member<ClippedColumn>(json, {"name", "lower", "upper"}, read));
  return make_clip(std::move(columns));
}

}  // namespace archmlp::transform
