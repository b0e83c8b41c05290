// filter: marks the rows that the model has nothing to say of.

#include <utility>

#include "archmlp/base/try.h"
#include "archmlp/expression/expression.h"
#include "archmlp/transform/readers.h"
#include "archmlp/transform/step_support.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

using base::Error;
using base::Result;
using base::Status;
using expression::Expression;
using Json = nlohmann::ordered_json;

class BoundFilter final : public BoundStep {
 public:
  BoundFilter(const contract::Schema& schema, Expression condition)
      : BoundStep(schema), condition_(std::move(condition)) {}

  Result<table::Table> apply(const table::Table& rows, BatchNotes& notes) const override {
    const table::Cells result = TRY(condition_.evaluate(rows));
    const std::vector<std::int8_t>& met = std::get<table::BooleanCells>(result).values;
    for (std::size_t row = 0; row < met.size(); ++row) {
      if (met[row] == 1) continue;
      if (notes.outside.empty()) notes.outside.resize(met.size(), 0);
      notes.outside[row] = 1;
    }
    return rows;
  }

  Status apply(table::Record& record, RecordScratch& scratch) const override {
    const table::Cell met = condition_.evaluate(record, scratch.expression);
    if (!met.missing && met.boolean) return {};
    return Error{
        .code = base::ErrorCode::kOutsidePopulation,
        .message = "the record is outside the model's population: the recipe keeps only records with " +
                   condition_.text(),
        .hint = "do not ask this model about such records"};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override {
    std::vector<bool> result = needed;
    for (const std::size_t column : condition_.columns()) result[column] = true;
    return result;
  }

 private:
  Expression condition_;
};

class Filter final : public Step {
 public:
  explicit Filter(std::string condition) : condition_(std::move(condition)) {}

  std::string_view kind() const noexcept override { return "filter"; }
  Json to_json() const override {
    Json json = Json::object();
    json["kind"] = kind();
    json["condition"] = condition_;
    return json;
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    Expression condition = TRY(Expression::compile(condition_, input));
    TRY(expression::require_boolean(condition));
    return std::unique_ptr<const BoundStep>(std::make_unique<BoundFilter>(input, std::move(condition)));
  }

 private:
  std::string condition_;
};

}  // namespace

StepPointer make_filter(std::string condition) { return std::make_shared<Filter>(std::move(condition)); }

Result<StepPointer> read_filter(const contract::JsonObject& json) {
  TRY(json.only({"kind", "condition"}));
  std::string condition = TRY(json.text("condition"));
  return make_filter(std::move(condition));
}

}  // namespace archmlp::transform
