#include "archmlp/transform/plan.h"

#include "archmlp/base/try.h"

namespace archmlp::transform {

base::Result<Plan> Plan::bind(const std::vector<StepPointer>& steps, const contract::Schema& input) {
  Plan plan;
  plan.input_ = input;
  for (const StepPointer& step : steps) {
    auto bound = step->bind(plan.output());
    if (!bound.ok()) {
      base::Error error = std::move(bound).error();
      const std::string number = std::to_string(plan.steps_.size() + 1);
      error.where = "step " + number + " (" + std::string(step->kind()) + ")";
      return error;
    }
    plan.steps_.push_back(std::move(*bound));
  }
  plan.needed_.assign(plan.output().columns.size(), true);
  for (auto step = plan.steps_.rbegin(); step != plan.steps_.rend(); ++step) {
    plan.needed_ = (*step)->inputs_needed(plan.needed_);
  }
  return plan;
}

const contract::Schema& Plan::output() const noexcept {
  return steps_.empty() ? input_ : steps_.back()->output();
}

base::Result<table::Table> Plan::apply(const table::Table& rows, BatchNotes& notes) const {
  table::Table table = rows;
  for (const auto& step : steps_) table = TRY(step->apply(table, notes));
  return table;
}

base::Status Plan::apply(table::Record& record, RecordScratch& scratch) const {
  for (const auto& step : steps_) TRY(step->apply(record, scratch));
  return {};
}

}  // namespace archmlp::transform
