// replace: a fixed value in some columns where a condition holds.

#include <utility>

#include "archmlp/base/try.h"
#include "archmlp/expression/expression.h"
#include "archmlp/transform/constant.h"
#include "archmlp/transform/readers.h"
#include "archmlp/transform/step_support.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

using base::Result;
using base::Status;
using expression::Expression;
using Json = nlohmann::ordered_json;

struct Target {
  std::size_t column = 0;
  Constant constant;
};

class BoundReplace final : public BoundStep {
 public:
  BoundReplace(contract::Schema output, Expression condition, std::vector<Target> targets)
      : BoundStep(std::move(output)), condition_(std::move(condition)), targets_(std::move(targets)) {}

  Result<table::Table> apply(const table::Table& rows, BatchNotes& /*notes*/) const override {
    if (targets_.empty()) return rows;
    const table::Cells result = TRY(condition_.evaluate(rows));
    const std::vector<std::int8_t>& met = std::get<table::BooleanCells>(result).values;
    std::vector<std::uint8_t> where(met.size());
    for (std::size_t row = 0; row < met.size(); ++row) where[row] = met[row] == 1 ? 1 : 0;
    std::vector<table::Column> columns(rows.columns().begin(), rows.columns().end());
    for (const Target& target : targets_) {
      columns[target.column] = with_constant(columns[target.column], target.constant, where);
    }
    return table::Table::from_columns(std::move(columns));
  }

  Status apply(table::Record& record, RecordScratch& scratch) const override {
    const table::Cell met = condition_.evaluate(record, scratch.expression);
    for (const Target& target : targets_) {
      table::Cell& cell = record[target.column];
      cell = !met.missing && met.boolean ? target.constant.cell() : as_kind(cell, target.constant.kind);
    }
    return {};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override {
    std::vector<bool> result = needed;
    bool any = false;
    for (const Target& target : targets_) any = any || needed[target.column];
    if (!any) return result;
    for (const std::size_t column : condition_.columns()) result[column] = true;
    return result;
  }

 private:
  Expression condition_;
  std::vector<Target> targets_;
};

class Replace final : public Step {
 public:
  Replace(std::vector<std::string> columns, std::string where, contract::Value with)
      : columns_(std::move(columns)), where_(std::move(where)), with_(std::move(with)) {}

  std::string_view kind() const noexcept override { return "replace"; }
  Json to_json() const override {
    Json json = Json::object();
    json["kind"] = kind();
    json["columns"] = columns_;
    json["where"] = where_;
    json["with"] = contract::to_json(with_);
    return json;
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    Expression condition = TRY(Expression::compile(where_, input));
    TRY(expression::require_boolean(condition));
    contract::Schema output = input;
    std::vector<Target> targets;
    const auto indices = TRY(find_columns(input, columns_));
    for (const std::size_t index : indices) {
      contract::ColumnSchema& column = output.columns[index];
      Constant constant = TRY(constant_for(column, with_, true));
      column.kind = constant.kind;
      column.nullable = column.nullable || constant.missing;
      targets.push_back({index, std::move(constant)});
    }
    return std::unique_ptr<const BoundStep>(
        std::make_unique<BoundReplace>(std::move(output), std::move(condition), std::move(targets)));
  }

 private:
  std::vector<std::string> columns_;
  std::string where_;
  contract::Value with_;
};

}  // namespace

StepPointer make_replace(std::vector<std::string> columns, std::string where, contract::Value with) {
  return std::make_shared<Replace>(std::move(columns), std::move(where), std::move(with));
}

Result<StepPointer> read_replace(const contract::JsonObject& json) {
  if (json.has("map")) return read_replace_values(json);
  if (json.has("regex")) return read_replace_regex(json);
  TRY(json.only({"kind", "columns", "where", "with"}));
  std::vector<std::string> columns = TRY(json.texts("columns"));
  std::string where = TRY(json.text("where"));
  contract::Value with = TRY(value_member(json, "with"));
  return make_replace(std::move(columns), std::move(where), std::move(with));
}

}  // namespace archmlp::transform
