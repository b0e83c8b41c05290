#include <algorithm>
#include <nlohmann/json.hpp>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/transform/binding.h"
#include "archmlp/transform/rewrite.h"
#include "archmlp/transform/step_readers.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

struct BoundFill {
  std::size_t column;
  contract::Value fill;
};

class BoundImpute final : public BoundStep {
 public:
  BoundImpute(contract::Schema output, std::vector<BoundFill> fills,
              std::vector<contract::Value> missing_values)
      : BoundStep(std::move(output)), fills_(std::move(fills)), missing_values_(std::move(missing_values)) {}

  base::Result<table::Table> apply(const table::Table& rows, BatchNotes&) const override {
    std::vector<table::Column> columns(rows.columns().begin(), rows.columns().end());
    for (const BoundFill& fill : fills_) {
      table::Column& column = columns[fill.column];
      const std::vector<std::uint8_t> chosen = missing_or_equal(column.cells(), missing_values_);
      column = {column.name(),
                rewritten(column.cells(), output().columns[fill.column].kind, chosen, fill.fill)};
    }
    return make_table(std::move(columns), rows.row_count());
  }

  base::Status apply(table::Record& record, RecordScratch&) const override {
    for (const BoundFill& fill : fills_) {
      table::Cell& cell = record[fill.column];
      const bool chosen =
          cell.missing || std::any_of(missing_values_.begin(), missing_values_.end(),
                                      [&](const auto& value) { return cell_equals(cell, value); });
      cell = rewritten(cell, output().columns[fill.column].kind, chosen, fill.fill);
    }
    return {};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override { return needed; }

 private:
  std::vector<BoundFill> fills_;
  std::vector<contract::Value> missing_values_;
};

class Impute final : public Step {
 public:
  Impute(std::vector<ImputedColumn> columns, std::vector<contract::Value> missing_values)
      : columns_(std::move(columns)), missing_values_(std::move(missing_values)) {}
  std::string_view kind() const noexcept override { return "impute"; }
  nlohmann::ordered_json to_json() const override {
    nlohmann::ordered_json columns = nlohmann::ordered_json::array();
    for (const ImputedColumn& column : columns_) {
      columns.push_back({{"name", column.name}, {"fill", contract::to_json(column.fill)}});
    }
    nlohmann::ordered_json placeholders = nlohmann::ordered_json::array();
    for (const contract::Value& value : missing_values_) placeholders.push_back(contract::to_json(value));
    return {{"kind", kind()}, {"columns", std::move(columns)}, {"missing_values", std::move(placeholders)}};
  }

  base::Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    std::vector<std::string> names;
    for (const ImputedColumn& column : columns_) names.push_back(column.name);
    const std::vector<std::size_t> indices = TRY(require_columns(input, names));
    contract::Schema output = input;
    std::vector<BoundFill> fills;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      contract::ColumnSchema& column = output.columns[indices[i]];
      column.kind = TRY(require_kind_with(column, columns_[i].fill));
      column.nullable = false;
      fills.push_back({indices[i], columns_[i].fill});
    }
    return std::unique_ptr<const BoundStep>(
        std::make_unique<BoundImpute>(std::move(output), std::move(fills), missing_values_));
  }

 private:
  std::vector<ImputedColumn> columns_;
  std::vector<contract::Value> missing_values_;
};

base::Result<ImputedColumn> read_column(const nlohmann::ordered_json& json, const std::string& path) {
  const contract::JsonObject object = TRY(contract::JsonObject::from(json, path));
  TRY(object.only({"name", "fill"}));
  const nlohmann::ordered_json* fill = TRY(object.member("fill"));
  ImputedColumn column{TRY(object.text("name")), TRY(contract::value_from_json(*fill))};
  if (std::holds_alternative<std::monostate>(column.fill)) {
    return base::Error{.message = "null does not fill a missing value", .where = path + ".fill"};
  }
  return column;
}

}  // namespace

StepPointer make_impute(std::vector<ImputedColumn> columns, std::vector<contract::Value> missing_values) {
  return std::make_shared<Impute>(std::move(columns), std::move(missing_values));
}

base::Result<StepPointer> read_impute(const contract::JsonObject& object) {
  TRY(object.only({"kind", "columns", "missing_values"}));
  const nlohmann::ordered_json* array = TRY(object.array("columns"));
  std::vector<ImputedColumn> columns;
  for (const nlohmann::ordered_json& json : *array) {
    columns.push_back(
        TRY(read_column(json, object.path() + ".columns[" + std::to_string(columns.size()) + "]")));
  }
  return make_impute(std::move(columns), TRY(read_values(object, "missing_values")));
}

}  // namespace archmlp::transform
