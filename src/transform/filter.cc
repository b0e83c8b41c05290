#include <nlohmann/json.hpp>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/transform/step_readers.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

class BoundFilter final : public BoundStep {
 public:
  BoundFilter(expression::Expression condition, const contract::Schema& input)
      : BoundStep(input), condition_(std::move(condition)) {}

  base::Result<table::Table> apply(const table::Table& rows, BatchNotes& notes) const override {
    const table::Cells kept = TRY(condition_.evaluate(rows));
    const auto& values = std::get<table::BooleanCells>(kept).values;
    notes.outside.resize(rows.row_count());
    for (std::size_t row = 0; row < values.size(); ++row) {
      if (values[row] != 1) notes.outside[row] = 1;
    }
    return rows;
  }

  base::Status apply(table::Record& record, RecordScratch& scratch) const override {
    const table::Cell kept = condition_.evaluate(record, scratch.expression);
    if (!kept.missing && kept.boolean) return {};
    return base::Error{
        .code = base::ErrorCode::kOutsidePopulation,
        .message = "the record is outside the model's population: it does not satisfy the filter " +
                   base::quoted(condition_.text()),
        .hint = "the model was trained without such records and cannot judge them"};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override {
    std::vector<bool> inputs = needed;
    for (const std::size_t column : condition_.columns()) inputs[column] = true;
    return inputs;
  }

 private:
  expression::Expression condition_;
};

class Filter final : public Step {
 public:
  explicit Filter(std::string condition) : condition_(std::move(condition)) {}
  std::string_view kind() const noexcept override { return "filter"; }
  nlohmann::ordered_json to_json() const override { return {{"kind", kind()}, {"condition", condition_}}; }

  base::Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    expression::Expression condition = TRY(expression::Expression::compile(condition_, input));
    TRY(expression::require_boolean(condition));
    return std::unique_ptr<const BoundStep>(std::make_unique<BoundFilter>(std::move(condition), input));
  }

 private:
  std::string condition_;
};

}  // namespace

StepPointer make_filter(std::string condition) { return std::make_shared<Filter>(std::move(condition)); }

base::Result<StepPointer> read_filter(const contract::JsonObject& object) {
  TRY(object.only({"kind", "condition"}));
  return make_filter(TRY(object.text("condition")));
}

}  // namespace archmlp::transform
