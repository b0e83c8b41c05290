// ordinal: the position of a value among the known ones.

#include <utility>

#include "archmlp/base/try.h"
#include "archmlp/transform/category_index.h"
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

struct OrdinalTarget {
  CategoryColumn source;
  std::optional<std::int64_t> unknown_value;

  table::Cell cell(std::int32_t category) const noexcept {
    if (category >= 0) return table::Cell::of(std::int64_t{category});
    const bool is_missing = category == kMissingCategory || !unknown_value;
    return is_missing ? table::Cell::none(ColumnKind::kInteger) : table::Cell::of(*unknown_value);
  }
};

class BoundOrdinal final : public BoundStep {
 public:
  BoundOrdinal(contract::Schema output, std::vector<OrdinalTarget> targets)
      : BoundStep(std::move(output)), targets_(std::move(targets)) {}

  Result<table::Table> apply(const table::Table& rows, BatchNotes& notes) const override {
    if (targets_.empty()) return rows;
    const auto categories = TRY(find_categories(rows, targets_, notes));
    std::vector<table::Column> columns(rows.columns().begin(), rows.columns().end());
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      table::Column& column = columns[targets_[i].source.column];
      column = {column.name(), encoded(targets_[i], categories[i])};
    }
    return table::Table::from_columns(std::move(columns));
  }

  Status apply(table::Record& record, RecordScratch& scratch) const override {
    for (const OrdinalTarget& target : targets_) {
      table::Cell& cell = record[target.source.column];
      cell = target.cell(TRY(find_category(target.source, cell, scratch)));
    }
    return {};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override {
    std::vector<bool> result = needed;
    need_refusing(targets_, result);
    return result;
  }

 private:
  static table::IntegerCells encoded(const OrdinalTarget& target,
                                     const std::vector<std::int32_t>& categories) {
    table::IntegerCells cells{std::vector<std::int64_t>(categories.size(), 0), {}};
    for (std::size_t row = 0; row < categories.size(); ++row) {
      const table::Cell cell = target.cell(categories[row]);
      cells.values[row] = cell.integer;
      if (!cell.missing) continue;
      if (cells.missing.empty()) cells.missing.resize(categories.size(), 0);
      cells.missing[row] = 1;
    }
    return cells;
  }

  std::vector<OrdinalTarget> targets_;
};

class Ordinal final : public Step {
 public:
  explicit Ordinal(std::vector<OrdinalColumn> columns) : columns_(std::move(columns)) {}

  std::string_view kind() const noexcept override { return "ordinal"; }
  Json to_json() const override {
    return columns_to_json(kind(), columns_, [](const OrdinalColumn& column) {
      return Json{{"name", column.name},
                  {"categories", values_to_json(column.categories)},
                  {"unknown", to_string(column.unknown)},
                  {"unknown_value", column.unknown_value ? Json(*column.unknown_value) : Json(nullptr)}};
    });
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    const auto indices = TRY(find_columns(input, names_of(columns_)));
    contract::Schema output = input;
    std::vector<OrdinalTarget> targets;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const OrdinalColumn& column = columns_[i];
      contract::ColumnSchema& made = output.columns[indices[i]];
      TRY(check_distinct_categories(column.name, column.categories, made.kind));
      targets.push_back(
          {{column.name, indices[i], column.unknown, CategoryIndex(made.kind, column.categories)},
           column.unknown_value});
      made.kind = ColumnKind::kInteger;
      made.nullable = made.nullable || (column.unknown != UnknownPolicy::kError && !column.unknown_value);
    }
    return std::unique_ptr<const BoundStep>(
        std::make_unique<BoundOrdinal>(std::move(output), std::move(targets)));
  }

 private:
  std::vector<OrdinalColumn> columns_;
};

Result<std::optional<std::int64_t>> unknown_value_member(const contract::JsonObject& object) {
  const Json* json = TRY(object.member("unknown_value"));
  if (json->is_null()) return std::optional<std::int64_t>();
  const std::int64_t value = TRY(object.integer("unknown_value"));
  if (value < 0) return std::optional<std::int64_t>(value);
  return Error{.message = "expected an integer < 0 or null", .where = object.path() + ".unknown_value"};
}

}  // namespace

StepPointer make_ordinal(std::vector<OrdinalColumn> columns) {
  return std::make_shared<Ordinal>(std::move(columns));
}

Result<StepPointer> read_ordinal(const contract::JsonObject& json) {
  TRY(json.only({"kind", "columns"}));
  const auto read = [](const contract::JsonObject& one, OrdinalColumn& column) -> Status {
    column.categories = TRY(values_member(one, "categories"));
    column.unknown = TRY(unknown_policy_member(one, "unknown"));
    column.unknown_value = TRY(unknown_value_member(one));
    return {};
  };
  auto columns =
      TRY(columns_member<OrdinalColumn>(json, {"name", "categories", "unknown", "unknown_value"}, read));
  return make_ordinal(std::move(columns));
}

}  // namespace archmlp::transform
