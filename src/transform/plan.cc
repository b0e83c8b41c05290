#include "archmlp/transform/plan.h"

#include <fmt/format.h>

#include <utility>

#include "archmlp/base/try.h"

namespace archmlp::transform {

using base::Error;
using base::Result;
using base::Status;

namespace {

/// Columns of all the steps' outputs together: what binding steps from an untrusted file may take.
constexpr std::size_t kMostColumns = 2'000'000;

}  // namespace

Result<Plan> Plan::bind(const std::vector<StepPointer>& steps, const contract::Schema& input) {
  Plan plan;
  plan.input_ = input;
  std::size_t column_count = input.columns.size();
  for (const StepPointer& step : steps) {
    const std::string where = fmt::format("step {} ({})", plan.steps_.size() + 1, step->kind());
    auto bound = step->bind(plan.output());
    if (!bound.ok()) {
      return base::located(where, std::move(bound).error());
    }
    plan.steps_.push_back(std::move(bound).value());
    column_count += plan.output().columns.size();
    if (column_count > kMostColumns) {
      return Error{.code = base::ErrorCode::kResourceLimit,
                   .message = "the steps make too many columns",
                   .where = where,
                   .hint = "remove columns, or encode columns with fewer values"};
    }
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

Result<table::Table> Plan::apply(const table::Table& rows, BatchNotes& notes) const {
  table::Table current = rows;
  for (const auto& step : steps_) current = TRY(step->apply(current, notes));
  return current;
}

Status Plan::apply(table::Record& record, RecordScratch& scratch) const {
  scratch.clear();
  for (const auto& step : steps_) TRY(step->apply(record, scratch));
  return {};
}

Status Plan::apply_sparsely(table::Record& record, RecordScratch& scratch) const {
  scratch.clear();
  if (steps_.empty()) return {};
  for (std::size_t i = 0; i + 1 < steps_.size(); ++i) TRY(steps_[i]->apply(record, scratch));
  return steps_.back()->apply_sparsely(record, scratch);
}

}  // namespace archmlp::transform
