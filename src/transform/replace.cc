#include <nlohmann/json.hpp>

#include "archmlp/base/try.h"
#include "archmlp/transform/binding.h"
#include "archmlp/transform/rewrite.h"
#include "archmlp/transform/step_readers.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

class BoundReplace final : public BoundStep {
 public:
  BoundReplace(contract::Schema output, expression::Expression where, std::vector<std::size_t> columns,
               contract::Value with)
      : BoundStep(std::move(output)),
        where_(std::move(where)),
        columns_(std::move(columns)),
        with_(std::move(with)) {}

  base::Result<table::Table> apply(const table::Table& rows, BatchNotes&) const override {
    const table::Cells condition = TRY(where_.evaluate(rows));
    std::vector<std::uint8_t> chosen(rows.row_count());
    const auto& values = std::get<table::BooleanCells>(condition).values;
    for (std::size_t row = 0; row < chosen.size(); ++row) chosen[row] = values[row] == 1 ? 1 : 0;
    std::vector<table::Column> columns(rows.columns().begin(), rows.columns().end());
    for (const std::size_t index : columns_) {
      table::Column& column = columns[index];
      column = {column.name(), rewritten(column.cells(), output().columns[index].kind, chosen, with_)};
    }
    return make_table(std::move(columns), rows.row_count());
  }

  base::Status apply(table::Record& record, RecordScratch& scratch) const override {
    const table::Cell condition = where_.evaluate(record, scratch.expression);
    const bool chosen = !condition.missing && condition.boolean;
    for (const std::size_t index : columns_) {
      record[index] = rewritten(record[index], output().columns[index].kind, chosen, with_);
    }
    return {};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override {
    std::vector<bool> inputs = needed;
    bool any = false;
    for (const std::size_t index : columns_) any = any || needed[index];
    if (!any) return inputs;
    for (const std::size_t index : where_.columns()) inputs[index] = true;
    return inputs;
  }

 private:
  expression::Expression where_;
  std::vector<std::size_t> columns_;
  contract::Value with_;
};

class Replace final : public Step {
 public:
  Replace(std::vector<std::string> columns, std::string where, contract::Value with)
      : columns_(std::move(columns)), where_(std::move(where)), with_(std::move(with)) {}
  std::string_view kind() const noexcept override { return "replace"; }
  nlohmann::ordered_json to_json() const override {
    return {{"kind", kind()}, {"columns", columns_}, {"where", where_}, {"with", contract::to_json(with_)}};
  }

  base::Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    expression::Expression where = TRY(expression::Expression::compile(where_, input));
    TRY(expression::require_boolean(where));
    std::vector<std::size_t> indices = TRY(require_columns(input, columns_));
    contract::Schema output = input;
    for (const std::size_t index : indices) {
      contract::ColumnSchema& column = output.columns[index];
      column.kind = TRY(require_kind_with(column, with_));
      if (std::holds_alternative<std::monostate>(with_)) column.nullable = true;
    }
    return std::unique_ptr<const BoundStep>(
        std::make_unique<BoundReplace>(std::move(output), std::move(where), std::move(indices), with_));
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

base::Result<StepPointer> read_replace(const contract::JsonObject& object) {
  TRY(object.only({"kind", "columns", "where", "with"}));
  const nlohmann::ordered_json* with = TRY(object.member("with"));
  return make_replace(TRY(object.texts("columns")), TRY(object.text("where")),
                      TRY(contract::value_from_json(*with)));
}

}  // namespace archmlp::transform
